"""X: its addresses, limits, errors and verbs. Sections are those of its manual, docs.x.com.

The real X or the sandbox: a change of settings only (X_API, X_SITE, X_CLIENT_ID, X_CLIENT_SECRET). Both spellings of 2026
are read; the one that is asked in is `X_SPELLING` (tweet or post).
"""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from core.exchange.models import Delivery
from core.exchange.outbox import sends
from core.remote import http
from core.remote.budget import Bucket, Learned
from core.remote.errors import Gone, NotAllowed, OutcomeUnknown, Rejected, RemoteError, Transient, Unpaid
from core.remote.http import Answer
from core.remote.network import Can, Limit, Network, Wire, register, seconds_until

from .items import Page, Person, Said

PAGE = 100
_SELF_SERVE = frozenset({Can.READ, Can.SEARCH, Can.PROFILE, Can.POST, Can.REPLY, Can.DELETE})
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)
# x-api/fundamentals/response-codes-and-errors: what the words of a 403 mean.
_FORBIDDEN: tuple[tuple[str, Any], ...] = (
    ("duplicate content", _("X already has a post of ours with exactly these words.")),
    ("not been mentioned or otherwise engaged", _("X lets us answer only those who mentioned us. Open the post on X to answer there.")),
    ("deleted or not visible", None),
)


