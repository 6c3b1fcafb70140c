"""Where the added fields of leads go when one is converted: an admin's page, with what would be lost in numbers (CRM-11)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core.access.gate import rights
from core.actor import Actor
from core.event.emit import emit_one
from core.field.field import Field
from core.field.look import Look, many
from core.module.module import Module
from core.module.registry import module
from core.stamps import bump
from core.web.doors import door

from .conversion import lacking, twin
from .mapping import ConversionField, chosen, takes

TARGETS = ("crm.account", "crm.contact", "crm.deal")
AUTO, NOWHERE = "auto", ""
# (key of the lead's field, key of the module) → "auto", a field's key there, or nothing for nowhere.
Wanted = Mapping[tuple[str, str], str]


@dataclass
class Cell:
    """The choice for one lead field and one module: what is chosen, what may be, and what "by name" would mean."""

    target: Module
    name: str
    value: str
    offered: list[Field]
    twin: Field | None


@dataclass
class Line:
    """One added field of leads."""

    field: Field
    cells: list[Cell]
    lost: list[str]


@door(admin=True, feature="settings")
@require_http_methods(["GET", "POST"])
def mapping_page(request: HttpRequest) -> HttpResponse:
    """All added fields of leads with where each goes. The button "show" says what choices would lose before they are saved."""
    user: Any = request.user
    if not (user.level in {"account", "suite"} or rights(user).apps.get("crm")):
        raise Http404
    wanted = _sent(request.POST) if request.method == "POST" else _standing()
    problems = _problems(wanted)
    if request.method == "POST" and "try" not in request.POST and not problems:
        _save(wanted, Actor(user))
        messages.success(request, _("Saved. The next conversion goes by it."))
        return HttpResponseRedirect(reverse("crm-mapping"))
    look = Look.of(user)
    context = {
        "look": look,
        "targets": [module(key) for key in TARGETS],
        "lines": _lines(wanted, look),
        "problems": problems,
        "trying": request.method == "POST",
    }
    return render(request, "crm/mapping.html", context, status=422 if problems else 200)


def _origins() -> list[Field]:
    return [one for one in module("crm.lead").fields.values() if one.custom and not one.hidden and not one.is_formula]


def _offered(one: Field, target: Module) -> list[Field]:
    return [each for each in target.fields.values() if takes(one, each)]


def _standing() -> dict[tuple[str, str], str]:
    said = chosen()
    return {(one.key, key): said.get(key, {}).get(one.key, AUTO) for one in _origins() for key in TARGETS}


def _sent(data: Mapping[str, str]) -> dict[tuple[str, str], str]:
    """The choices as they were sent; one that is not offered is left as it stands."""
    made = _standing()
    for one in _origins():
        for key in TARGETS:
            value = data.get(f"{one.key}-{key}")
            if value in {AUTO, NOWHERE, *(each.key for each in _offered(one, module(key)))}:
                made[one.key, key] = str(value)
    return made


def _goal(one: Field, key: str, wanted: Wanted) -> Field | None:
    """Where a field would go by these choices; the same answer as crm.mapping.taker gives once they are stored."""
    target = module(key)
    said = {origin: value for (origin, at), value in wanted.items() if at == key and value != AUTO}
    if one.key in said:
        return target.fields.get(said[one.key])
    found = twin(one, target)
    return found if found is not None and found.key not in said.values() else None


def _problems(wanted: Wanted) -> list[str]:
    """Two fields cannot fill one."""
    made = []
    for key in TARGETS:
        taken: dict[str, Field] = {}
        for one in _origins():
            goal = _goal(one, key, wanted)
            if goal is None:
                continue
            if goal.key in taken:
                words = {"first": taken[goal.key].label, "second": one.label, "field": goal.label, "module": module(key).plural}
                made.append(_("“%(first)s” and “%(second)s” cannot both go to “%(field)s” of %(module)s.") % words)
            taken[goal.key] = one
    return made


def _lines(wanted: Wanted, look: Look) -> list[Line]:
    origins = _origins()
    held = _held(origins)
    made = []
    for one in origins:
        cells = []
        for key in TARGETS:
            target = module(key)
            cells.append(Cell(target, f"{one.key}-{key}", wanted[one.key, key], _offered(one, target), twin(one, target)))
        goals = [(module(key), goal) for key in TARGETS if (goal := _goal(one, key, wanted)) is not None]
        made.append(Line(one, cells, list(_lost(one, goals, held[one.key], look))))
    return made


def _held(origins: list[Field]) -> dict[str, int]:
    """How many open leads hold a value in each field: one look at the table for all of them."""
    if not origins:
        return {}
    leads = module("crm.lead").model._default_manager.filter(deleted_at__isnull=True, converted_at__isnull=True)
    return dict(leads.aggregate(**{one.key: Count("pk", filter=Q(extra__has_key=one.key)) for one in origins}))


def _lost(one: Field, goals: list[tuple[Module, Field]], held: int, look: Look) -> Iterator[str]:
    """Sentences on what conversion would lose of a field."""
    if not goals and held:
        words = ngettext(
            "%(count)d open lead holds a value that would be lost.", "%(count)d open leads hold a value that would be lost.", held
        )
        yield words % {"count": held}
    for target, goal in goals:
        if missing := lacking(one, goal):
            yield _("%(module)s lack these choices: %(choices)s.") % {"module": target.plural, "choices": many(missing, look.language)}


@transaction.atomic
def _save(wanted: Wanted, actor: Actor) -> None:
    """Store what differs; each change is on record."""
    before, labels = _standing(), {one.key: one.label for one in _origins()}
    differing = [slot for slot, value in wanted.items() if before[slot] != value]
    for origin, key in differing:
        value = wanted[origin, key]
        ConversionField.objects.filter(lead_field=origin, target=key).delete()
        row: Any = SimpleNamespace(pk=0)  # taken back: there is no row to name
        if value != AUTO:
            row = ConversionField.objects.create(lead_field=origin, target=key, field=value)
        changes = {"conversion": [_words(key, before[origin, key]), _words(key, value)]}
        emit_one("crm.conversionfield", row, "configured", actor, changes, act="changed", what="crm.lead.", label=labels[origin])
    if differing:
        bump("fields")


def _words(key: str, value: str) -> str:
    target = module(key)
    if value == AUTO:
        return _("%(module)s: the field of the same name") % {"module": target.plural}
    if value == NOWHERE:
        return _("%(module)s: nowhere") % {"module": target.plural}
    return f"{target.plural}: {target.fields[value].label if value in target.fields else value}"
