"""The organisation's own page: who we are, our language, zone, years and hours, our logo; and what single apps have otherwise
(ADM-5). The account admin changes it, app admins what their apps have otherwise (ADM-2, rows 2 and 3)."""

from __future__ import annotations

import re
from typing import Any

from babel.numbers import get_currency_name, list_currencies
from django import forms
from django.core.exceptions import PermissionDenied
from django.core.validators import URLValidator
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.crypto import get_random_string
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock
from core.access.levels import WHOLE, may
from core.access.models import LANGUAGES, User
from core.actor import Actor
from core.field.look import Look
from core.files.pictures import previews
from core.organisation.fiscal import fiscal_label, year_of
from core.organisation.models import AppSetting, Organisation
from core.organisation.settings import PER_APP, home_currency, may_differ, organisation, own_settings
from core.record.write import Refused
from core.stamps import bump
from core.web.doors import door
from core.web.menu import app_label
from core.web.personal import zones

from . import said
from .acts import act
from .app_pages import shown_apps
from .pages import to, tried

DAYS = (
    ("0", lazy("Monday")), ("1", lazy("Tuesday")), ("2", lazy("Wednesday")), ("3", lazy("Thursday")),
    ("4", lazy("Friday")), ("5", lazy("Saturday")), ("6", lazy("Sunday")),
)  # fmt: skip
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
LOGO_MB, LOGO_SIDE = 5, 256


def _web(address: str) -> str:
    """An address people outside open: https, and http for tries at home."""
    URLValidator(schemes=["https", "http"], message=_("Write the whole address, beginning with https://."))(address)
    return address.rstrip("/")


class _Hours:
    """The fields of business hours: two times a day, both empty on a day off."""

    fields: dict[str, forms.Field]

    def add_hours(self, held: dict[str, list[str]]) -> None:
        for key, label in DAYS:
            for at, words in ((0, lazy("from")), (1, lazy("to"))):
                attrs = {"type": "time", "aria-label": f"{label}: {words}"}
                start = held[key][at] if key in held else ""
                self.fields[f"h{key}{at}"] = forms.CharField(
                    label=label, required=False, max_length=5, initial=start, widget=forms.TextInput(attrs=attrs)
                )

    def hour_rows(self) -> list[Any]:
        """(day, from, to) for the page."""
        return [(label, self[f"h{key}0"], self[f"h{key}1"]) for key, label in DAYS if f"h{key}0" in self.fields]  # type: ignore[index]

    def plain(self) -> list[Any]:
        """The fields without the hours."""
        return [self[name] for name in self.fields if not re.fullmatch(r"h\d[01]", name)]  # type: ignore[index]

    def hours_of(self, values: dict[str, Any]) -> dict[str, list[str]]:
        """As they are stored; what is wrong is put at its field."""
        made = {}
        for key, _label in DAYS:
            pair = [values.pop(f"h{key}{at}", "") or "" for at in (0, 1)]
            if not any(pair):
                continue
            found = [_TIME.fullmatch(one) for one in pair]
            if not all(found):
                self.add_error(f"h{key}0", _("Write both times, such as 9:00 and 18:00, or leave both empty."))  # type: ignore[attr-defined]
                continue
            times = [f"{int(one[1]):02}:{one[2]}" for one in found if one]
            if times[0] >= times[1]:
                self.add_error(f"h{key}1", _("The day ends before it begins."))  # type: ignore[attr-defined]
            made[key] = times
        return made