@register
class X(Network):
    """The network X, formerly Twitter."""

    key, label = "x", "X"
    levels = {"pay_per_use": _SELF_SERVE, "legacy_basic": _SELF_SERVE, "enterprise": _SELF_SERVE | {Can.LIKE, Can.FOLLOW}}
    reasons = {
        Can.LIKE: _("X allows likes by an app only with an enterprise contract. Open the post on X to like it there."),
        Can.MESSAGE: _("Private messages are not connected yet. Open the profile on X to write there."),
    }
    # x-api/fundamentals/rate-limits; what an answer's headers say counts more.
    limits = {
        "users.me": (Limit(75, 900),),
        "users.mentions": (Limit(300, 900),),
        "users.tweets": (Limit(900, 900),),
        "tweets.create": (Limit(100, 900), Limit(10_000, 86_400, "app")),
    }
    # Writing on X also needs the two for reading; without offline.access there is no refresh token.
    scopes = ("tweet.read", "users.read", "tweet.write", "offline.access")
    client_auth = "basic"

    @property
    def base_url(self) -> str:  # type: ignore[override]
        return str(settings.X_API)

    @property
    def authorize_url(self) -> str:  # type: ignore[override]
        return f"{settings.X_SITE}/i/oauth2/authorize"

    @property
    def token_url(self) -> str:  # type: ignore[override]
        return f"{settings.X_API}/2/oauth2/token"

    @property
    def revoke_url(self) -> str:  # type: ignore[override]
        return f"{settings.X_API}/2/oauth2/revoke"

    @property
    def client_id(self) -> str:  # type: ignore[override]
        return str(settings.X_CLIENT_ID)

    @property
    def client_secret(self) -> str:  # type: ignore[override]
        return str(settings.X_CLIENT_SECRET)

    def level(self) -> str:
        return str(settings.X_LEVEL)

    def post_url(self, handle: str, outside_id: str) -> str:
        """Where a post stands for people."""
        return f"{settings.X_SITE}/{handle or 'i'}/status/{outside_id}"

    def learned(self, buckets: list[Bucket], answer: Answer) -> Iterable[Learned]:
        """The quarter of an hour by x-rate-limit-*, on writes also the day by x-app-limit-24hour-*."""
        yield from super().learned(buckets, answer)
        numbers = [answer.headers.get(f"x-app-limit-24hour-{name}", "") for name in ("limit", "remaining", "reset")]
        if len(buckets) > 1 and all(number.isdigit() for number in numbers):
            limit, left, reset = map(int, numbers)
            yield Learned(buckets[1], limit, left, seconds_until(reset, answer))

    def error(self, answer: Answer, *, writing: bool) -> RemoteError:
        """x-api/fundamentals/response-codes-and-errors. Type prefixes vary, so the last part of the path counts."""
        said = answer.json_or_none()
        said = said if isinstance(said, dict) else {}
        kind, detail = _kind(said), str(said.get("detail") or "")
        if answer.status == 402 or kind in {"credits", "usage-capped"} or said.get("title") in {"CreditsDepleted", "SpendCapReached"}:
            return Unpaid(kind)
        if answer.status == 403:
            return _forbidden(said, kind, detail)
        if answer.status == 400:
            return Rejected(_("X did not accept this."), f"400 {kind}")
        return super().error(answer, writing=writing)

    def who(self, token: str) -> Person:
        """Whose token this is (GET /2/users/me), right after signing in, before there is a connection."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = http.fetch("GET", f"{self.base_url}/2/users/me", params={"user.fields": _USER_FIELDS}, headers=headers)
        if not answer.ok:
            raise self.error(answer, writing=False)
        return _person(_dict(answer.json().get("data")))

    def mentions(self, wire: Wire, user_id: str, *, since: str = "", token: str = "") -> Page:
        """x-api/posts/timelines: one page of what mentions a user, newest first. Raises Transient for a part of a page."""
        asked = {**_fields(), "max_results": PAGE, "since_id": since, "pagination_token": token}
        body = wire.get("users.mentions", f"/2/users/{user_id}/mentions", {key: value for key, value in asked.items() if value})
        return _page(body)

    def written(self, wire: Wire, user_id: str, *, since: str) -> list[Said]:
        """What a user posted after a post, newest first, one page."""
        body = wire.get("users.tweets", f"/2/users/{user_id}/tweets", {**_fields(), "max_results": PAGE, "since_id": since})
        return list(_page(body).posts)

    def reply(self, wire: Wire, answers: str, text: str) -> str:
        """x-api/posts/manage-posts: answer a post; the id of ours. Raises OutcomeUnknown when X took it without naming it."""
        body = wire.post("tweets.create", "/2/tweets", {"text": text, "reply": {"in_reply_to_tweet_id": answers}})
        outside_id = str(_dict(_dict(body).get("data")).get("id") or "")
        if not outside_id.isdigit():
            raise OutcomeUnknown("no id in the answer")
        return outside_id

    def find_sent(self, wire: Wire, delivery: Any) -> str | None:
        """Our own post that answers the same post with the same words and belongs to no other delivery."""
        answers = str(delivery.target["answers"])
        for said in self.written(wire, wire.connection.chain.outside_id, since=answers):
            same = said.answers == answers and _words(said.text) == _words(delivery.text)
            if same and not Delivery.objects.filter(network=self.key, outside_id=said.outside_id).exclude(pk=delivery.pk).exists():
                return said.outside_id
        return None


@sends("x", "reply")
def send_reply(wire: Wire, delivery: Delivery) -> str:
    """What a delivery "reply" does: one writing call."""
    network: Any = wire.network
    return str(network.reply(wire, str(delivery.target["answers"]), delivery.text))


_USER_FIELDS = "description,location,profile_image_url"


def _fields() -> dict[str, str]:
    """What is asked for, in the spelling of the settings. In post names author and references are expansions, too."""
    if getattr(settings, "X_SPELLING", "tweet") == "post":
        names = "author_id,conversation_id,created_at,in_reply_to_user_id,note_post,referenced_posts"
        return {"post.fields": names, "expansions": "author_id,in_reply_to_user_id,referenced_posts", "user.fields": _USER_FIELDS}
    names = "author_id,conversation_id,created_at,in_reply_to_user_id,note_tweet,referenced_tweets"
    return {"tweet.fields": names, "expansions": "author_id", "user.fields": _USER_FIELDS}


def _page(body: Any) -> Page:
    """A page read whole. Nothing new is `{"meta": {"result_count": 0}}`; anything less than it says is an error (rule 3)."""
    body = _dict(body)
    meta, data = _dict(body.get("meta")), body.get("data") or []
    if "meta" not in body:
        raise _of_problems(body.get("errors"))
    if not isinstance(data, list) or meta.get("result_count") != len(data):
        raise Transient("a part of a page")
    people = {person.outside_id: person for person in map(_person, _dict(body.get("includes")).get("users") or [])}
    return Page(tuple(_said(one, people) for one in data), str(meta.get("next_token") or ""), str(meta.get("newest_id") or ""))


def _said(post: dict[str, Any], people: Mapping[str, Person]) -> Said:
    """A post in either spelling. A long one is cut in `text` and whole in its note; X writes &, < and > as entities."""
    author_id = str(post.get("author_id") or "")
    note = _dict(post.get("note_tweet") or post.get("note_post"))
    references = post.get("referenced_tweets") or post.get("referenced_posts") or []
    answers = next((str(one.get("id")) for one in references if one.get("type") == "replied_to"), "")
    at = parse_datetime(str(post.get("created_at") or "")) or _moment(str(post["id"]))
    text = html.unescape(str(note.get("text") or post.get("text") or ""))
    return Said(str(post["id"]), people.get(author_id, Person(author_id)), text, at, str(post.get("conversation_id") or ""), answers)


def _moment(outside_id: str) -> datetime:
    """When an id was made: its upper bits are milliseconds since November 2010."""
    return datetime.fromtimestamp(((int(outside_id) >> 22) + 1_288_834_974_657) / 1000, UTC)


def _person(user: Any) -> Person:
    """An account; the Activity API wraps it once more."""
    user = _dict(user)
    user = _dict(user.get("data")) or user
    return Person(
        str(user.get("id") or ""),
        str(user.get("username") or ""),
        str(user.get("name") or "")[:200],
        str(user.get("description") or ""),
        str(user.get("location") or "")[:200],
        str(user.get("profile_image_url") or "")[:500],
    )


def _forbidden(said: dict[str, Any], kind: str, detail: str) -> RemoteError:
    for words, sentence in _FORBIDDEN:
        if words in detail:
            return Rejected(sentence, "403") if sentence else Gone("403")
    if kind == "client-forbidden" or said.get("reason") == "client-not-enrolled":
        return NotAllowed(str(said.get("required_enrollment") or ""), "403 tier")
    if kind == "unsupported-authentication":
        return Rejected(_("X did not accept this."), "403 wrong kind of token")
    return NotAllowed(detail="403")


def _of_problems(problems: Any) -> RemoteError:
    """HTTP 200 with nothing but `errors`: a person or post that is not there, or hidden from us."""
    kinds = {_kind(_dict(one)) for one in problems or []}
    if "resource-not-found" in kinds:
        return Gone("200")
    return NotAllowed(detail="200") if "not-authorized-for-resource" in kinds else Transient("a part of a page")


def _kind(problem: dict[str, Any]) -> str:
    return str(problem.get("type") or "").rstrip("/").rsplit("/", 1)[-1]


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _words(text: str) -> str:
    """A text for comparing: X shortens addresses and may fold white space."""
    return " ".join(_ADDRESS.sub("…", unicodedata.normalize("NFC", text)).split())
