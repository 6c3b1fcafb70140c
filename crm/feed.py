"""A person's calendar as iCalendar (RFC 5545), for Thunderbird, phones and whatever else reads an address again and again.

The address holds a secret and needs no session; it gives what its person may see now, and nothing once they may no more.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, Max, Q, QuerySet, Sum
from django.urls import reverse
from django.utils import translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from icalendar import Alarm, Calendar, Event, Todo, vRecur

from core import clock
from core.access.gate import can, fields, queryset, rights
from core.access.models import User
from core.field.look import Look
from core.module.registry import module
from core.stamps import version

from . import agenda, feed_zones, series
from .agenda import invited
from .models import Activity, Feed, Moved
from .queries import moved

# What went by is of little use in a telephone; what is to come is all there.
PAST, MOST = timedelta(days=90), 1000
DAY = timedelta(days=1)
# So far ahead are told the days that no simple rule gives (core.field.repeat.Rule.beside).
AHEAD = timedelta(days=366 * 10)
# What these zones call a moment is written with a Z and needs no rules.
_UTC = {"UTC", "Etc/UTC", "Etc/UCT", "Etc/Zulu", "Zulu", "UCT", "Etc/Universal", "Universal"}
# RFC 5545, 3.1: no control character may stand in a value; a program that splits lines at one would read a line of its own.
_CONTROLS = {code: None for code in [*range(32), *range(127, 160), 0x2028, 0x2029] if chr(code) not in "\t\n"}


def secret(feed: Feed) -> str:
    """The last part of the feed's address: whose it is, and a signature that only this installation can make."""
    signed = salted_hmac("crm.feed", f"{feed.user_id}:{feed.nonce}", algorithm="sha256").hexdigest()
    return f"{feed.user_id}-{signed[:48]}"


def address(feed: Feed) -> str:
    return settings.BASE_URL + reverse("crm-feed-file", args=[secret(feed)])


def renew(user: User) -> Feed:
    """A new address; the old one is worth nothing from now on."""
    values = {"nonce": secrets.token_hex(20), "made_at": clock.now()}
    return Feed.objects.update_or_create(user=user, defaults=values)[0]


def of(given: str) -> User | None:
    """Whose feed an address is, if it is one and its person still has the CRM."""
    pk, _dash, _signed = given.partition("-")
    feed = Feed.objects.filter(user_id=int(pk)).first() if pk.isascii() and pk.isdigit() and len(pk) < 16 else None
    if feed is None or not constant_time_compare(secret(feed), given):
        return None
    user = User.objects.entitled().filter(pk=feed.user_id, is_active=True).first()
    return user if user and rights(user).has_app("crm") and can(user, agenda.KEY, "view") else None


def tag(user: User) -> str:
    """What changes when the file would: cheap, since programs ask every few minutes. The day is in it, so that a name that
    changed elsewhere (a contact's) comes through within a day."""
    known = fields(user, module(agenda.KEY))
    timed, due = _asked(user, known)
    state = [rows.order_by().aggregate(n=Count("pk"), last=Max("changed_at"), sum=Sum("version")) for rows in [*timed, *due]]
    parts = [user.pk, user.language, user.time_zone, clock.today(), state, sorted(known), version("users"), version("fields")]
    return f'"{hashlib.sha256(repr(parts).encode()).hexdigest()[:32]}"'


def calendar(user: User) -> bytes:
    """The whole file, in the language of its person. The same for the same records: its tag can be compared."""
    with translation.override(user.language):
        return _calendar(user, Look.of(user))


def _calendar(user: User, look: Look) -> bytes:
    known = fields(user, module(agenda.KEY))
    made = Calendar()
    made.add("prodid", "-//Enishi//CRM//EN")
    made.add("version", "2.0")
    made.add("calscale", "GREGORIAN")
    made.add("x-wr-calname", _("Enishi: %(name)s") % {"name": str(user)})
    made.add("x-wr-timezone", look.zone.key)
    made.add("refresh-interval;value=duration", "PT30M")
    made.add("x-published-ttl", "PT30M")
    timed, due = _records(user, known)
    agenda.name(look, [*timed, *due], known)
    moves = moved([one.pk for one in timed if one.is_series])
    zones = sorted({_zone(one).key for one in timed} - _UTC)
    for name in zones:
        made.add_component(feed_zones.timezone(name))
    for one in timed:
        for part in _events(one, moves.get(one.pk, []), look, known):
            made.add_component(part)
    for one in due:
        made.add_component(_todo(one, look, known))
    body: bytes = made.to_ical()
    return body


