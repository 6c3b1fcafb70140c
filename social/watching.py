"""What the Monitor shows: the posts its address asks for by state, channel, kind and words, a page of them (SOC-32)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils.encoding import force_str

from core.access.models import User
from core.field.choices import options
from core.module import listing
from core.module.module import Module
from core.module.paging import Order
from core.module.parts import Part
from core.module.patience import TookTooLong
from core.module.registry import module
from core.text.numbers import whole

from .feed import visible
from .models import Post

PAGE = 30
# The kind that stands for what we said ourselves: whatever it was, it is work for nobody.
OURS = "post"


@dataclass
class Watched:
    """A page of the Monitor: what was asked for, its posts, where the next page begins, and how much was looked at, if in parts."""

    state: str
    channel: int
    kind: str
    q: str
    posts: list[Post]
    more: str
    part: Part | None
    newest: bool  # nothing lies above it, so that what is new appears in it
    too_long: bool = False

    @property
    def narrowed(self) -> bool:
        return bool(self.kind or self.q)


def kinds() -> list[tuple[str, str]]:
    """What a post can be, as the Monitor is narrowed to it: (key, label)."""
    return [(key, force_str(one.label)) for key, one in options("social.post", "kind").items()]


def watched(user: User, asked: Any) -> Watched:
    """The page of an address. What is unknown in it counts as not asked for."""
    one: Module = module("social.post")
    wanted = asked.get("kind", "")
    kind = wanted if wanted in options("social.post", "kind") else ""
    state, channel = "done" if asked.get("state") == "done" else "open", whole(asked.get("channel", ""))
    words = asked.get("q", "").replace("\x00", "")
    made = listing.state(user, one, {"q": words, "after": asked.get("after", "")})
    made.view = replace(made.view, criteria={}, aside=False)
    made.order, made.size = Order(one.fields["said_at"], True), PAGE
    made.only = Q(theirs=False) & (Q(ours=True) if kind == OURS else Q(ours=False, state=state))
    if kind and kind != OURS:
        made.only &= Q(kind=kind)
    if channel:
        made.only &= Q(channel=channel)
    # What is new or open has an index; a channel or a kind that says little is looked for among all that was ever said.
    made.slow = bool(channel or kind)
    try:
        shown, _count, _many = listing.fetch(made)
    except TookTooLong:
        return Watched(state, channel, kind, made.q, [], "", None, newest=False, too_long=True)
    ids = [row.pk for row in shown.records]
    rows = {row.pk: row for row in visible(user).filter(pk__in=ids)}
    more = made.part.further if made.part else shown.cursor(made.order, back=False).text() if shown.after else ""
    posts = [rows[pk] for pk in ids if pk in rows]
    return Watched(state, channel, kind, made.q, posts, more, made.part, made.part is None and made.cursor is None)
