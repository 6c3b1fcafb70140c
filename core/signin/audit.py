"""The audit log: every act of an admin, with who, what, before and after, and from where (ADM-8, O1).

`note` is the one function that writes it. What already says what it did by an event of kind "configured" or "exported" is
noted by itself: such an act needs no second line of code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import models
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.actor import Actor
from core.event.emit import Happened, listens
from core.signin.models import AuditEntry
from core.signin.origin import here
from core.text.names import shown_name

SHOWN = 100

_words: dict[str, Any] = {}


def says(act: str, sentence: Any) -> str:
    """Declare how an act reads in the log: a lazy sentence with %(name)s for what it was done to. Gives the act's key."""
    _words[act] = sentence
    return act


def sentence(act: str) -> str:
    """The declared sentence of an act; empty for one that nobody declared."""
    return str(_words.get(act, ""))


def acts() -> list[str]:
    return list(_words)


RESTORED = says("restored", lazy("Brought back from the bin: %(name)s"))
BIN_EMPTIED = says("bin.emptied", lazy("Emptied the bin for good: %(name)s"))


def note(
    actor: Actor,
    act: str,
    target: Any,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    *,
    label: str = "",
    **detail: Any,
) -> AuditEntry | None:
    """Write one act. `target` is a row, or a text that names what is no row. `before` and `after` are plain values by name;
    only what differs is kept. With both given and nothing different, nothing is written and None given back."""
    names = list(dict.fromkeys([*(before or {}), *(after or {})]))
    changes = {name: [_plain((before or {}).get(name)), _plain((after or {}).get(name))] for name in names}
    changes = {name: pair for name, pair in changes.items() if pair[0] != pair[1]}
    if before is not None and after is not None and not changes:
        return None
    row = isinstance(target, models.Model)
    return _write(
        actor,
        act,
        target._meta.label_lower if row else str(target)[:60],
        target.pk if row else None,
        label or (str(target) if row else ""),
        changes,
        detail,
    )


def _write(actor: Actor, act: str, kind: str, target_id: int | None, label: str, changes: Any, detail: Any) -> AuditEntry:
    user = actor.user
    return AuditEntry.objects.create(
        at=clock.now(),
        actor=user,
        who=shown_name(user.family_name, user.given_name)[:130] if user else "",
        way=actor.way,
        act=act[:60],
        kind=kind,
        target_id=target_id,
        label=label[:200],
        changes=changes,
        detail=detail,
        address=here(),
    )


def _plain(value: Any) -> Any:
    """As it can stand in JSON."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple | set) else str(value)


@listens("configured", "exported")
def _from_events(told: Sequence[Happened], actor: Actor) -> None:
    """Whatever an admin's act or an export says of itself stands in the log, too."""
    for one in told:
        event = one.event
        act = event.kind if event.kind == "exported" else f"configured.{event.detail.get('act', 'changed')}"
        label = str(event.detail.get("label", ""))
        _write(actor, act, event.module, event.record_id, label, event.changes, event.detail)


@listens("restored")
def _brought_back(told: Sequence[Happened], actor: Actor) -> None:
    """What came back from the bin: one line for each module of an act, however many records there were."""
    first, count = told[0], len(told)
    label = f"{first.record.title}{f' (+{count - 1})' if count > 1 else ''}"
    _write(actor, RESTORED, first.event.module, first.event.record_id if count == 1 else None, label, {}, {"count": count})


def find(who: int = 0, kind: str = "", text: str = "", since: Any = None, until: Any = None) -> QuerySet[AuditEntry]:
    """The entries that fit, newest first. `text` is looked for in names of people and things."""
    rows = AuditEntry.objects.order_by("-id")
    if who:
        rows = rows.filter(actor_id=who)
    if kind:
        rows = rows.filter(Q(kind=kind) | Q(act=kind))
    if text:
        rows = rows.filter(Q(label__icontains=text) | Q(who__icontains=text))
    if since is not None:
        rows = rows.filter(at__gte=since)
    if until is not None:
        rows = rows.filter(at__lt=until)
    return rows
