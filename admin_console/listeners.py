"""Telling somebody that the account was offered to them; and what follows from another time zone of the organisation."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.models import User
from core.actor import Actor
from core.event.emit import Happened, listens
from core.field.look import Look
from core.module.module import Module
from core.module.registry import modules
from core.notify.kinds import Place, places, say
from core.notify.models import Notification
from core.record.following import kept_formulas
from core.work.jobs import enqueue

from .models import AccountOffer


@places("admin_console.accountoffer")
def _offers(user: User, ids: Collection[int]) -> dict[int, Place]:
    rows = AccountOffer.objects.select_related("by").filter(pk__in=ids, to=user)
    return {row.pk: Place(str(row.by), reverse("console-offer", args=[row.pk]), row) for row in rows}


def _still_open(rows: Iterable[Notification], seen: Mapping[tuple[str, int], Place]) -> set[int]:
    """Not those of offers that were answered, taken back or are over."""
    now, held = clock.now(), [(row, seen.get((row.module, row.record_id))) for row in rows]
    return {row.pk for row, place in held if place and place.record.open and place.record.ends_at > now}


def _words(data: Mapping[str, Any], look: Look, title: str) -> str:
    return _("%(who)s asks you to look after the account.") % {"who": title}


say("console.account", lazy("The account is offered to you"), icon="shield", sentence=_words, still=_still_open)


@listens("configured")
def another_clock(told: Sequence[Happened], actor: Actor) -> None:
    """By another clock of the organisation moments lie on other days: formulas that read one are worked out anew."""
    if not any(one.event.module == "core.organisation" and "time_zone" in one.event.changes for one in told):
        return
    for module in modules():
        if _reads_moments(module):
            label = _("Work out the formulas of %(kind)s") % {"kind": module.plural}
            total = module.model._default_manager.count()
            enqueue("console.work_out", args={"module": module.key}, user=actor.user, total=total, label=label)


def _reads_moments(module: Module) -> bool:
    fields = module.fields
    read = {key for one in kept_formulas(module.key) if one.formula is not None for key in one.formula.needs}
    return any(fields[key].kind.key == "datetime" for key in read if key in fields)
