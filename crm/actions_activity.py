"""What is done to activities: closing them, taking part, calling off or moving one date of a series (CRM-8)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.gate import queryset
from core.access.models import User
from core.action.registry import Refused, action
from core.actor import Actor
from core.event.emit import emit_one
from core.event.timeline import KINDS
from core.record.write import lock, update

from . import series
from .forms_activity import DateForm, LeaveForm, MoveForm, ParticipantForm
from .models import Activity, Moved, Participant

KINDS |= {
    "takes_part": ("users", lazy("added a participant")),
    "left": ("users", lazy("removed a participant")),
    "called_off": ("calendar-x", lazy("called off one date")),
    "moved_date": ("calendar-clock", lazy("moved one date")),
    "put_back": ("calendar-check", lazy("put one date back")),
    "reminded": ("alarm-clock", lazy("sent a reminder")),
}


def _unfinished(activity: Activity) -> bool:
    return activity.status != "done" and not activity.is_series


@action("crm.complete", on="crm.activity", label=lazy("Mark as done"), needs="crm.activity:edit", icon="check", when=_unfinished)
def complete(activity: Activity, *, actor: Actor) -> Activity:
    """Close an activity. The next of a chain arises with it (crm.listeners)."""
    return update(lock(activity), actor=actor, status="done")


def _event(activity: Activity) -> bool:
    return activity.kind == "event"


def _series(activity: Activity) -> bool:
    return activity.is_series


@action(
    "crm.take_part",
    on="crm.activity",
    label=lazy("Add a participant"),
    needs="crm.activity:edit",
    form=ParticipantForm,
    icon="users",
    when=_event,
)
def take_part(activity: Activity, *, actor: Actor, user: int | None = None, contact: int | None = None) -> None:
    """Somebody takes part in an event: one of us, who then sees it, or a contact."""
    lock(activity)
    if user:
        if not User.objects.filter(pk=user, is_active=True).exists():
            raise Refused(_("There is no such user."))
        made = Participant.objects.get_or_create(activity=activity, user_id=user)[1]
    else:
        if actor.user is not None and not queryset(actor.user, "crm.contact").filter(pk=contact or 0).exists():
            raise Refused(_("There is no such record."))
        made = Participant.objects.get_or_create(activity=activity, contact_id=contact)[1]
    if made:
        emit_one("crm.activity", activity, "takes_part", actor, user=user, contact=contact)


@action("crm.leave", on="crm.activity", label=lazy("Remove a participant"), needs="crm.activity:edit", form=LeaveForm, menu=False)
def leave(activity: Activity, *, actor: Actor, participant: int) -> None:
    """Somebody no longer takes part."""
    row = Participant.objects.filter(activity=activity, pk=participant).first()
    if row is not None:
        row.delete()
        emit_one("crm.activity", activity, "left", actor, user=row.user_id, contact=row.contact_id)


def _checked(activity: Activity, day: date) -> Activity:
    """The series, held; refused if its rule does not give this day."""
    held: Activity = lock(activity)
    rule = series.rule_of(held) if held.is_series else None
    if rule is None or next(rule.dates(series.day_of(held), day, day), None) is None:
        raise Refused(_("There is no such date in this series."))
    return held


def _rearm(activity: Activity) -> None:
    """The next reminder follows from the dates, and feeds see that something changed. No field did, so no new version."""
    fresh = Activity.objects.get(pk=activity.pk)
    now = clock.now()
    Activity.objects.filter(pk=fresh.pk).update(reminder_at=series.armed(fresh, now), changed_at=now)


@action(
    "crm.call_off",
    on="crm.activity",
    label=lazy("Call off one date"),
    needs="crm.activity:edit",
    form=DateForm,
    icon="calendar-x",
    when=_series,
)
def call_off(activity: Activity, *, actor: Actor, occurs_on: date) -> None:
    """One date of a series does not take place."""
    held = _checked(activity, occurs_on)
    Moved.objects.update_or_create(activity=held, occurs_on=occurs_on, defaults={"off": True, "starts_at": None, "ends_at": None})
    emit_one("crm.activity", held, "called_off", actor, day=occurs_on.isoformat())
    _rearm(held)


@action(
    "crm.move_date",
    on="crm.activity",
    label=lazy("Move one date"),
    needs="crm.activity:edit",
    form=MoveForm,
    icon="calendar-clock",
    when=_series,
)
def move_date(activity: Activity, *, actor: Actor, occurs_on: date, starts_at: datetime, ends_at: datetime | None = None) -> None:
    """One date of a series takes place at another time; without an end it lasts as long as the others."""
    held = _checked(activity, occurs_on)
    if ends_at is not None and ends_at < starts_at:
        raise Refused(_("The end lies before the beginning."))
    until = ends_at or starts_at + series.length(held)
    Moved.objects.update_or_create(activity=held, occurs_on=occurs_on, defaults={"off": False, "starts_at": starts_at, "ends_at": until})
    if held.last_at is not None and until > held.last_at:  # the calendar looks no further than here
        Activity.objects.filter(pk=held.pk).update(last_at=until)
    emit_one("crm.activity", held, "moved_date", actor, day=occurs_on.isoformat(), to=starts_at.isoformat())
    _rearm(held)


@action(
    "crm.put_back", on="crm.activity", label=lazy("Put one date back"), needs="crm.activity:edit", form=DateForm, menu=False, when=_series
)
def put_back(activity: Activity, *, actor: Actor, occurs_on: date) -> None:
    """One date takes place as the rule says, after all."""
    held: Any = lock(activity)
    gone, _rows = Moved.objects.filter(activity=held, occurs_on=occurs_on).delete()
    if gone:
        emit_one("crm.activity", held, "put_back", actor, day=occurs_on.isoformat())
        _rearm(held)
