"""What stands in a calendar: events with the dates of series, calls, and what is due; through the gate, in few questions.

Three million activities are no reason to read more than a window: what begins in it walks one index, what lasts into it
another, what is due a third, each up to a limit that the page admits to.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet

from core.access.gate import can, fields, queryset, rights
from core.access.models import User
from core.access.people import active_choices
from core.field.look import Look
from core.module.listing import prepare
from core.module.registry import module
from core.text.numbers import whole
from core.web.span import Day, Entry, Span

from . import series
from .models import Participant
from .queries import moved

KEY = "crm.activity"
# So many of each sort in one window; of a month of everybody's the page shows the first.
MOST, LASTING = 400, 100
DAY = timedelta(days=1)
ICONS = {"call": "phone", "event": "calendar", "task": "square-check"}
_READ = (
    "pk", "owner_id", "kind", "subject", "status", "starts_at", "ends_at", "due_on", "place", "repeat", "zone", "anchor_on", "lasting",
    "lead_id", "contact_id", "account_id", "deal_id", "version", "done_at", "changed_at",
)  # fmt: skip


class Standing:
    """An activity as calendars read it: plain values under the names of its columns. They have hundreds, and a model object costs
    more than its question."""

    def __init__(self, values: Sequence[Any]) -> None:
        self.__dict__.update(zip(_READ, values, strict=True))

    @property
    def is_series(self) -> bool:
        return bool(self.repeat and self.kind == "event" and self.starts_at)  # type: ignore[attr-defined]


def _standing(rows: QuerySet[Any], most: int) -> list[Any]:
    return [Standing(values) for values in rows.values_list(*_READ)[:most]]


@dataclass
class Whose:
    """Whose calendar: `people` are user ids, None for everybody the reader may see."""

    key: str
    people: list[int] | None


@dataclass
class Found:
    """What a window holds. `cut` says that there is more than was read."""

    entries: list[Entry] = field(default_factory=list)
    cut: bool = False


def whose(asked: str, user: User) -> Whose:
    """Read from an address: me, team, all, or the id of one of us."""
    if asked == "team" and rights(user).team:
        return Whose("team", [user.pk, *rights(user).team])
    if asked == "all":
        return Whose("all", None)
    if whole(asked) and whole(asked) in dict(active_choices()):
        return Whose(asked, [int(asked)])
    return Whose("me", [user.pk])


def people(user: User) -> list[tuple[str, str]]:
    """Whose calendars a reader may choose: those of all, where the organisation opens activities, else of the team."""
    held = rights(user)
    if not held.allows(module(KEY), "view"):
        return []
    reach = held.reach(module(KEY), "view")
    return [(str(pk), name) for pk, name in active_choices() if reach.everything or pk in reach.owners]


def entries(user: User, look: Look, span: Span, who: Whose, *, due: bool = True) -> Found:
    """Everything of a calendar between the ends of `span`; without `due`, only what has an hour."""
    if not can(user, KEY, "view"):
        return Found()
    known, found = fields(user, module(KEY)), Found()
    timed: list[Any] = []
    waiting: list[Any] = []
    if "starts_at" in known:
        timed = _timed(user, span.starts_at, span.ends_at, who, found)
    if due and "due_on" in known:
        rows = _of(user, who).filter(open_due(span.first, span.last))
        waiting = _standing(rows.order_by("due_on", "pk"), MOST + 1)
        found.cut |= len(waiting) > MOST
    moves = moved([one.pk for one in timed if one.is_series])
    make = _maker(look)
    for one in timed[: MOST + 2 * LASTING]:
        found.entries += [make(one, date) for date in series.dates(one, moves.get(one.pk, ()), span.starts_at, span.ends_at)]
    found.entries += [make(one, None) for one in waiting[:MOST]]
    return found


def finish(days: Sequence[Day], user: User, look: Look) -> None:
    """Say with whom and where, for the entries a page shows."""
    known = fields(user, module(KEY))
    name(look, [one.record for day in days for one in day.shown], known)
    for day in days:
        whole, day.shown = not day.more, [_told(one, look, known) for one in day.shown]
        if whole:
            day.entries = day.shown


def open_due(first: date, last: date) -> Q:
    """What is due on these days, not done, and has no hour."""
    return Q(starts_at=None, done_at=None, due_on__gte=first, due_on__lt=last)


def _timed(user: User, first: datetime, last: datetime, who: Whose, found: Found) -> list[Any]:
    """Activities with an hour: what begins in the window or the day before, what lasts into it, and what one takes part in."""
    rows = queryset(user, KEY)
    begin = Q(lasting=False, starts_at__gte=first - DAY, starts_at__lt=last)
    ending, endless = Q(lasting=True, last_at__gte=first), Q(lasting=True, last_at=None)
    held: dict[int, Any] = {}
    # What ends and what never does are two questions, each in the order of its index: as one question in the order of the keys,
    # a planner walked all activities there ever were until it had met enough of those that last.
    for part, order, most in ((begin, "starts_at", MOST), (ending, "last_at", LASTING), (endless, "last_at", LASTING)):
        read = _standing(_of(user, who).filter(part).order_by(order, "pk"), most + 1)
        found.cut |= len(read) > most
        held |= {one.pk: one for one in read[:most]}
    # Of all that one may see, events one takes part in stand in their owners' calendars already.
    others = invited(who.people) if who.people is not None else []
    if others:
        held |= {one.pk: one for one in _standing(rows.filter(begin | ending | endless, pk__in=others), MOST)}
    return list(held.values())


def _of(user: User, who: Whose) -> QuerySet[Any]:
    """The rows of these people, through the gate. Where it lets through just them, it is not asked twice: a planner takes two
    conditions for few rows, and then reads all there are of a team's instead of walking along the days."""
    rows = queryset(user, KEY)
    if who.people is None or rights(user).rows(module(KEY), "view") == Q(owner_id__in=who.people):
        return rows
    return rows.filter(owner_id__in=who.people)


