"""A switch that opens or closes something to somebody asks before it is saved: what, and how much (ADM-13)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.access import impact
from core.access.impact import Impact
from core.access.models import User
from core.actor import Actor
from core.field.look import Look
from core.record.write import Refused
from core.web.menu import app_label
from core.web.tags import switch_id

from . import people
from .trial import count_words

# So many kinds of record are told one by one.
LINES = 4
# What stands where a switch asks, once it was answered.
NOTHING_ASKED = '<div id="ask" class="ask" hx-swap-oob="true"></div>'


def is_sure(request: HttpRequest) -> bool:
    """Whether somebody has read what a switch does, and said yes."""
    return request.POST.get("sure") == "1"


def ask(request: HttpRequest, name: str, value: str, on: bool, title: str, lines: list[str], crumb: Any) -> HttpResponse:
    """Ask before the switch `name` = `value` is saved: below the switches for htmx, on a page of its own without."""
    context = {
        "look": Look.of(request.user),  # type: ignore[arg-type]
        "crumb": crumb,
        "title": title,
        "lines": lines,
        "name": name,
        "value": f"{value}:{int(on)}",
        "on": on,
        "back": request.get_full_path(),
        "switch": switch_id(name, value),
    }
    if not request.headers.get("HX-Request"):
        return render(request, "admin_console/ask.html", context)
    answer = render(request, "admin_console/_ask.html", context)
    answer.headers["HX-Retarget"], answer.headers["HX-Reswap"] = "#ask", "innerHTML"
    return answer


def told_of_app(person: User, app: str, on: bool, *, actor: Actor) -> list[str]:
    """What giving somebody an app, or taking it, opens and closes to them; empty for who cannot come in anyway, and for what
    would be refused: the switch itself says why."""
    try:
        return words_of(impact.of(lambda: people.switch(person, app, on, actor=actor), among=[person.pk]))
    except Refused:
        return []


def title_of_app(person: User, app: str, on: bool) -> str:
    """The question."""
    said = _("Give %(name)s the app %(app)s?") if on else _("Take the app %(app)s from %(name)s?")
    return said % {"name": person, "app": app_label(app)}


def words_of(found: Impact) -> list[str]:
    """What a change opens and closes, a line for each kind of record; else how many people may do more or less."""
    opens, closes = _("Opens %(records)s %(kind)s to %(people)s (%(right)s)."), _("Closes %(records)s %(kind)s to %(people)s (%(right)s).")
    counts = [(opens, one) for one in found.opens] + [(closes, one) for one in found.closes]
    made = [said % count_words(one) for said, one in sorted(counts, key=lambda pair: -pair[1].records)]
    if len(made) > LINES:
        made[LINES:] = [_("And %(count)d more lines like these.") % {"count": len(made) - LINES}]
    return made or [*words_of_people(len(found.gain), True), *words_of_people(len(found.lose), False)]


def words_of_people(count: int, on: bool) -> list[str]:
    """How many people may do something from now on, or no more."""
    if not count:
        return []
    if on:
        said = ngettext("%(count)d person may do this from now on.", "%(count)d people may do this from now on.", count)
    else:
        said = ngettext("%(count)d person may not do this any more.", "%(count)d people may not do this any more.", count)
    return [said % {"count": count}]
