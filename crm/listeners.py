"""What the CRM does when records change: it keeps how long deals stand in a stage, lets converted leads rest, and sets the
next task of a chain; and that a calendar's address lets one in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.models import User
from core.actor import Actor
from core.event.emit import Happened, listens
from core.module.registry import module
from core.record.write import Invalid, create
from core.signin.sessions import ends_with_credentials
from core.signin.tokens import lets_in

from . import (
    feed,
    inviting,  # noqa: F401 - listens, too
)
from .models import Activity, Feed, StageStay
from .series import known, next_due

BATCH = 500
# What one task of a chain hands on to the next.
_CARRIED = ("kind", "subject", "priority", "place", "direction", "description", "remind_before", "repeat")


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


@listens("updated")
def next_of_a_chain(happened: Sequence[Happened], actor: Actor) -> None:
    """A repeating task or call that is done gives way to its next one, whichever way it was closed (CRM-8)."""
    for one in happened:
        task = one.record
        closed = one.event.module == "crm.activity" and "status" in one.event.changes and task.status == "done"
        if closed and task.repeat and not task.is_series and task.due_on is not None:
            arise(task, actor)


def arise(task: Activity, actor: Actor) -> Activity | None:
    """The next task after one that was done, if its rule has a further day and nobody made it yet."""
    root, day = task.first_id or task.pk, next_due(task, clock.now().astimezone(known(task.zone)).date())
    if day is None or Activity.objects.filter(first_id=root, occurs_on=day).exists():
        return None
    values = {name: getattr(task, name) for name in _CARRIED} | _further(task)
    links = {name: getattr(task, f"{name}_id") for name in ("owner", "lead", "contact", "account", "deal")}
    chain = {"first": root, "occurs_on": day, "anchor_on": task.anchor_on, "zone": task.zone}
    system = Actor(actor.user, "system", actor.job)
    wanted = {**values, **links, **chain, "due_on": day, "status": "open"}
    # Nobody is asked here, and the one that was done must not stay open for what the next one lacks.
    made: Activity = create("crm.activity", actor=system, detail={"after": task.pk}, strict=False, **wanted)
    return made


def _further(task: Activity) -> dict[str, Any]:
    """The tags of a task and what it holds in fields that admins added; what a field no longer takes is left behind."""
    made: dict[str, Any] = {"tags": task.tag_words}
    for key, one in module("crm.activity").fields.items():
        value = one.value(task) if one.custom and one.editable else None
        if not one.kind.is_empty(value):
            try:
                made[key] = one.clean(value)
            except ValidationError:
                continue
    return made


@ends_with_credentials
def renew_feed(user: User) -> None:
    """The secret address of a calendar lets one in, too: it ends with the password (L5)."""
    if Feed.objects.filter(user=user).exists():
        feed.renew(user)


lets_in(
    "crm.feed",
    lazy("Calendar in other programs"),
    held=lambda: Feed.objects.values_list("user_id", "made_at"),
    end=lambda user: Feed.objects.filter(user=user).delete(),
)