def invited(users: Sequence[int]) -> list[int]:
    """Ids of the events these people take part in, the newest two thousand."""
    rows = Participant.objects.filter(user_id__in=users).order_by("-activity_id")
    return list(rows.values_list("activity_id", flat=True)[:2000])


def name(look: Look, records: Sequence[Any], known: dict[str, Any]) -> None:
    """Gather with whom they are: a question a module at most."""
    prepare(look, module(KEY), records, [one for one in known.values() if one.kind.key == "link"])


def about(record: Any, look: Look, known: dict[str, Any]) -> str:
    """With whom an activity is: the first of its links this reader may see."""
    return next((text for key in ("contact", "lead", "account", "deal") if key in known and (text := known[key].text(record, look))), "")


def entry(one: Any, look: Look, known: dict[str, Any]) -> Entry:
    """What is due, with all words, as a list of the day shows it."""
    return _told(_maker(look)(one, None), look, known)


def _told(one: Entry, look: Look, known: dict[str, Any]) -> Entry:
    place = one.record.place if "place" in known else ""
    detail = " · ".join(word for word in (about(one.record, look, known), place) if word)
    return one._replace(detail=detail, who=look.person(one.record.owner_id))


def _maker(look: Look) -> Callable[[Any, series.Date | None], Entry]:
    """Makes entries of activities on their dates: a month has a thousand, so what is the same for all is asked once."""
    today, zone, base = look.now.astimezone(look.zone).date(), look.zone, module(KEY).url()
    hues = {value: option.hue for value, option in module(KEY).fields["kind"].options.items()}

    def make(one: Any, at: series.Date | None) -> Entry:
        return Entry(
            title=one.subject,
            url=f"{base}{one.pk}/",
            on=at.starts_at.astimezone(zone).date() if at else one.due_on,
            starts_at=at.starts_at if at else None,
            ends_at=at.ends_at if at else None,
            icon="repeat" if one.is_series else ICONS.get(one.kind, "square-check"),
            hue=hues.get(one.kind, 10),
            late=at is None and one.done_at is None and one.due_on is not None and one.due_on < today,
            done=one.done_at is not None,
            record=one,
        )

    return make
