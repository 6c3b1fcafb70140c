"""What every record's timeline tells: its own history and its notes; on a company's page, those of its people as well."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import F, Q
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access import parties
from core.access.gate import fields, queryset
from core.access.models import User
from core.event.models import Event
from core.event.timeline import KINDS, WAYS, Asked, Item, source
from core.field.look import Children, Look
from core.files.models import Attachment
from core.html import built, escape
from core.module.listing import name_records
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.record.hanging import hangs, may_have
from core.record.mentions import shown
from core.record.models import Note, Tie
from core.record.notes import PINS
from core.worded import worded

# Events whose changes are the whole record: naming each field would say nothing.
_MADE = {"created", "arrived"}
_EARLIER = ("became", "merged")
_FILES = ("attached", "detached", "photo_set", "photo_removed")
_SHARED = ("shared", "unshared")
# Told by the note itself, or to one person alone.
_SILENT = ("mailed", "mentioned", "noted")


@source("note", lazy("Notes"))
def notes(asked: Asked) -> list[Item]:
    """Notes with those on top of the page among them: one query gives both."""
    if not asked.wants("note"):
        return []
    made = []
    for module, ids in asked.having("notes"):
        if module is asked.module and asked.edge is None and len(ids) == 1:
            rows = _with_pinned(asked)
        else:
            rows = asked.newest(Note.objects.filter(module=module.key, record_id__in=ids), "at", "note")
        made += [_note(asked, one) for one in rows]
    return made


@hangs("notes")
def _notes(module: str) -> tuple[Any, str]:
    return Note.objects.filter(module=module), "record_id"


@worded("most")
def _pinned_first(module: str, pk: int, most: int) -> Any:
    return Note.objects.filter(module=module, record_id=pk).order_by(F("pinned_at").desc(nulls_last=True), "-at", "-pk")[:most]


def _with_pinned(asked: Asked) -> list[Note]:
    """The newest notes of the record; the pinned ones are kept for the top of the page. No more than PINS can be pinned."""
    most = asked.limit + PINS
    found = _pinned_first(asked.module.key, asked.record.pk, most)
    asked.look.children["core.note", "pinned"] = Children([one for one in found if one.pinned_at], True)
    by_time = sorted(found, key=lambda one: (one.at, one.pk), reverse=True)
    if len(found) == most:
        loose = [one for one in found if not one.pinned_at]
        last = (loose[-1].at, "note", loose[-1].pk)
        asked.floor = max(asked.floor, last) if asked.floor else last
    return by_time


def _note(asked: Asked, note: Note) -> Item:
    who = asked.look.person(note.author_id) or _("Enishi")
    return Item(
        note.at,
        "file-text",
        who,
        _("wrote a note") if note.edited_at is None else _("wrote a note (changed since)"),
        source="note",
        pk=note.pk,
        said=shown(note.text, note.mentions),
        note=note,
        subject=asked.about(note.module, note.record_id),
    )


@source("file", lazy("Files"))
def files(asked: Asked) -> list[Item]:
    """Files come in with the history; asked for alone, they are all of it."""
    return _history(asked, _FILES, only=True) if asked.kind == "file" else []


@source("change", lazy("Changes"))
def changes(asked: Asked) -> list[Item]:
    """The record's own history, and for a contact that of the lead it came from (CRM-12)."""
    if not asked.wants("change"):
        return []
    return _history(asked, (*_SILENT, *_FILES) if asked.kind else _SILENT, only=False)


def _history(asked: Asked, kinds: tuple[str, ...], *, only: bool) -> list[Item]:
    """Events of these kinds alone, or of all others."""
    made: list[Item] = []
    earlier = [(module, [pk]) for module, pk in origins(asked.user, asked.module, asked.record)]
    for module, ids in [*asked.subjects, *earlier]:
        before = (module, ids) in earlier
        if asked.edge is None and len(ids) == 1:
            found = asked.given(_events(module.key, ids[0], kinds, only, before, asked.limit), "at", "event")
        else:
            found = asked.newest(_of(module.key, tuple(ids), kinds, only, before), "at", "event")
        items = _told(asked.user, module, found, asked.look)
        for item, event in items:
            item.subject = asked.about(module.key, event.record_id) if not before else None
        made += [item for item, _event in items]
    return made


@worded("limit")
def _events(module: str, pk: int, kinds: tuple[str, ...], only: bool, before: bool, limit: int) -> Any:
    return _of(module, (pk,), kinds, only, before).order_by("-at", "-pk")[:limit]


def _of(module: str, ids: tuple[int, ...], kinds: tuple[str, ...], only: bool, before: bool) -> Any:
    which = Q(kind__in=kinds)
    rows = Event.objects.filter(which if only else ~which, module=module, record_id__in=ids)
    # The record tells itself what it was before.
    return rows.exclude(kind="converted") if before else rows


