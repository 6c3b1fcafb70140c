"""Telling those of us who take part in an event: that they were added, and when a date is moved or called off (PLT-19, CRM-8)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.models import User
from core.actor import Actor
from core.event.emit import Happened, listens
from core.field.look import Look
from core.notify.kinds import Place, say
from core.notify.models import Notification
from core.notify.tell import notify

from .models import Activity, Moved, Participant

KIND, CHANGED = "crm.invited", "crm.event_changed"
MOMENT = ("starts_at", "ends_at")


@listens("takes_part")
def invited(told: Sequence[Happened], actor: Actor) -> None:
    """One of us was added to an event. Contacts are not told: what goes outside is written by people."""
    people = {one.event.detail.get("user") for one in told} - {None}
    users = {user.pk: user for user in User.objects.filter(pk__in=people, is_active=True)} if people else {}
    for one in told:
        if (user := users.get(one.event.detail.get("user"))) is not None:
            notify(user, KIND, one.record, {"by": actor.user_id}, key=f"invited:{one.event.pk}", actor=actor)


@listens("updated", "moved_date", "called_off", "put_back")
def changed(told: Sequence[Happened], actor: Actor) -> None:
    """What takes place at another hour than one knew, or not at all, is told to all of us who take part, the owner among them."""
    mine = [one for one in told if one.event.module == "crm.activity" and _concerns(one)]
    if not mine:
        return
    people: dict[int, set[int]] = {one.record.pk: {one.record.owner_id} for one in mine}
    rows = Participant.objects.filter(activity__in=list(people), user__isnull=False)
    for activity, user in rows.values_list("activity_id", "user_id"):
        people[activity].add(user)
    users = User.objects.filter(pk__in=set().union(*people.values()) - {None}, is_active=True)
    known = {user.pk: user for user in users}
    for one in mine:
        if len(people[one.record.pk]) < 2:
            continue  # nobody but its owner comes
        day = one.event.detail.get("day", "")
        data = {"by": actor.user_id, "what": one.event.kind, "day": day}
        for pk in sorted(people[one.record.pk] & known.keys()):
            notify(known[pk], CHANGED, one.record, data, key=f"changed:{one.event.pk}", actor=actor)


def _concerns(one: Happened) -> bool:
    return one.record.kind == "event" and (one.event.kind != "updated" or any(name in one.event.changes for name in MOMENT))


def _still_invited(rows: Iterable[Notification], seen: Mapping[tuple[str, int], Place]) -> set[int]:
    """Who was taken off again, and whose event is over, need not hear of it."""
    held = list(rows)
    taking = set(Participant.objects.filter(activity__in={row.record_id for row in held}).values_list("activity_id", "user_id"))
    return {row.pk for row in held if (row.record_id, row.user_id) in taking and _ahead(seen[row.module, row.record_id].record)}


def _still_moved(rows: Iterable[Notification], seen: Mapping[tuple[str, int], Place]) -> set[int]:
    """Only what still stands: a date that was put back is no longer called off, and what went by changes nobody's plans."""
    held = [row for row in rows if (row.module, row.record_id) in seen and _ahead(seen[row.module, row.record_id].record)]
    ids = {row.record_id for row in held}
    moves = {(one.activity_id, f"{one.occurs_on:%Y-%m-%d}"): one.off for one in Moved.objects.filter(activity__in=ids)}
    wanted = {"called_off": True, "moved_date": False, "put_back": None}
    last = {(row.user_id, row.record_id, row.data.get("day", "")): row.pk for row in sorted(held, key=lambda row: row.pk)}
    stands = (
        row
        for row in held
        if row.data.get("what") == "updated" or moves.get((row.record_id, row.data.get("day", ""))) is wanted[row.data["what"]]
    )
    return {row.pk for row in stands} & set(last.values())


def _ahead(activity: Activity) -> bool:
    """Whether it takes place later than now, once at least."""
    last = activity.last_at if activity.is_series else activity.ends_at or activity.starts_at
    return last is None or last >= clock.now()


def _invited_words(data: Mapping[str, Any], look: Look, title: str) -> str:
    return _("%(who)s added you to an event: %(title)s") % {"who": look.person(data.get("by")) or _("Enishi"), "title": title}


def _changed_words(data: Mapping[str, Any], look: Look, title: str) -> str:
    words = {"who": look.person(data.get("by")) or _("Enishi"), "title": title, "day": look.day(_day(data))}
    said = {
        "called_off": _("%(who)s called off %(day)s of: %(title)s"),
        "moved_date": _("%(who)s moved %(day)s of: %(title)s"),
        "put_back": _("%(who)s put %(day)s back on: %(title)s"),
    }
    return said.get(str(data.get("what")), _("%(who)s moved an event: %(title)s")) % words


def _day(data: Mapping[str, Any]) -> date | None:
    return parse_date(str(data.get("day", ""))) if data.get("day") else None


say(KIND, lazy("Somebody adds me to an event"), icon="users", sentence=_invited_words, still=_still_invited)
say(CHANGED, lazy("An event I take part in is moved or called off"), icon="calendar-clock", sentence=_changed_words, still=_still_moved)
