"""What X's refusals mean (x-api/fundamentals/response-codes-and-errors), by status, type, title and code.

Four refusals come as the same 403 without a code: a missing permission, a repeated text, an answer to somebody who did not
call us, a closed mailbox. Which it is follows from the endpoint and from the permissions we know to be granted; the words of
the answer choose between sentences for people, and never what is done.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import clock
from core.remote.errors import Faulty, Gone, Limited, NotAllowed, Rejected, RemoteError, Revoked, Stale, Unpaid, Words
from core.remote.http import Answer
from core.remote.network import Asked
from core.remote.waits import retry_after, seconds_until

from ..abilities import REASONS
from .shapes import as_dict, kind_of

WINDOWS = ("x-rate-limit", "x-user-limit-24hour", "x-app-limit-24hour")
WITHOUT_HEADERS = 60.0
# The permissions that a call needs beside those for reading; a 403 where one is not granted is about that.
NEEDS = {
    "tweets.create": ("tweet.write",),
    "tweets.delete": ("tweet.write",),
    "retweets.create": ("tweet.write",),
    "retweets.delete": ("tweet.write",),
    "likes.create": ("like.write",),
    "likes.delete": ("like.write",),
    "dm.events": ("dm.read",),
    "dm.events_with": ("dm.read",),
    "dm.send": ("dm.write",),
    "dm.send_in": ("dm.write",),
    "users.followers": ("follows.read",),
    "users.following": ("follows.read",),
}
DUPLICATE = _("X already has a post of ours with exactly these words.")
LOCKED = _("X has locked this account. Open X to see what it asks for.")
NOT_TAKEN = _("X did not take this post: its author lets only some people answer, or a post of ours has these words already.")
# Codes of the older API that are still seen.
_CODES: dict[int, Words] = {
    187: DUPLICATE,
    433: REASONS["x_reply_summoned"],
    349: REASONS["x_dm_closed"],
    150: REASONS["x_dm_closed"],
    151: REASONS["x_dm_closed"],
    326: LOCKED,
    64: LOCKED,
}
# For the sentence alone; all of them are refused in the same way.
_SENTENCES: tuple[tuple[str, Words], ...] = (
    ("duplicate content", DUPLICATE),
    ("not been mentioned or otherwise engaged", REASONS["x_reply_summoned"]),
    ("deleted or not visible", _("The post was deleted, or its author does not show it to us.")),
)


def meaning(answer: Answer, asked: Asked) -> RemoteError | None:
    """What a refusal means, or None for what means the same at every network."""
    said = as_dict(answer.json_or_none())
    kind, title = kind_of(said), said.get("title")
    codes = {one.get("code") for one in map(as_dict, said.get("errors") or []) if isinstance(one.get("code"), int)}
    if answer.status == 402 or kind in {"credits", "usage-capped"} or title in {"CreditsDepleted", "UsageCapExceeded", "SpendCapReached"}:
        return Unpaid(kind or str(title))
    if answer.status == 429 or 88 in codes:
        return Limited(clock.now() + timedelta(seconds=_wait(answer)))
    if answer.status == 401:
        return Revoked("89") if 89 in codes else Stale("401")
    if answer.status == 400:
        return Faulty(f"400 {kind}", answer.headers.get("x-transaction-id", ""))
    if answer.status == 403:
        return _forbidden(answer, said, kind, codes, asked)
    return Gone("404") if answer.status in {404, 410} else None


def _wait(answer: Answer) -> float:
    """Until the window that closed ends: with calls left in the quarter of an hour it is one of the day's."""
    closed = []
    for window in WINDOWS:
        left, reset = (answer.headers.get(f"{window}-{name}", "") for name in ("remaining", "reset"))
        if left == "0" and reset.isdigit():
            closed.append(seconds_until(int(reset), answer))
    return max(closed) if closed else retry_after(answer, WITHOUT_HEADERS)


def _forbidden(answer: Answer, said: dict[str, Any], kind: str, codes: set[Any], asked: Asked) -> RemoteError:
    if kind == "client-forbidden" or said.get("reason") == "client-not-enrolled":
        return NotAllowed(str(said.get("required_enrollment") or "")[:100], "403 tier")
    if kind == "unsupported-authentication":
        return Faulty("403 wrong kind of token", answer.headers.get("x-transaction-id", ""))
    for code in codes & set(_CODES):
        return Rejected(_CODES[code], f"403 {code}")
    lacking = next((one for one in NEEDS.get(asked.endpoint, ()) if asked.scopes and one not in asked.scopes), "")
    if lacking:
        return NotAllowed(lacking, "403 scope")
    if asked.endpoint == "tweets.create":
        detail = str(said.get("detail") or "")
        return Rejected(next((sentence for words, sentence in _SENTENCES if words in detail), NOT_TAKEN), "403 post")
    if asked.endpoint in {"dm.send", "dm.send_in"}:
        return Rejected(REASONS["x_dm_closed"], "403 message")
    return NotAllowed(detail="403")
