"""Telling somebody that the account was offered to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.models import User
from core.field.look import Look
from core.notify.kinds import Place, places, say
from core.notify.models import Notification

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