def _asked(user: User, known: dict[str, Any]) -> tuple[list[QuerySet[Any]], list[QuerySet[Any]]]:
    """What belongs into the file: events and calls of the time it reaches back, mine and those I take part in; and my open
    tasks that are due on a day. Each walks an index of its own: years of done work cost nothing."""
    rows, mine = queryset(user, agenda.KEY), Q(owner_id=user.pk)
    # The same all day long, so that the file and its tag are.
    since = datetime.combine(clock.today() - PAST, time.min, UTC)
    begun = Q(lasting=False, starts_at__gte=since)
    lasting = Q(lasting=True) & (Q(last_at__gte=since) | Q(last_at=None))
    timed, due = [], []
    if "starts_at" in known:
        timed = [
            rows.filter(mine, begun).order_by("-starts_at", "pk"),
            rows.filter(mine, lasting, starts_at__isnull=False).order_by("-starts_at", "pk"),
            rows.filter(begun | lasting, pk__in=invited([user.pk]), starts_at__isnull=False).order_by("-pk"),
        ]
    if "due_on" in known:
        due = [rows.filter(mine, done_at=None, starts_at=None, due_on__isnull=False).order_by("due_on", "pk")]
    return timed, due


def _records(user: User, known: dict[str, Any]) -> tuple[list[Activity], list[Activity]]:
    timed, due = _asked(user, known)
    found = {one.pk: one for rows in timed for one in rows[:MOST]}
    return sorted(found.values(), key=lambda one: one.pk), [one for rows in due for one in rows[:MOST]]


def _zone(one: Activity) -> Any:
    return series.known(one.zone) if one.is_series else series.known(one.zone or series.zone_of(one.owner_id))


def _events(one: Activity, moves: list[Moved], look: Look, known: dict[str, Any]) -> list[Event]:
    """One event; of a series its rule, the dates that are called off, and one more for each that is moved."""
    zone, length = _zone(one), series.length(one)
    start = one.starts_at.astimezone(zone)  # type: ignore[union-attr]
    made = _described(Event(), one, look, known)
    rule = series.rule_of(one) if one.is_series else None
    first = next(rule.dates(series.day_of(one)), None) if rule else None
    if rule is None or first is None:
        _timed(made, start, length)
        return [made]
    _timed(made, datetime.combine(first, start.time(), zone), length)
    anchor = series.day_of(one)
    parts, beside = rule.standard(anchor), rule.beside(anchor, clock.today() + AHEAD)
    if (last := rule.until or (rule.end(anchor) if beside else None)) is not None:
        parts["UNTIL"] = datetime.combine(last, time.max, zone).astimezone(UTC).replace(microsecond=0)
        parts.pop("COUNT", None)
    made.add("rrule", vRecur(parts))
    for day in beside:
        made.add("rdate", datetime.combine(day, start.time(), zone))
    moves = series.standing(one, moves)
    for move in sorted((move for move in moves if move.off), key=lambda move: move.occurs_on):
        made.add("exdate", datetime.combine(move.occurs_on, start.time(), zone))
    found = [made]
    for move in sorted((move for move in moves if not move.off and move.starts_at), key=lambda move: move.occurs_on):
        other = _described(Event(), one, look, known)
        other.add("recurrence-id", datetime.combine(move.occurs_on, start.time(), zone))
        begins: datetime = move.starts_at  # type: ignore[assignment]
        _timed(other, begins.astimezone(zone), max((move.ends_at or begins) - begins, timedelta(0)))
        found.append(other)
    return found


def _timed(made: Event, start: datetime, length: timedelta) -> None:
    """From and to, each in wall time with its zone: the hours between are those that pass, also when the clocks change."""
    made.add("dtstart", start)
    if length:
        made.add("dtend", (start.astimezone(UTC) + length).astimezone(start.tzinfo))


def _described(made: Any, one: Activity, look: Look, known: dict[str, Any]) -> Any:
    """What an entry says of itself, of what its reader may see."""
    made.add("uid", f"activity-{one.pk}@enishi")
    made.add("dtstamp", one.changed_at.astimezone(UTC))
    made.add("last-modified", one.changed_at.astimezone(UTC))
    # It grows with every change, with a date called off or moved, too, which gives the record no new version.
    made.add("sequence", one.version + max(0, int((one.changed_at - one.created_at).total_seconds())))
    made.add("summary", _plain(one.subject))
    made.add("url", settings.BASE_URL + module(agenda.KEY).url(one.pk))
    if "place" in known and one.place:
        made.add("location", _plain(one.place))
    words = [agenda.about(one, look, known), one.description if "description" in known else ""]
    if any(words):
        made.add("description", _plain("\n\n".join(word for word in words if word)))
    if one.remind_before is not None and one.done_at is None and "remind_before" in known:
        alarm = Alarm()
        alarm.add("action", "DISPLAY")
        alarm.add("description", _plain(one.subject))
        alarm.add("trigger", -timedelta(minutes=one.remind_before))
        if one.starts_at is not None:
            made.add_component(alarm)
    return made


def _plain(text: str) -> str:
    """Text without control characters; its lines end as the library expects them, which escapes the rest."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)


def _todo(one: Activity, look: Look, known: dict[str, Any]) -> Todo:
    made = _described(Todo(), one, look, known)
    made.add("due", one.due_on)
    made.add("status", "NEEDS-ACTION")
    made.add("priority", {"high": 1, "low": 9}.get(one.priority, 5))
    return made
