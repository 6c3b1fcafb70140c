"""Who can see a record and why, and sharing it by hand (PLT-24, ADM-12)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.access import explain, parties, sharing
from core.access.audience import everybody
from core.access.gate import can, rights
from core.access.models import LEVELS, Share, User
from core.actor import Actor
from core.field.look import Look
from core.module.module import Module
from core.record.write import Refused
from core.text.fold import fold
from core.text.numbers import whole
from core.web.doors import door
from core.web.pages import module_or_404, record_or_404

SHOWN = 50


class ShareForm(forms.Form):
    """With whom, for what, until when."""

    whom = forms.ChoiceField(label=lazy("With whom"))
    level = forms.ChoiceField(label=lazy("They may"), choices=LEVELS, initial="read", widget=forms.RadioSelect)
    until = forms.DateField(
        label=lazy("Until"),
        required=False,
        help_text=lazy("The last day. Left empty, until somebody takes it back."),
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )

    def __init__(self, *args: Any, user: User, but: int | None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.user = user
        people = [one for one in parties.choices("user") if one[0] != f"user:{but}"]
        found = [
            ("", _("Choose …")),
            (_("People"), people),
            (_("Groups"), parties.choices("group")),
            (_("Roles"), parties.choices("role")),
            (_("Roles and those below"), parties.choices("below")),
        ]
        self.fields["whom"].choices = [one for one in found if not isinstance(one[1], list) or one[1]]  # type: ignore[attr-defined]

    def clean_until(self) -> date | None:
        day: date | None = self.cleaned_data["until"]
        if day and day.year > 9000:  # the end of the last day of all cannot be said
            raise ValidationError(self.fields["until"].error_messages["invalid"], code="invalid")
        return day

    def end(self) -> datetime | None:
        """The end of the last day, where its reader is."""
        day = self.cleaned_data["until"]
        return datetime.combine(day + timedelta(days=1), time.min, Look.of(self.user).zone) if day else None


def may_look(user: User, module: Module, record: Any) -> bool:
    """Who may edit a record, and whoever administers something, may ask who sees it."""
    return can(user, module, "edit", record) or rights(user).is_admin


@door()
@require_http_methods(["GET", "POST"])
def sharing_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """With whom a record is shared, everybody who can see it with the reasons, and the answer about one person. POST shares it."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    user: Any = request.user
    if not may_look(user, module, record):
        raise PermissionDenied
    may = can(user, module, "edit", record)
    form = ShareForm(request.POST if request.method == "POST" else None, user=user, but=record.owner_id)
    if request.method == "GET":
        return render(request, "record/sharing.html", _page(request, module, record, form, may))
    if not may:
        raise PermissionDenied
    if form.is_valid():
        try:
            row = sharing.share(record, form.cleaned_data["whom"], form.cleaned_data["level"], actor=Actor(user), until=form.end())
        except Refused as error:
            form.add_error(None, str(error))
        else:
            messages.success(request, _("Shared with %(name)s.") % {"name": parties.label(row.whom)})
            return HttpResponseRedirect(module.url(pk, "sharing"), status=303)
    return render(request, "record/sharing.html", _page(request, module, record, form, may), status=422)


def _page(request: HttpRequest, module: Module, record: Any, form: ShareForm, may: bool) -> dict[str, Any]:
    look = Look.of(request.user)  # type: ignore[arg-type]
    reader: Any = request.user
    found, q = explain.people(module, record, reader=reader), request.GET.get("q", "").strip()[:60]
    shown = [one for one in found if fold(q) in fold(f"{one[0].family_name} {one[0].given_name} {one[0]} {one[0].email}")]
    page = Paginator(shown, SHOWN).get_page(request.GET.get("page"))
    return {
        "module": module,
        "record": record,
        "form": form,
        "may": may,
        "look": look,
        "shares": [(one, parties.label(one.whom), parties.last_day(one.until, look)) for one in sharing.shares_of(module, record.pk)],
        "count": len(found),
        "page": page,
        "q": q,
        "lines": [(user, answer, can(user, module, "edit", record)) for user, answer in page],
        **_asked(request, module, record),
    }


def _asked(request: HttpRequest, module: Module, record: Any) -> dict[str, Any]:
    """The answer about one person, if the address names one."""
    reader: Any = request.user
    people = {one.pk: one for one in everybody()}
    person = people.get(whole(request.GET.get("person", "")) or 0)
    answers = []
    if person is not None:
        answers = [(explain.RIGHT_WORDS[name], explain.record(person, module, record, name, reader=reader)) for name in ("view", "edit")]
    return {"people": list(people.values()), "person": person, "answers": answers}


@door()
@require_POST
def end_share(request: HttpRequest, app: str, path: str, pk: int, share: int) -> HttpResponse:
    """Take a share back. What is over already is over."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk, "edit")
    row = Share.objects.filter(pk=share, module=module.key, record_id=record.pk).first() if share < 2**63 else None
    if row is None:
        raise Http404
    name = parties.label(row.whom)
    user: Any = request.user
    sharing.take_back(row, actor=Actor(user))
    messages.success(request, _("No longer shared with %(name)s.") % {"name": name})
    still = can(User.objects.anew(user.pk), module, "edit", record)
    return HttpResponseRedirect(module.url(pk, "sharing") if still else module.url(), status=303)
