"""The home currency and what others are worth in it, by day (PLT-7)."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from babel.numbers import format_decimal, get_currency_name, is_currency, list_currencies
from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.actor import Actor
from core.field.kind import WIDE
from core.field.look import Look
from core.money.models import Rate
from core.money.rates import today
from core.organisation.settings import home_currency
from core.record.write import Refused
from core.web.doors import door
from core.web.once import once

from . import actions_rates as actions

LARGEST = Decimal(10) ** 9
PLACES = 8


class RateForm(forms.Form):
    """One rate. The currency is asked for only when it is new."""

    currency = forms.CharField(
        label=lazy("Currency"), max_length=3, help_text=lazy("Three letters, like USD."),
        widget=forms.TextInput(attrs={"list": "currencies", "autocapitalize": "characters", "autocomplete": "off"}),
    )  # fmt: skip
    rate = forms.CharField(
        label=lazy("Worth in the home currency"), max_length=24, help_text=lazy("What one unit of it is worth."),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "num"}),
    )  # fmt: skip
    valid_from = forms.DateField(
        label=lazy("Valid from"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=lazy("Until a later rate begins. The first rate also counts for the days before it."),
    )  # fmt: skip

    def __init__(self, row: Rate | None, data: Any = None) -> None:
        start = {"rate": actions.plain(row.rate), "valid_from": row.valid_from} if row else {"valid_from": today()}
        super().__init__(data, initial=start)
        if row is not None:
            del self.fields["currency"]

    def clean_currency(self) -> str:
        code = str(self.cleaned_data["currency"]).translate(WIDE).strip().upper()
        if not is_currency(code):
            raise forms.ValidationError(_("There is no currency with these letters."))
        if code == home_currency():
            raise forms.ValidationError(_("This is the home currency itself."))
        return code

    def clean_rate(self) -> Decimal:
        try:
            rate = Decimal(str(self.cleaned_data["rate"]).translate(WIDE).replace(",", "").replace(" ", ""))
        except InvalidOperation as error:
            raise forms.ValidationError(_("This is not a number.")) from error
        if not rate.is_finite() or not 0 < rate < LARGEST:
            raise forms.ValidationError(_("Use a number above zero and below a thousand million."))
        if rate != (kept := rate.quantize(Decimal(1).scaleb(-PLACES))):
            raise forms.ValidationError(_("Use %(count)d decimal places at most.") % {"count": PLACES})
        return kept


def _rate_or_404(pk: int) -> Rate:
    row = Rate.objects.filter(pk=pk, home=home_currency()).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    return row


@door(wide=True)
@require_http_methods(["GET", "POST"])
def rates_page(request: HttpRequest) -> HttpResponse:
    """All rates by currency, the newest first, with a form for one more."""
    data = request.POST if request.method == "POST" else None
    form = RateForm(None, data)
    if data is not None and form.is_valid():
        try:
            with once(request, "console.rate") as before:
                if not before.result:
                    before.result = str(actions.add_rate(actor=Actor(request.user), **form.cleaned_data).pk)  # type: ignore[arg-type]
        except Refused as error:
            form.add_error("valid_from", str(error))
        else:
            messages.success(request, _("The rate is there; sums count with it from now on."))
            return HttpResponseRedirect(reverse("console-rates"))
    look = Look.of(request.user)  # type: ignore[arg-type]
    rows = list(Rate.objects.filter(home=home_currency()).order_by("currency", "-valid_from"))
    context = {"look": look, "form": form, "lines": _lines(rows, look), "home": _name(home_currency(), look), "codes": _codes(look)}
    return render(request, "admin_console/rates.html", context, status=422 if form.is_bound else 200)


def _name(code: str, look: Look) -> str:
    """JPY as people call it: Japanese Yen (JPY)."""
    return _("%(name)s (%(code)s)") % {"name": get_currency_name(code, locale=look.language), "code": code}


def _codes(look: Look) -> list[tuple[str, str]]:
    return [(code, get_currency_name(code, locale=look.language)) for code in sorted(list_currencies(look.language))]


def _lines(rows: list[Rate], look: Look) -> list[dict[str, Any]]:
    """Each rate with what it means in words, and whether it holds today."""
    made, held, now = [], set(), today()
    for row in rows:
        state = "later" if row.valid_from > now else "past" if row.currency in held else "now"
        held |= {row.currency} if state == "now" else set()
        worth = f"{format_decimal(row.rate, format='#,##0.########', locale=look.language)} {home_currency()}"
        made.append({"row": row, "name": _name(row.currency, look), "worth": worth, "state": state, "day": look.day(row.valid_from)})
    return made


@door(wide=True)
@require_http_methods(["GET", "POST"])
def edit_rate(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a rate: figures of the past that counted with it change, too."""
    row = _rate_or_404(pk)
    form = RateForm(row, request.POST if request.method == "POST" else None)
    look = Look.of(request.user)  # type: ignore[arg-type]
    if form.is_bound and form.is_valid():
        try:
            actions.change_rate(row, actor=Actor(request.user), **form.cleaned_data)  # type: ignore[arg-type]
        except Refused as error:
            form.add_error("valid_from", str(error))
        else:
            messages.success(request, _("Saved: %(title)s") % {"title": _name(row.currency, look)})
            return HttpResponseRedirect(reverse("console-rates"))
    context = {"look": look, "form": form, "row": row, "name": _name(row.currency, look)}
    return render(request, "admin_console/rate.html", context, status=422 if form.is_bound else 200)


@door(wide=True)
@require_POST
def delete_rate(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rate away. The audit log keeps it, so that it can be entered again."""
    row = _rate_or_404(pk)
    actions.delete_rate(row, actor=Actor(request.user))  # type: ignore[arg-type]
    messages.success(request, _("The rate is deleted. The audit log keeps what it was."))
    return HttpResponseRedirect(reverse("console-rates"))
