"""A record that somebody else changed while it was being edited: which fields both changed, and what is to be written (PLT-11)."""

from __future__ import annotations

from typing import Any

from core.event.models import Event
from core.field.look import Look
from core.module.listing import name_records
from core.module.module import Module
from core.text.numbers import whole
from core.web.forms import RecordForm


def _since(module: Module, record: Any, seen: str) -> dict[str, Any]:
    """What each field held when the reader opened the form at version `seen`, for fields changed by others since."""
    if not whole(seen):
        return {key: one.kind.plain(one.value(record)) for key, one in module.fields.items() if not one.parts}
    newer = record.version - int(seen)
    events = (
        list(Event.objects.filter(module=module.key, record_id=record.pk).exclude(changes={}).order_by("-id")[: max(newer, 0)])
        if 0 < newer < 500
        else []
    )
    held: dict[str, Any] = {}
    for event in events:  # newest first, so the oldest "before" wins
        held.update({key: pair[0] for key, pair in event.changes.items()})
    return held


def clashes_of(module: Module, user: Any, record: Any, form: RecordForm, seen: str) -> list[dict[str, Any]]:
    """Fields that both sides changed to different values. One where the reader gave way already (`take-<field>`) is
    none; one where they did not is, if it was changed once more after they were asked."""
    held, look, made = _since(module, record, seen), Look.of(user), []
    changed, currency = form.changed(), getattr(record, "currency", "")
    for key, mine in changed.items():
        one = form.known[key]
        theirs = one.value(record)
        if key not in held or theirs == mine or one.kind.plain(mine) == held[key] or _choice(form, key) == "theirs":
            continue
        if one.kind.key == "link":
            name_records(look, {one.target: {v for v in (theirs, mine) if v}})
        made.append(
            {
                "field": one,
                "mine": one.kind.text(one.priced(changed.get("currency") or currency), mine, look),
                "theirs": one.kind.text(one.priced(currency), theirs, look),
                "input": form[key],
            }
        )
    return made


def _choice(form: RecordForm, key: str) -> str:
    """What the reader chose for a field both sides changed: "mine", "theirs" or nothing yet."""
    choice = form.data.get(f"take-{key}", "")
    return choice if choice in {"mine", "theirs"} else ""


def wanted(form: RecordForm, record: Any, seen: str) -> dict[str, Any]:
    """The values to write: what this reader changed against what they saw, minus what they gave way on."""
    held = _since(form.module, record, seen) if seen != str(record.version) else {}
    made = {}
    for key, mine in form.changed().items():
        untouched = key in held and form.known[key].kind.plain(mine) == held[key]
        if not untouched and _choice(form, key) != "theirs":
            made[key] = mine
    return made


def rival_of(module: Module, record: Any) -> Event | None:
    """The newest event of a record: who came before us."""
    return Event.objects.filter(module=module.key, record_id=record.pk).select_related("actor").order_by("-id").first()