class OrganisationForm(_Hours, forms.ModelForm):
    language = forms.ChoiceField(
        label=lazy("Language"), choices=LANGUAGES, help_text=lazy("What new people begin with, and what stands below mails.")
    )
    time_zone = forms.ChoiceField(
        label=lazy("Time zone"), help_text=lazy("What new people begin with. Days of rules, rates and business hours begin and end in it.")
    )
    currency = forms.ChoiceField(
        label=lazy("Currency"),
        required=False,
        help_text=lazy("Sums are told in it. Amounts keep the currency they have; those that name none are read in this one."),
    )
    portal_url = forms.CharField(
        label=lazy("Portal address"), max_length=200, required=False, widget=forms.URLInput,
        help_text=lazy("Where customers find you, such as https://support.example.com: below mails to many, and where they stop them."),
    )  # fmt: skip

    class Meta:
        model = Organisation
        fields = ("name", "portal_url", "address", "language", "time_zone", "currency", "fiscal_month", "honorific")

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["time_zone"].choices = zones()  # type: ignore[attr-defined]
        names = sorted(get_currency_name(code, locale=get_language() or "en") + f" ({code})" for code in list_currencies("en"))
        choices = [(name[-4:-1], name) for name in names]
        self.fields["currency"].choices = choices  # type: ignore[attr-defined]
        self.fields["address"].widget.attrs["rows"] = 3
        self.fields["name"].help_text = _("On the sign-in page, in mails and on prints.")
        self.fields["address"].help_text = _("Stands below mails to many.")
        self.fields["fiscal_month"].help_text = _("“This fiscal year” and quarters in filters and reports follow it, in all apps.")
        self.add_hours(organisation().hours)

    def clean_currency(self) -> str:
        return self.cleaned_data["currency"] or home_currency()

    def clean_portal_url(self) -> str:
        return _web(self.cleaned_data["portal_url"]) if self.cleaned_data["portal_url"] else ""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        values["hours"] = self.hours_of(values)
        return values


