"""The timeline of a record: everything that happened, newest first, from several tables by one order.

The record's own events and notes, and what hangs on it: each source gives its newest few; merged by time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.html import escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import can, fields, queryset
from core.access.models import User
from core.event.models import Event
from core.field.look import Look
from core.html import built
from core.module.listing import name_records
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.record.models import Note, Tie


@dataclass
class Item:
    """One line of the timeline."""

    at: datetime
    icon: str
    who: str
    what: str
    body: str = ""  # plain text, shown with its line breaks
    lines: list[SafeString] = field(default_factory=list)
    url: str = ""
    title: str = ""
    way: str = ""


KINDS: dict[str, tuple[str, Any]] = {
    "created": ("circle-plus", lazy("made this record")),
    "updated": ("history", lazy("changed this record")),
    "deleted": ("trash-2", lazy("moved this record to the bin")),
    "restored": ("undo-2", lazy("brought this record back")),
    "converted": ("arrow-right-left", lazy("converted the lead")),
    "unconverted": ("undo-2", lazy("undid the conversion")),
    "merged": ("merge", lazy("merged other records into this one")),
    "unmerged": ("undo-2", lazy("undid the merge")),
    "moved": ("arrow-right-left", lazy("moved this to another record")),
    "noted": ("file-text", lazy("wrote a note")),
    "arrived": ("at-sign", lazy("wrote to us")),
    "exported": ("download", lazy("exported records")),
}
# Events whose changes are the whole record: naming each field would say nothing.
_MADE = {"created", "arrived"}
WAYS = {
    "import": lazy("by import"),
    "bulk": lazy("by bulk edit"),
    "sync": lazy("by sync"),
    "rule": lazy("by a rule"),
    "api": lazy("by the API"),
}
Source = Callable[[User, Module, Any, Look, datetime | None, int], list[Item]]
_sources: list[Source] = []


def source(function: Source) -> Source:
    """Decorator: another source of timeline items; gets (user, module, record, look, before, limit)."""
    _sources.append(function)
    return function


def timeline(user: User, module: Module, record: Any, look: Look, *, limit: int, before: str = "") -> list[Item]:
    """The newest `limit` items older than `before` (ISO time, empty for now). A fixed number of queries."""
    edge = _edge(before)
    items = [item for one in (_events, _notes, _related, *_sources) for item in one(user, module, record, look, edge, limit)]
    return sorted(items, key=lambda item: item.at, reverse=True)[:limit]


def _edge(before: str) -> datetime | None:
    try:
        found = parse_datetime(before) if before else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _events(user: User, module: Module, record: Any, look: Look, edge: datetime | None, limit: int) -> list[Item]:
    """The record's own history, and for a contact that of the lead it came from (CRM-12)."""
    made: list[Item] = []
    for one, pk in [(module, record.pk), *_origins(user, module, record)]:
        rows = Event.objects.filter(module=one.key, record_id=pk)
        if one is not module:
            rows = rows.exclude(kind="converted")  # the record tells it itself
        found = list((rows.filter(at__lt=edge) if edge else rows).order_by("-id")[:limit])
        made += _told(user, one, found, look)
    return made


def _origins(user: User, module: Module, record: Any) -> list[tuple[Module, int]]:
    """The records this one came from. A person's history goes with the person; on a company's or a deal's page it is read
    by those who may see the person's record."""
    made = []
    for key, pk, kind in (
        Tie.objects.filter(kind__in=("became", "merged"), other_module=module.key, other_id=record.pk)
        .order_by("-pk")
        .values_list("module", "record_id", "kind")[:20]
    ):
        try:
            origin = find_module(key)
        except UnknownModule:
            continue
        both_people = all("family_name" in one.built_in for one in (origin, module))
        # What was merged into this record is this record.
        if both_people or kind == "merged" or queryset(user, origin, aside=True).filter(pk=pk).exists():
            made.append((origin, pk))
    return made


def _told(user: User, module: Module, events: list[Event], look: Look) -> list[Item]:
    known = fields(user, module)
    wanted: dict[str, set[int]] = {}
    for event in events:
        for key, (_before, after) in event.changes.items():
            one = known.get(key)
            if one is not None and one.kind.key == "link":
                wanted.setdefault(one.target, set()).update(v for v in (_before, after) if v)
    name_records(look, wanted)
    made = []
    for event in events:
        symbol, what = KINDS.get(event.kind, ("circle-dot", event.kind))
        lines = [_change(known[key], pair, look) for key, pair in event.changes.items() if key in known] if event.kind not in _MADE else []
        if event.changes and event.kind not in _MADE and not lines:
            continue  # only hidden fields changed
        who = look.person(event.actor_id) or _("Enishi")
        made.append(
            Item(event.at, symbol, who, str(what), lines=lines, way=str(WAYS.get(event.way, "")), body=str(event.detail.get("text", "")))
        )
    return made


def _change(one: Any, pair: list[Any], look: Look) -> SafeString:
    before, after = (escape(one.kind.text(one, one.kind.back(value), look)) if value not in (None, "", []) else "" for value in pair)
    word = _("empty")
    nothing = f'<span class="none">{escape(word)}</span>'
    # Both values were escaped above.
    return built(f'{escape(one.label)}: <span class="was">{before or nothing}</span> → {after or nothing}')


def _notes(user: User, module: Module, record: Any, look: Look, edge: datetime | None, limit: int) -> list[Item]:
    rows = Note.objects.filter(module=module.key, record_id=record.pk)
    return [
        Item(note.at, "file-text", look.person(note.author_id) or _("Enishi"), _("wrote a note"), note.text)
        for note in (rows.filter(at__lt=edge) if edge else rows).order_by("-pk")[:limit]
    ]


def _related(user: User, module: Module, record: Any, look: Look, edge: datetime | None, limit: int) -> list[Item]:
    """What was made on this record: activities, deals, contacts, tickets, each with its link."""
    made = []
    for one in module.related:
        other = find_module(one.module)
        if not can(user, other, "view"):
            continue
        held = look.children.get((one.module, one.field)) if edge is None else None
        for child in held if held is not None else _hanging(user, other, one.field, record.pk, edge, min(limit, 20)):
            who, what = look.person(child.created_by_id) or _("Enishi"), _("added: %(kind)s") % {"kind": other.label}
            made.append(Item(child.created_at, other.icon, who, what, url=other.url(child.pk), title=child.title))
    return made


def _hanging(user: User, other: Module, field: str, pk: int, edge: datetime | None, limit: int) -> list[Any]:
    rows = queryset(user, other).filter(**{f"{field}_id": pk})
    rows = rows.filter(created_at__lt=edge) if edge else rows
    return list(rows.order_by("-created_at", "-pk")[:limit])
