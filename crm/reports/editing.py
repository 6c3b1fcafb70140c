"""Saving, sharing, pinning and deleting reports; setting targets."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.access.gate import rights
from core.access.models import User
from core.criteria.words import group_words
from core.field.field import from_column
from core.field.look import Look
from core.module.models import ViewChoice
from core.organisation.fiscal import months_on
from core.organisation.settings import home_currency
from core.report.shown import bucket_label
from core.text.numbers import whole
from core.web import reach
from core.web.doors import door
from core.web.once import once

from .models import Report, Target
from .pages import asked_for, known_or_404
from .shipped import CHOICES, Known, report


class ReportForm(forms.ModelForm):
    """Name and reach of a report; what it shows comes from the page it is saved from."""

    class Meta(reach.Reach):
        model = Report

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reach.offer(self.fields, user, "reports_all")


@door(app="crm")
@require_http_methods(["GET", "POST"])
def save(request: HttpRequest, key: str) -> HttpResponse:
    """Keep a report as it stands in the address: under a new name, or one's own under the name it has."""
    known = known_or_404(request, key)
    user: Any = request.user
    if known.fixed:
        raise Http404
    definition = asked_for(request, known)
    mine = known.saved if known.mine and "new" not in request.GET else None
    if definition.broken:
        messages.error(request, definition.broken)
        return HttpResponseRedirect(reverse("crm-reports"))
    if request.method == "POST" and "keep" in request.POST:
        if mine is None:
            raise PermissionDenied
        mine.definition = definition.stored()
        mine.save(update_fields=["definition"])
        messages.success(request, _("Saved: %(title)s") % {"title": mine.name})
        return HttpResponseRedirect(_address(mine))
    start = {"shared": "me", "name": "" if known.key == "new" else str(known.label)}
    form = ReportForm(request.POST or None, user=user, instance=mine, initial=None if mine else start)
    if request.method == "POST" and form.is_valid():
        return HttpResponseRedirect(_kept(request, form, known, definition.stored()))
    words = group_words(definition.criteria, Look.of(user))
    context = {"known": known, "definition": definition, "form": form, "criteria": words, "mine": mine}
    return render(request, "crm/report_form.html", context, status=422 if form.is_bound else 200)


def _kept(request: HttpRequest, form: ReportForm, known: Known, stored: dict[str, Any]) -> str:
    with once(request, f"crm.report:{known.key}") as before:
        if before.result:
            return before.result
        row = form.save(commit=False)
        if row.pk is None:
            row.owner, row.module = request.user, known.module
        row.definition = stored
        row.save()
        form.save_m2m()
        before.result = _address(row)
    messages.success(request, _("Saved: %(title)s") % {"title": row.name})
    return before.result


def _address(row: Report) -> str:
    return reverse("crm-report", args=[f"r{row.pk}"])


@door(app="crm")
@require_POST
def delete(request: HttpRequest, key: str) -> HttpResponse:
    """Delete a report of one's own. Records are untouched."""
    user: Any = request.user
    known = report(user, key)
    if known is None:
        raise Http404
    if known.saved is None or not known.mine:
        raise PermissionDenied
    with transaction.atomic():
        ViewChoice.objects.filter(module=CHOICES, view=key).delete()
        known.saved.delete()
    messages.success(request, _("The report “%(name)s” was deleted.") % {"name": known.label})
    return HttpResponseRedirect(reverse("crm-reports"))


@door(app="crm")
@require_POST
def pin(request: HttpRequest, key: str) -> HttpResponse:
    """Put a report on one's home page; again takes it off."""
    user: Any = request.user
    known = report(user, key)
    if known is None:
        raise Http404
    ViewChoice.objects.update_or_create(user=user, module=CHOICES, view=key, defaults={"pinned": not known.pinned})
    back = reverse("crm-home") if request.POST.get("back") == "home" else reverse("crm-report", args=[key])
    return HttpResponseRedirect(back)