def origins(user: User, module: Module, record: Any) -> list[tuple[Module, int]]:
    """The records this one came from. A person's history goes with the person; on a company's or a deal's page it is read
    by those who may see the person's record. Asked once for a record at hand."""
    if not module.origins or not may_have(record, "earlier"):
        return []
    held = record.__dict__.setdefault("_origins", {})
    if user.pk in held:
        return list(held[user.pk])
    made: list[tuple[Module, int]] = []
    for key, pk, kind in (
        Tie.objects.filter(kind__in=_EARLIER, other_module=module.key, other_id=record.pk)
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
    held[user.pk] = made
    return made


@hangs("earlier")
def _earlier(module: str) -> tuple[Any, str]:
    return Tie.objects.filter(kind__in=_EARLIER, other_module=module), "other_id"


def _told(user: User, module: Module, events: Sequence[Event], look: Look) -> list[tuple[Item, Event]]:
    known = fields(user, module)
    wanted: dict[str, set[int]] = {}
    for event in events:
        for key, (_before, after) in event.changes.items():
            one = known.get(key)
            if one is not None and one.kind.key == "link":
                wanted.setdefault(one.target, set()).update(v for v in (_before, after) if v)
    name_records(look, wanted)
    there = _attachments(events)
    now = _currencies(module, known, events)
    made = []
    for event in events:
        after = now.get(event.record_id, "")
        before = event.changes["currency"][0] if "currency" in event.changes else after
        now[event.record_id] = before  # newest first: what was written earlier is in the currency of its time
        symbol, what = KINDS.get(event.kind, ("circle-dot", event.kind))
        pairs = event.changes.items() if event.kind not in _MADE else ()
        lines = [line for key, pair in pairs if key in known and (line := _change(known[key], pair, look, (before, after)))]
        if event.changes and event.kind not in _MADE and not lines:
            continue  # only hidden fields changed, or by less than one reads
        item = Item(event.at, symbol, look.person(event.actor_id) or _("Enishi"), str(what), lines=lines, source="event", pk=event.pk)
        item.kind, item.way, item.body = event.kind, str(WAYS.get(event.way, "")), str(event.detail.get("text", ""))
        if event.kind in _FILES:
            _name_file(item, event, there)
        if event.kind in _SHARED:
            item.body = _shared_words(event, look)
        made.append((item, event))
    return made


def _currencies(module: Module, known: dict[str, Any], events: Sequence[Event]) -> dict[int, str]:
    """The currency of each record whose amounts these events tell of: one query, and only when there are any."""
    if "currency" not in module.fields:
        return {}
    amounts = {key for key, one in known.items() if one.kind.key == "money"}
    ids = {event.record_id for event in events if event.kind not in _MADE and amounts & event.changes.keys()}
    model: Any = module.model
    return dict(model.objects.filter(pk__in=ids).values_list("pk", "currency")) if ids else {}


def _attachments(events: Sequence[Event]) -> dict[int, bool]:
    """The attachments these events tell of that are still there: one query, and only when there are any."""
    ids = [pk for event in events if event.kind == "attached" and isinstance(pk := event.detail.get("attachment"), int)]
    return dict.fromkeys(Attachment.objects.filter(pk__in=ids).values_list("pk", flat=True), True) if ids else {}


def _name_file(item: Item, event: Event, there: dict[int, bool]) -> None:
    pk, name = event.detail.get("attachment"), str(event.detail.get("name", ""))
    if pk in there:
        item.title, item.url = name, reverse("file", args=[pk])
    else:
        item.body = name


def _shared_words(event: Event, look: Look) -> str:
    """With whom, for what and until when."""
    whom = str(event.detail.get("whom", ""))
    name = parties.label(whom) if parties.exists(whom) else str(event.detail.get("name", ""))
    if event.kind == "unshared":
        return name
    write, until = event.detail.get("level") == "write", parse_datetime(str(event.detail.get("until", "")))
    if until is None:
        return (_("%(name)s may read and edit it") if write else _("%(name)s may read it")) % {"name": name}
    words = {"name": name, "until": parties.last_day(until, look)}
    return (_("%(name)s may read and edit it until %(until)s") if write else _("%(name)s may read it until %(until)s")) % words


def _change(one: Any, pair: list[Any], look: Look, currencies: tuple[str, str]) -> SafeString:
    told = [one.priced(currency) if currency else one for currency in currencies]
    before, after = (
        escape(one.kind.text(priced, one.kind.back(value), look)) if value not in (None, "", []) else ""
        for priced, value in zip(told, pair, strict=True)
    )
    if before and before == after:
        return built("")
    word = _("empty")
    nothing = f'<span class="none">{escape(word)}</span>'
    # Both values were escaped above.
    return built(f'{escape(one.label)}: <span class="was">{before or nothing}</span> → {after or nothing}')
