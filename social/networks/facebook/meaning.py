"""What Facebook's refusals mean: by code and subcode. Its HTTP status says little, and its words are for reading only.

An answer without a code is none of Facebook's (a proxy's page): it never ends a sign-in.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import clock
from core.remote.errors import (
    Faulty,
    Gone,
    Limited,
    NotAllowed,
    OutcomeUnknown,
    Outside,
    Rejected,
    RemoteError,
    Revoked,
    Transient,
    Words,
)
from core.remote.http import Answer
from core.remote.network import Asked

from . import usage
from .shapes import as_dict

DUPLICATE = _("Facebook already has a post of ours with exactly these words.")
UNREACHABLE = _("This person cannot be reached by messages of this page now.")
STRANGER = _("This person is not known to this page, or has left Facebook.")
BLOCKED = _("Facebook has blocked this page from writing for a while. Open Facebook to see why.")
# The permissions a call needs, the one that is most its own last.
_READS = ("pages_read_engagement", "pages_read_user_content")
_WRITES = ("pages_read_engagement", "pages_manage_engagement")
_TALKS = ("pages_read_engagement", "pages_manage_metadata", "pages_messaging")
NEEDS = {
    "me.accounts": ("pages_show_list",),
    "page": ("pages_read_engagement",),
    "page.feed": _READS,
    "page.visitor_posts": _READS,
    "page.tagged": _READS,
    "page.ratings": _READS,
    "page.published": ("pages_read_engagement",),
    "post": _READS,
    "comments": _READS,
    "page.post": ("pages_read_engagement", "pages_manage_posts"),
    "comments.create": _WRITES,
    "likes.create": _WRITES[1:],
    "likes.delete": _WRITES[1:],
    "conversations": _TALKS,
    "messages": _TALKS,
    "subscribe": ("pages_show_list", "pages_manage_metadata"),
    "messages.send": ("pages_messaging",),
    "psid": ("pages_messaging",),
}
# 2200: our address did not answer its challenge.
_ENDED, _LIMITS, _OURS = {102, 190}, {4, 17, 32, 341, 613, *range(80_000, 80_015)}, {12, 100, 1705, 2200, 2500, 2635}
_WINDOW_CLOSED = {2_018_278, 2_534_022}
_REFUSED: dict[int, Words] = {368: BLOCKED, 506: DUPLICATE, 551: UNREACHABLE}


def meaning(answer: Answer, asked: Asked) -> RemoteError:
    """What a refusal means."""
    told = as_dict(as_dict(answer.json_or_none()).get("error"))
    code, subcode = (told.get(name) for name in ("code", "error_subcode"))
    if not isinstance(code, int):
        return _without_code(answer, asked)
    support = str(told.get("fbtrace_id") or "")
    if code in _ENDED:
        return Revoked(f"{code} {subcode or ''}".strip())
    if code in _LIMITS:
        return Limited(clock.now() + timedelta(seconds=usage.wait(answer)))
    if code == 10 and subcode in _WINDOW_CLOSED:
        return Outside(detail=f"10 {subcode}")
    if code == 10 or 200 <= code <= 299:
        return NotAllowed(_lacking(code, asked), str(code))
    if (code, subcode) == (100, 33) or code == 803:
        return Gone(str(code))
    if (code, subcode) == (100, 2_018_001):
        return Rejected(STRANGER, "100 2018001")
    if code in _REFUSED:
        return Rejected(_REFUSED[code], str(code))
    if code in _OURS:
        return Faulty(f"{code} {subcode or ''}".strip(), support)
    if code in {1, 2} or told.get("is_transient") is True:
        # They do not know either; what was written may stand there.
        return OutcomeUnknown(str(code)) if asked.writing and answer.status >= 500 else Transient(str(code))
    return Rejected(detail=str(code))


def _without_code(answer: Answer, asked: Asked) -> RemoteError:
    if answer.status == 429:
        return Limited(clock.now() + timedelta(seconds=usage.wait(answer)))
    return OutcomeUnknown(str(answer.status)) if asked.writing and answer.status >= 500 else Transient(f"{answer.status} without a code")


def _lacking(code: int, asked: Asked) -> str:
    """The permission it is about: one that was not granted. Reading that is refused with a 10 lost the one it needs most; on
    writing both codes also stand for things that this page may not do to that very post."""
    needs = NEEDS.get(asked.endpoint, ())
    absent = next((one for one in reversed(needs) if asked.scopes and one not in asked.scopes), "")
    if absent or not needs:
        return absent
    return needs[-1] if code == 10 and not asked.writing else ""


def code_of(body: Any) -> int:
    """The code of an error that stands inside an answer of success, as debug_token gives it; 0 for none."""
    code = as_dict(as_dict(body).get("error")).get("code")
    return code if isinstance(code, int) else 0