def _year(request: HttpRequest, today: date) -> int:
    asked = request.GET.get("year", "")
    return whole(asked) if 2000 <= whole(asked) <= 2100 else today.year


def _people(user: User, *, edit: bool = False) -> list[User]:
    """Whose targets one may see: one's own and those below; all for who sees all. Set them: those below, or all by right."""
    held = rights(user)
    active = User.objects.filter(is_active=True).order_by("family_name", "given_name", "pk")
    if held.feature("settings") or (held.feature("see_all") and not edit):
        return list(active.filter(apps__app="crm"))
    return list(active.filter(pk__in=held.team if edit else [user.pk, *held.team]))


@door(app="crm")
@require_http_methods(["GET", "POST"])
def targets(request: HttpRequest) -> HttpResponse:
    """What each person is to win in each month of a year, in the home currency."""
    user: Any = request.user
    look = Look.of(user)
    year = _year(request, clock.now().astimezone(look.zone).date())
    months = [months_on(date(year, 1, 1), n) for n in range(12)]
    people, mine = _people(user), {one.pk for one in _people(user, edit=True)}
    held = {(t.owner_id, t.month): t for t in Target.objects.filter(owner__in=people, month__in=months, currency=home_currency())}
    errors: dict[str, str] = {}
    if request.method == "POST":
        if not mine:
            raise PermissionDenied
        errors = _set(request, [one for one in people if one.pk in mine], months, held)
        if not errors:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(f"{request.path}?year={year}")
    rows = [_target_row(request, one, months, held, look, errors, one.pk in mine) for one in people]
    context = {
        "year": year,
        "months": [bucket_label("month", m, look) for m in months],
        "rows": rows,
        "look": look,
        "may": bool(mine),
        "home": home_currency(),
        "wrong": errors,
    }
    return render(request, "crm/targets.html", context, status=422 if errors else 200)


def _name(owner: int, month: date) -> str:
    return f"t{owner}-{month:%Y-%m}"


def _set(request: HttpRequest, people: list[User], months: list[date], held: dict[tuple[int, date], Target]) -> dict[str, str]:
    """Store what was typed, all of it or nothing; an empty cell takes a target away."""
    kind, errors, wanted = from_column("crm.deal", Target._meta.get_field("amount")), {}, {}
    for one in people:
        for month in months:
            name = _name(one.pk, month)
            if name not in request.POST:
                continue
            try:
                wanted[one.pk, month] = kind.clean(request.POST[name])
                if wanted[one.pk, month] is not None and wanted[one.pk, month] < 0:
                    raise ValidationError(_("Use a number of zero or more."))
            except ValidationError as error:
                errors[name] = " ".join(error.messages)
    if errors:
        return errors
    with transaction.atomic():
        for (owner, month), amount in wanted.items():
            row = held.get((owner, month))
            if amount is None and row:
                row.delete()
            elif amount is not None and (row is None or row.amount != amount):
                Target.objects.update_or_create(owner_id=owner, month=month, currency=home_currency(), defaults={"amount": amount})
    return {}


def _target_row(
    request: HttpRequest, one: User, months: list[date], held: dict[tuple[int, date], Target], look: Look, errors: dict[str, str], may: bool
) -> dict[str, Any]:
    cells, total = [], Decimal(0)
    for month in months:
        row, name = held.get((one.pk, month)), _name(one.pk, month)
        total += row.amount if row else 0
        shown = look.number(row.amount) if row else ""
        cells.append(
            {
                "name": name,
                "value": request.POST.get(name, shown),
                "text": look.money(row.amount, row.currency) if row else "—",
                "error": errors.get(name, ""),
            }
        )
    titles = [bucket_label("month", month, look) for month in months]
    return {"person": one, "cells": list(zip(titles, cells, strict=True)), "total": look.money(total, home_currency()), "may": may}
