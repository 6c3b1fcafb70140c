"""The timeline of a record: everything that happened, newest first, from several tables by one order (PLT-10, CRM-9).

Each source gives its newest few; they are merged by time. A page ends at a key (moment, source, primary key), and the next
begins behind it: nothing is shown twice or left out, however much happens meanwhile. On a company's page, what its people
had stands among it: their records are further subjects, asked about in the same number of queries however many they are.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import Reach, can, queryset, rights, tells_link, within
from core.access.models import User
from core.field.look import Look
from core.module.listing import name_records
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.hanging import hanging_on_any, is_in, may_have
from core.worded import worded

Key = tuple[datetime, str, int]
# So many people of a company tell on its page, those whose records changed last.
ROLLED = 500


@dataclass
class Item:
    """One line of the timeline. `source` and `pk` with `at` are its place in the order; `about` is the record it happened
    to, when that is not the one shown."""

    at: datetime
    icon: str
    who: str
    what: str
    body: str = ""  # plain text, shown with its line breaks
    lines: list[SafeString] = field(default_factory=list)
    url: str = ""
    title: str = ""
    way: str = ""
    badge: tuple[str, str] | None = None  # (tone, word): how it stands
    kind: str = ""  # of its event
    source: str = ""
    pk: int = 0
    said: SafeString | None = None  # a note: escaped text with links
    note: Any = None
    subject: tuple[str, int] | None = None
    about: tuple[str, str] | None = None  # title and address

    @property
    def key(self) -> Key:
        return self.at, self.source, self.pk


@dataclass
class Asked:
    """One page of a timeline: whose, for whom, what kind of things (empty: all), behind which key, and how many."""

    user: User
    module: Module
    record: Any
    look: Look
    limit: int
    kind: str = ""
    edge: Key | None = None
    # The people of the company shown, by module: what happened to them is told, too.
    rolled: list[tuple[Module, list[int]]] = field(default_factory=list)
    # Sources that may hold more than they gave: the page ends above the last thing the shortest of them gave.
    floor: Key | None = None

    @property
    def subjects(self) -> list[tuple[Module, list[int]]]:
        return [(self.module, [self.record.pk]), *self.rolled]

    def wants(self, kind: str) -> bool:
        return not self.kind or self.kind == kind

    def having(self, name: str) -> list[tuple[Module, list[int]]]:
        """Those of the subjects that something of this name may hang on (core.record.hanging)."""
        own = [(self.module, [self.record.pk])] if may_have(self.record, name) else []
        return own + [(module, ids) for module, ids in self.rolled if any_has(self.record, module.key, ids, name)]

    def newest(self, rows: QuerySet[Any], column: str, source: str) -> list[Any]:
        """The newest rows of one source behind the edge, and the floor moved if there may be more."""
        if self.edge is not None:
            at, other, pk = self.edge
            before = Q(**{f"{column}__lt": at})
            if source == other:
                before |= Q(**{column: at, "pk__lt": pk})
            elif source < other:
                before |= Q(**{column: at})
            rows = rows.filter(before)
        return self.given(list(rows.order_by(f"-{column}", "-pk")[: self.limit]), column, source)

    def given(self, found: list[Any], column: str, source: str) -> list[Any]:
        """The newest rows of one source as they were read, at most `limit`; the floor is moved if there may be more."""
        if len(found) == self.limit:
            last = (getattr(found[-1], column), source, found[-1].pk)
            self.floor = max(self.floor, last) if self.floor else last
        return found

    def about(self, key: str, pk: int) -> tuple[str, int] | None:
        """Whose it is, if not the record shown."""
        return None if (key, pk) == (self.module.key, self.record.pk) else (key, pk)


def any_has(record: Any, module: str, ids: list[int], name: str) -> bool:
    """Whether something of this name may hang on any of the people of a company, the record shown. Asked once a page."""
    held: dict[str, Any] = record.__dict__.setdefault("_hanging_on", {})
    if module not in held:
        held[module] = next(iter(_on_any(module, tuple(ids))), {})
    return is_in(name, held[module])


@worded()
def _on_any(module: str, ids: tuple[int, ...]) -> QuerySet[Any]:
    return hanging_on_any(module, ids)


@dataclass
class Page:
    """Items, newest first, and the key behind which the next page begins (empty: there is none)."""

    items: list[Item]
    next: str = ""


Source = Callable[[Asked], list[Item]]
_sources: list[tuple[str, Any, tuple[str, ...], Source]] = []


def source(kind: str, label: Any, *, on: tuple[str, ...] = ()) -> Callable[[Source], Source]:
    """Decorator: another source of timeline items, on the pages of these modules (none named: all). Its items are of the
    `kind` people can ask for alone, called `label`; a source adds them only if `asked.wants(kind)`."""

    def add(function: Source) -> Source:
        _sources.append((kind, label, on, function))
        return function

    return add


def timeline(user: User, module: Module, record: Any, look: Look, *, limit: int, before: str = "", kind: str = "") -> Page:
    """The newest `limit` items behind `before` (a key of an earlier page; empty for now). A fixed number of queries."""
    asked = Asked(user, module, record, look, limit, kind, read_key(before), _rolled(user, module, record))
    found: dict[tuple[str, int], Item] = {}
    for _kind, _label, on, function in _sources:
        if not on or module.key in on:
            found.update({(item.source, item.pk): item for item in function(asked)})
    for item in _related(asked):
        found.setdefault((item.source, item.pk), item)
    items = sorted(found.values(), key=lambda item: item.key, reverse=True)
    if asked.floor is not None:
        items = [item for item in items if item.key >= asked.floor]
    more = len(items) > limit
    items = items[:limit]
    _name_subjects(items, look)
    end = items[-1].key if more else asked.floor
    return Page(items, key_text(end) if end else "")


def kinds(user: User, module: Module) -> list[tuple[str, str]]:
    """What can be asked for alone on the pages of a module, as (kind, label)."""
    found = {kind: str(label) for kind, label, on, _function in _sources if not on or module.key in on}
    for one in module.related:
        other = find_module(one.module)
        if other.key != module.key and can(user, other, "view"):
            found.setdefault(other.model._meta.model_name or other.key, other.plural)
    return list(found.items())


def key_text(key: Key) -> str:
    return f"{key[0].isoformat()}~{key[1]}~{key[2]}"


def read_key(text: str) -> Key | None:
    """The key an address names; None for anything else."""
    at, _, rest = text[:200].partition("~")
    name, _, number = rest.partition("~")
    try:
        found = parse_datetime(at) if at else None
        if found is None or found.tzinfo is None or not (number.isascii() and number.isdigit()) or int(number) >= 2**63:
            return None
        return found.astimezone(UTC), name.replace("\x00", ""), int(number)
    except (ValueError, OverflowError):
        return None


def _rolled(user: User, module: Module, record: Any) -> list[tuple[Module, list[int]]]:
    """The people whose happenings belong on this page: those of a related list that says so, through the gate."""
    made = []
    for one in module.related:
        other = find_module(one.module)
        if one.rolls_up and can(user, other, "view") and tells_link(user, other, one.field):
            made.append((other, hanging(user, other, one.field, record)))
    return [(other, ids) for other, ids in made if ids]


def hanging(user: User, other: Module, column: str, record: Any) -> list[int]:
    """The ids of the records on this one that its reader may see, those changed last, at most ROLLED; read once a page."""
    held: dict[tuple[Any, ...], list[int]] = record.__dict__.setdefault("_hanging", {})
    slot = (user.pk, other.key, column)
    if slot not in held:
        there = may_have(record, f"{other.key}.{column}")
        held[slot] = _ids(other.key, rights(user).scope(other, "view"), column, record.pk) if there else []
    return held[slot]


def keep_hanging(user: User, other: Module, column: str, record: Any, ids: list[int]) -> None:
    """Say what `hanging` would find, for who has read it already."""
    record.__dict__.setdefault("_hanging", {})[user.pk, other.key, column] = ids


@worded()
def _ids(key: str, reach: Reach | None, column: str, pk: int) -> QuerySet[Any, Any]:
    rows = within(reach, key).filter(**{f"{column}_id": pk})
    return rows.order_by("-changed_at", "-pk").values_list("pk", flat=True)[:ROLLED]


def _related(asked: Asked) -> list[Item]:
    """What was made on this record and on its people: activities, deals, contacts, each with its link."""
    made: list[Item] = []
    for at, (module, ids) in enumerate(asked.subjects):
        for one in module.related:
            other = find_module(one.module)
            kind = other.model._meta.model_name or other.key
            if (at and other.key == module.key) or not asked.wants(kind) or not can(asked.user, other, "view"):
                continue
            if not tells_link(asked.user, other, one.field):
                continue
            if (module, ids) in asked.having(f"{other.key}.{one.field}"):
                made += [_added(asked, other, child) for child in _children(asked, other, one.field, ids, first=not at)]
    return made


def _children(asked: Asked, other: Module, column: str, ids: list[int], *, first: bool) -> list[Any]:
    held = asked.look.children.get((other.key, column)) if first and asked.edge is None else None
    if held is not None and held.every:
        return held.rows  # the related list of the page read them all
    if asked.edge is None:
        reach = rights(asked.user).scope(other, "view")
        return asked.given(_newest_of(other.key, reach, column, tuple(ids), asked.limit), "created_at", other.key)
    rows = queryset(asked.user, other).filter(**{f"{column}_id__in": ids})
    return asked.newest(rows, "created_at", other.key)


@worded("limit")
def _newest_of(key: str, reach: Reach | None, column: str, ids: tuple[int, ...], limit: int) -> QuerySet[Any]:
    rows = within(reach, key).filter(**{f"{column}_id": ids[0]} if len(ids) == 1 else {f"{column}_id__in": ids})
    return rows.order_by("-created_at", "-pk")[:limit]


def _added(asked: Asked, other: Module, child: Any) -> Item:
    who, what = asked.look.person(child.created_by_id) or _("Enishi"), _("added: %(kind)s") % {"kind": other.label}
    return Item(child.created_at, other.icon, who, what, url=other.url(child.pk), title=child.title, source=other.key, pk=child.pk)


def _name_subjects(items: list[Item], look: Look) -> None:
    """Whose each thing was, on the page of a company: one query a module."""
    wanted: dict[str, set[int]] = {}
    for item in items:
        if item.subject:
            wanted.setdefault(item.subject[0], set()).add(item.subject[1])
    name_records(look, wanted)
    for item in items:
        if item.subject and (title := look.names.get(item.subject, "")):
            item.about = (title, find_module(item.subject[0]).url(item.subject[1]))


KINDS: dict[str, tuple[str, Any]] = {
    "created": ("circle-plus", lazy("made this record")),
    "updated": ("history", lazy("changed this record")),
    "deleted": ("trash-2", lazy("moved this record to the bin")),
    "restored": ("undo-2", lazy("brought this record back")),
    "converted": ("arrow-right-left", lazy("converted the lead")),
    "unconverted": ("undo-2", lazy("undid the conversion")),
    "erased": ("eraser", lazy("erased all that was known of this person")),
    "merged": ("merge", lazy("merged other records into this one")),
    "unmerged": ("undo-2", lazy("undid the merge")),
    "moved": ("arrow-right-left", lazy("moved this to another record")),
    "noted": ("file-text", lazy("wrote a note")),
    "note_changed": ("pencil", lazy("changed a note")),
    "note_removed": ("trash-2", lazy("removed a note")),
    "note_restored": ("undo-2", lazy("brought a note back")),
    "attached": ("paperclip", lazy("attached a file")),
    "detached": ("trash-2", lazy("removed a file")),
    "photo_set": ("image", lazy("changed the photo")),
    "shared": ("share-2", lazy("shared this record")),
    "unshared": ("share-2", lazy("ended the sharing of this record")),
    "photo_removed": ("image", lazy("removed the photo")),
    "arrived": ("at-sign", lazy("wrote to us")),
    "unsubscribed": ("mail-x", lazy("asked for no more mass mail")),
    "exported": ("download", lazy("exported records")),
}
WAYS = {
    "import": lazy("by import"),
    "bulk": lazy("by bulk edit"),
    "sync": lazy("by sync"),
    "rule": lazy("by a rule"),
    "api": lazy("by the API"),
}
