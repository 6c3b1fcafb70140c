"""What the CRM does when records change: it keeps how long deals stand in a stage, and lets converted leads rest."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext as _

from core.actor import Actor
from core.event.emit import Happened, listens
from core.record.write import Invalid

from . import rollup  # noqa: F401 - its source of the timeline has to be known
from .models import StageStay

BATCH = 500


@listens("created")
def first_stage(happened: Sequence[Happened], actor: Actor) -> None:
    """A new deal begins its stay in its first stage."""
    made = [
        StageStay(deal_id=one.record.pk, stage=one.record.stage, since=one.event.at) for one in happened if one.event.module == "crm.deal"
    ]
    StageStay.objects.bulk_create(made, batch_size=BATCH)


@listens("updated")
def next_stage(happened: Sequence[Happened], actor: Actor) -> None:
    """A deal that moved ends one stay and begins the next; the same few statements for one deal or many (CRM-5)."""
    moved = {one.record.pk: one for one in happened if one.event.module == "crm.deal" and "stage" in one.event.changes}
    if not moved:
        return
    left = []
    for stay in StageStay.objects.filter(deal_id__in=moved, until=None).order_by("pk"):
        stay.until = moved[stay.deal_id].event.at
        stay.seconds = max(0, int((stay.until - stay.since).total_seconds()))
        left.append(stay)
    StageStay.objects.bulk_update(left, ["until", "seconds"], batch_size=BATCH)
    new = [StageStay(deal_id=pk, stage=one.record.stage, since=one.event.at) for pk, one in moved.items()]
    StageStay.objects.bulk_create(new, batch_size=BATCH)


@listens("updated")
def converted_leads_rest(happened: Sequence[Happened], actor: Actor) -> None:
    """A change typed on a lead that was converted would be read by nobody: it belongs on the contact."""
    if actor.way != "page":
        return
    for one in happened:
        if one.event.module == "crm.lead" and one.record.converted_at is not None and one.event.changes:
            raise Invalid({"": _("%(title)s was converted. Change the contact instead.") % {"title": one.record.title}})
