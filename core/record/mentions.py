"""@mentions in plain text: whom they mean, where they stand, and how a note is shown with them and with its links.

`@` is followed by a name in either order, a family or given name that only one of us has, or an e-mail address. Width,
case and spaces make no difference; the longest reading wins.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass

from django.utils.safestring import SafeString

from core.access.models import User
from core.field.look import user_names
from core.html import built, escape
from core.stamps import stamped
from core.text.names import is_eastern, shown_name

# The longest reading that is tried, and how many @ of one text are looked at.
LONGEST, MOST = 80, 200
_AT = re.compile(r"(?<![\w.+-])[@＠]")
# In Japanese no space stands before or behind an address: it is as long as its signs are ASCII.
_ADDRESS = re.compile(r"https?://[A-Za-z0-9][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]{2,2000}")


@dataclass(frozen=True)
class Mention:
    """Signs `start` to `end` of a text mean one of us."""

    start: int
    end: int
    user_id: int


@stamped("users")
def _readings() -> dict[str, int]:
    """What may stand behind an @, folded, and whom it means. A name that two of us have means nobody."""
    found: dict[str, set[int]] = {}
    sure: dict[str, int] = {}
    for pk, family, given, email in User.objects.filter(is_active=True).values_list("pk", "family_name", "given_name", "email"):
        for words in {family + given, given + family, family, given}:
            found.setdefault(_folded(words), set()).add(pk)
        sure[_folded(email)] = pk
    found.pop("", None)
    return {**{words: next(iter(ids)) for words, ids in found.items() if len(ids) == 1}, **sure}


def _folded(text: str) -> str:
    return "".join(_sign(one) for one in text)


def _sign(one: str) -> str:
    return "" if one.isspace() else unicodedata.normalize("NFKC", one).casefold()


def find(text: str, only: Collection[int] | None = None) -> list[Mention]:
    """The mentions in a text, in their order; with `only`, of these users alone."""
    if "@" not in text and "＠" not in text:
        return []
    known, made = _readings(), []
    for at in list(_AT.finditer(text))[:MOST]:
        best = _longest(text, at.end(), known)
        if best is not None and (only is None or best[1] in only):
            made.append(Mention(at.start(), *best))
    return made


def _longest(text: str, start: int, known: dict[str, int]) -> tuple[int, int] | None:
    folded, best = "", None
    for end in range(start, min(start + LONGEST, len(text))):
        if text[end] in "\r\n":
            break
        folded += _sign(text[end])
        if folded in known and not text[end].isspace() and _ends(text, end + 1, folded):
            best = (end + 1, known[folded])
    return best


def _ends(text: str, end: int, folded: str) -> bool:
    """Whether a name may end here. A Latin one not inside a word (@Ann in @Anna); in Japanese no space parts it from さん."""
    return is_eastern(folded[-1]) or end >= len(text) or not (text[end].isalnum() or text[end] == "_")


def shown(text: str, mentions: Collection[int]) -> SafeString:
    """A note as HTML: escaped, its web addresses as links, those it was for marked, line breaks kept."""
    made, at = [], 0
    for one in find(text, mentions):
        made += [_linked(text[at : one.start]), f'<b class="mention">{escape(text[one.start : one.end])}</b>']
        at = one.end
    # Every part was escaped above and below.
    return built("".join([*made, _linked(text[at:])]).replace("\n", "<br>"))


def _linked(text: str) -> str:
    """Escaped text, its http and https addresses as links. The stop that ends a sentence is no part of them."""
    made, at = [], 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(".,;:!?'")
        while address.endswith(")") and address.count("(") < address.count(")"):
            address = address[:-1]
        end = found.start() + len(address)
        words = address if len(address) <= 80 else f"{address[:79]}…"
        made += [escape(text[at : found.start()]), f'<a href="{escape(address)}" rel="nofollow noopener">{escape(words)}</a>']
        at = end
    return "".join([*made, escape(text[at:])])


def offered(typed: str) -> list[int]:
    """Ids of those of us whose name or address begins with what was typed behind an @, by name."""
    wanted = _folded(typed)
    ids = {pk for words, pk in _readings().items() if words.startswith(wanted)}
    # Names that two of us have are no reading, but both are offered.
    ids |= {pk for pk, parts in user_names().items() if any(_folded(part).startswith(wanted) for part in parts if part)}
    return sorted(ids, key=lambda pk: user_names().get(pk, ("", "")))


def written(user_id: int) -> str:
    """What to write behind an @ so that it means this one of us: the name, or the address where two have the name."""
    family, given = user_names().get(user_id, ("", ""))
    name, known = shown_name(family, given), _readings()
    if known.get(_folded(name)) == user_id:
        return name
    return next((words for words, pk in known.items() if pk == user_id and "@" in words), name)
