"""Pages of every day over three million activities: home, my day, the calendar, the board, and lists of what is to be done."""

from __future__ import annotations

from urllib.parse import urlencode

from bench.pages import Bench, line
from bench.table import Line

# Server time people do not notice as waiting (issue "numbers").
GOAL = 150
LEADS, ACTIVITIES = "/crm/leads/", "/crm/activities/"


def days(bench: Bench, pk: int, busy: int) -> list[Line]:
    """`pk` is the lead of the story, `busy` one with two thousand activities. Each page by one who sees all and by one who
    leads a team: what each costs depends on how many rows they reach."""
    made: list[Line] = []
    for name, address in _pages():
        whole, own = bench.take(lambda a=address: bench.admin.get(a), lambda a=address: bench.rep.get(a), warm=4)  # type: ignore[misc]
        made += [line(f"{name}, sees all", whole, p95=GOAL), line(f"{name}, own records", own, p95=GOAL)]
    for name, address in _records(pk, busy):
        made.append(line(name, bench.take(lambda a=address: bench.admin.get(a), warm=4)[0], p95=GOAL))  # type: ignore[misc]
    return made


def _pages() -> list[tuple[str, str]]:
    """Home and the calendar of one's own, of the team and of all; the board; the lists of activities with their views."""
    views = [("overdue", "overdue"), ("open", "open"), ("due today", "today"), ("mine", "mine")]
    return [
        ("home", "/crm/"),
        ("home of the team", "/crm/?whose=team"),
        ("my day", "/crm/day/"),
        ("calendar, month, own", "/crm/calendar/"),
        ("calendar, month, team", "/crm/calendar/?whose=team"),
        ("calendar, month, all one may see", "/crm/calendar/?whose=all"),
        ("calendar, week, all one may see", "/crm/calendar/?view=week&whose=all"),
        ("board of open deals", f"/crm/deals/board?{urlencode({'view': 'open'})}"),
        *((f"activities, {name}", f"{ACTIVITIES}?view={view}") for name, view in views),
    ]


def _records(pk: int, busy: int) -> list[tuple[str, str]]:
    return [
        ("whole timeline of 240 things", f"{LEADS}{pk}/timeline"),
        ("record with 2,000 activities", f"{LEADS}{busy}/"),
        ("whole timeline of 2,000 activities", f"{LEADS}{busy}/timeline"),
    ]
