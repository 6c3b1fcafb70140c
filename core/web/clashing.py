"""A record that somebody else changed while it was being edited: which fields both changed, and what is to be written (PLT-11)."""

from __future__ import annotations

from typing import Any

from core.event.models import Event
from core.field.look import Look
from core.module.listing import name_records
from core.module.module import Module
from core.web.forms import RecordForm
from core.web.seen import base_of, since


def clashes_of(module: Module, user: Any, record: Any, form: RecordForm, seen: str) -> list[dict[str, Any]]:
    """Fields that both sides changed to different values. One where the reader gave way already (`take-<field>`) is
    none; one where they did not is, if it was changed once more after they were asked."""
    held, look, made = since(module, record, seen), Look.of(user), []
    opened = _opened(form, record, seen)
    changed, currency = form.changed(), getattr(record, "currency", "")
    for key, mine in changed.items():
        one = form.known[key]
        theirs = one.value(record)
        if key not in held or theirs == mine or one.kind.plain(mine) == held[key] or _choice(form, key) == "theirs":
            continue
        if _left_alone(form, key, mine, opened):
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
    opened = _opened(form, record, seen)
    return {
        key: mine for key, mine in form.changed().items() if not _left_alone(form, key, mine, opened) and _choice(form, key) != "theirs"
    }


def _opened(form: RecordForm, record: Any, seen: str) -> dict[str, Any]:
    """What fields held when the form was opened, for those changed since: before it asked about a clash, if it did."""
    base = base_of(form.data) if seen else ""
    return since(form.module, record, base) if base != str(record.version) else {}


def _left_alone(form: RecordForm, key: str, mine: Any, opened: dict[str, Any]) -> bool:
    """Whether the reader sent what stood there when they opened the form: then what others made of it stays, unless they were
    asked and chose their own."""
    return key in opened and _choice(form, key) != "mine" and bool(form.known[key].kind.plain(mine) == opened[key])


def rival_of(module: Module, record: Any) -> Event | None:
    """The newest event of a record: who came before us."""
    return Event.objects.filter(module=module.key, record_id=record.pk).select_related("actor").order_by("-id").first()
