"""What the CRM keeps of a customer beside their own records (E3)."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q
from django.utils.translation import gettext as _

from core.personal.held import Held, Ids, holds

from .models import Activity, Conversion, Deal, DealRole


@holds
def held(ids: Ids) -> Iterable[Held]:
    contacts, leads = ids.get("crm.contact", []), ids.get("crm.lead", [])
    asked = Q(contact__in=contacts) | Q(lead__in=leads)
    empty = {"subject": _("Erased"), "description": "", "place": "", "result": "", "extra": {}}
    yield Held("crm.activity", _("Activities"), Activity.objects.filter(asked), empty)
    yield Held("crm.conversion", _("Conversions"), Conversion.objects.filter(asked), {"filled": {}})
    yield Held(
        "crm.deal",
        _("Deals"),
        Deal.objects.filter(pk__in=DealRole.objects.filter(contact__in=contacts).values("deal")),
        {},
        _("A deal is business with the account: its name, sum and days are needed for the books."),
    )