class AppForm(_Hours, forms.Form):
    """What an app has otherwise; what stays empty follows the organisation."""

    name = forms.CharField(label=lazy("Name"), max_length=120, required=False)
    portal_url = forms.CharField(label=lazy("Portal address"), max_length=200, required=False, widget=forms.URLInput)
    address = forms.CharField(label=lazy("Address"), max_length=400, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    language = forms.ChoiceField(label=lazy("Language"), required=False)
    time_zone = forms.ChoiceField(label=lazy("Time zone"), required=False)

    def __init__(self, app: str, *args: Any, **more: Any) -> None:
        held = own_settings(app)
        super().__init__(*args, initial={name: held.get(name, "") for name in PER_APP}, **more)
        whole = organisation()
        as_all = lazy("As the organisation")
        self.fields["language"].choices = [("", as_all), *LANGUAGES]  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = [("", as_all), *zones()]  # type: ignore[attr-defined]
        for name in ("name", "portal_url", "address"):
            self.fields[name].widget.attrs["placeholder"] = getattr(whole, name)
        asked = may_differ(app)
        for name in set(self.fields) - set(asked):
            del self.fields[name]
        if "hours" in asked:
            self.add_hours(held.get("hours", {}))

    def clean_portal_url(self) -> str:
        return _web(self.cleaned_data["portal_url"]) if self.cleaned_data["portal_url"] else ""

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        values["hours"] = self.hours_of(values)
        return {name: value for name, value in values.items() if value}


def save(values: dict[str, Any], *, actor: Actor) -> None:
    """Change the organisation (rows 2 and 3)."""
    with act("organisation", actor, said.ORGANISATION, target=organisation()) as done:
        row, _made = Organisation.objects.select_for_update().get_or_create(pk=1)
        for name, value in values.items():
            done.changed(name, getattr(row, name), value)
            setattr(row, name, value)
        row.save()
        bump("organisation")
        bump("rates")


def save_app(app: str, values: dict[str, Any], *, actor: Actor) -> None:
    """Change what one app has otherwise (rows 2 and 3: own apps)."""
    with act("organisation", actor, said.APP_SETTINGS, target=organisation(), apps={app}) as done:
        held, asked = own_settings(app), may_differ(app)
        done.detail["app"] = app
        for name in asked:
            done.changed(name, held.get(name), values.get(name))
        AppSetting.objects.update_or_create(pk=app, defaults={"values": {name: values[name] for name in asked if name in values}})
        bump("organisation")


@door(admin=True)
@require_http_methods(["GET", "POST"])
def organisation_page(request: HttpRequest) -> HttpResponse:
    """Everybody of the console reads it; the account admin saves it."""
    user: User = request.user  # type: ignore[assignment]
    mine = may(user, "organisation", WHOLE)
    if request.method == "POST" and not mine:
        raise PermissionDenied
    row = organisation()
    kept = {name: getattr(row, name) for name in OrganisationForm.Meta.fields}
    kept |= {"language": row.language or "en", "time_zone": row.time_zone or user.time_zone, "currency": home_currency()}
    form = OrganisationForm(request.POST if request.method == "POST" else None, initial=kept, instance=Organisation(pk=1))
    if request.method == "POST" and form.is_valid():
        values = {name: form.cleaned_data[name] for name in (*OrganisationForm.Meta.fields, "hours")}
        tried(request, lambda: save(values, actor=Actor(user)), _("Saved."))
        return HttpResponseRedirect(request.path)
    look = Look.of(user)
    today = clock.now().astimezone(look.zone).date()
    context = {
        "look": look,
        "form": form,
        "year": fiscal_label(year_of(today)),
        "begins": look.day(year_of(today)),
        "mine": mine,
        "row": row,
        "currency": home_currency(),
        "app_list": [(app, app_label(app), len(own_settings(app))) for app in shown_apps(user) if may(user, "organisation", {app})],
    }
    return render(request, "admin_console/organisation.html", context, status=422 if form.is_bound else 200)


@door(admin=True)
@require_http_methods(["GET", "POST"])
def app_settings_page(request: HttpRequest, app: str) -> HttpResponse:
    """What one app has otherwise."""
    user: User = request.user  # type: ignore[assignment]
    if app not in shown_apps(user):
        raise Http404
    if not may(user, "organisation", {app}):
        raise PermissionDenied
    form = AppForm(app, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        tried(request, lambda: save_app(app, form.cleaned_data, actor=Actor(user)), _("Saved."))
        return to("console-organisation")
    context = {"look": Look.of(user), "form": form, "label": app_label(app), "app": app}
    return render(request, "admin_console/app_settings.html", context, status=422 if form.is_bound else 200)


@door(admin=True)
@require_POST
def logo_view(request: HttpRequest) -> HttpResponse:
    """Put the logo there or take it off: drawn anew by us, never the bytes somebody sent."""
    user: User = request.user  # type: ignore[assignment]
    if not may(user, "organisation", WHOLE):
        raise PermissionDenied
    tried(request, lambda: set_logo(None if "remove" in request.POST else request.FILES.get("logo", ""), actor=Actor(user)), _("Saved."))
    return to("console-organisation")


@transaction.atomic
def set_logo(upload: Any, *, actor: Actor) -> None:
    """None takes the logo off. Raises Refused for what is no picture."""
    if upload == "":
        raise Refused(_("Choose a picture first."))
    if upload is not None and upload.size > LOGO_MB * 1024 * 1024:
        raise Refused(_("A photo may have up to %(limit)d MB.") % {"limit": LOGO_MB})
    drawn = previews(upload, (LOGO_SIDE,))[LOGO_SIDE] if upload is not None else None
    with act("organisation", actor, said.ORGANISATION, target=organisation()) as done:
        row, _made = Organisation.objects.select_for_update().get_or_create(pk=1)
        done.detail["logo"] = drawn is not None
        row.logo, row.logo_stamp = drawn, get_random_string(12) if drawn else ""
        row.save(update_fields=["logo", "logo_stamp"])
        bump("organisation")


@door(open=True)
@require_GET
def logo_file(request: HttpRequest, stamp: str) -> HttpResponse:
    """The logo's bytes; its address names the one picture, so a browser may keep it."""
    row = organisation()
    if not row.logo or row.logo_stamp != stamp:
        raise Http404
    answer = HttpResponse(bytes(row.logo), content_type="image/webp")
    answer.headers["Cache-Control"] = "private, max-age=86400, immutable"
    return answer
