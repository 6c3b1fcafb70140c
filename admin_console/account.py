"""Who looks after the account: offered by an account admin, who gives the password again, and confirmed by the other person
(ADM-1, row 1)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.access.levels import FURTHER, LEVELS, OPERATIONS, may, words_of
from core.access.models import AppAccess, User
from core.actor import Actor
from core.field.look import Look
from core.notify.tell import notify
from core.record.write import Refused
from core.web.doors import door
from core.web.menu import given_apps

from . import people, queries, said
from .acts import act, fresh
from .again import AgainForm
from .models import AccountOffer
from .pages import to, tried

GOOD_FOR = timedelta(days=7)
STAYS = (("leave", lazy("I become a suite admin")), ("stay", lazy("I stay an account admin, too")))


def standing_offer() -> AccountOffer | None:
    """The open offer, unless its time is over."""
    return AccountOffer.objects.select_related("by", "to").filter(open=True, ends_at__gt=clock.now()).first()


def offer(person: User, leaves: bool, *, actor: Actor) -> AccountOffer:
    """Offer the account to somebody; an older offer is worth nothing from now on."""
    with act("account_admin", actor, said.OFFERED, target=person) as done:
        held = fresh(person)
        if not held.is_active or held.level == "account":
            raise Refused(_("Choose somebody who is active and no account admin yet."))
        AccountOffer.objects.filter(open=True).update(open=False)
        now = clock.now()
        row = AccountOffer.objects.create(by=done.by, to=held, leaves=leaves, made_at=now, ends_at=now + GOOD_FOR)
        done.detail["leaves"] = leaves
        notify(held, "console.account", row, key=f"account:{row.pk}")
    return row


def take_back(*, actor: Actor) -> None:
    """The open offer is worth nothing from now on."""
    with act("account_admin", actor, said.OFFER_BACK) as done:
        row = AccountOffer.objects.filter(open=True).first()
        if row is not None:
            AccountOffer.objects.filter(pk=row.pk).update(open=False)
            done.detail["to"] = str(row.to)


def accept(row: AccountOffer, *, person: User) -> None:
    """The other person says yes: the account is theirs, and the one who offered leaves or stays. Done in the name of the one
    who offered, whose right it is; it holds only while they still are an account admin."""
    try:
        with act("account_admin", Actor(row.by), said.ACCEPTED, target=person) as done:
            held = AccountOffer.objects.select_for_update().get(pk=row.pk)
            if not held.open or held.to_id != person.pk or held.ends_at <= clock.now():
                raise Refused(_("This offer is not open any more."))
            done.changed("level", fresh(person).level, "account")
            User.objects.filter(pk=person.pk).update(level="account")
            has = people.reach(person)
            AppAccess.objects.bulk_create([AppAccess(user=person, app=app) for app in given_apps() if app not in has])
            if held.leaves:
                User.objects.filter(pk=row.by_id).update(level="suite")
                done.detail["leaves"] = str(row.by)
            AccountOffer.objects.filter(pk=row.pk).update(open=False)
    except PermissionDenied as error:
        raise Refused(_("This offer is not open any more.")) from error


def decline(row: AccountOffer, *, person: User) -> None:
    """The other person says no."""
    AccountOffer.objects.filter(pk=row.pk, to=person, open=True).update(open=False)


class OfferForm(AgainForm):
    """To whom, what becomes of oneself, and the password."""

    to = forms.ModelChoiceField(User.objects.none(), label=lazy("Offer to"), empty_label=lazy("Choose a person"))
    then = forms.ChoiceField(label=lazy("When they have said yes"), choices=STAYS, initial="leave", widget=forms.RadioSelect)
    field_order = ("to", "then", "password")

    def __init__(self, user: User, *args: Any, **more: Any) -> None:
        super().__init__(user, *args, **more)
        here = User.objects.filter(is_active=True).exclude(level="account").order_by("family_name", "given_name")
        self.fields["to"].queryset = here  # type: ignore[attr-defined]


@door(wide=True)
@require_http_methods(["GET", "POST"])
def account_page(request: HttpRequest) -> HttpResponse:
    """Who looks after the account and the suite; POST offers the account to somebody."""
    user: User = request.user  # type: ignore[assignment]
    mine = may(user, "account_admin")
    if request.method == "POST" and not mine:
        raise PermissionDenied
    form, problem = OfferForm(user, request.POST if request.method == "POST" else None), ""
    if request.method == "POST" and form.is_valid():
        try:
            row = offer(form.cleaned_data["to"], form.cleaned_data["then"] == "leave", actor=Actor(user))
        except Refused as error:
            problem = str(error)
        else:
            tried(request, lambda: None, _("%(name)s was asked and has a week to say yes.") % {"name": row.to})
            return to("console-account")
    everybody = queries.present(User.objects.all()).order_by("family_name", "given_name")
    context = {
        "look": Look.of(user),
        "form": form,
        "problem": problem,
        "mine": mine,
        "table": [
            (one.label, *(words_of(one, one.cell(level)) for level in (*LEVELS, ""))) for one in (*OPERATIONS.values(), *FURTHER.values())
        ],
        "offer": standing_offer(),
        "account": list(everybody.filter(level="account")),
        "suite": list(everybody.filter(level="suite")),
        "app_list": AppAccess.objects.filter(is_admin=True, user__level="", user__deleted_at__isnull=True)
        .values("user")
        .distinct()
        .count(),
    }
    return render(request, "admin_console/account.html", context, status=422 if form.is_bound else 200)


@door(wide=True)
@require_http_methods(["GET", "POST"])
def stand_down_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the account from one of several account admins."""
    user: User = request.user  # type: ignore[assignment]
    if not may(user, "account_admin"):
        raise PermissionDenied
    person = get_object_or_404(User, pk=pk, level="account")
    form, problem = AgainForm(user, request.POST if request.method == "POST" else None), ""
    if request.method == "POST" and form.is_valid():
        try:
            people.stand_down(person, actor=Actor(user))
            return to("console-account")
        except Refused as error:
            problem = str(error)
    context = {"look": Look.of(user), "person": person, "form": form, "problem": problem}
    return render(request, "admin_console/stand_down.html", context, status=422 if form.is_bound else 200)


@door(wide=True)
@require_POST
def take_back_view(request: HttpRequest) -> HttpResponse:
    take_back(actor=Actor(request.user))  # type: ignore[arg-type]
    return to("console-account")


@door()
@require_http_methods(["GET", "POST"])
def offer_page(request: HttpRequest, pk: int) -> HttpResponse:
    """What the other person sees: yes or no."""
    row = get_object_or_404(AccountOffer.objects.select_related("by", "to"), pk=pk, to=request.user)
    if request.method == "POST":
        if request.POST.get("do") == "no":
            decline(row, person=request.user)  # type: ignore[arg-type]
            return to("root")
        yes = AgainForm(request.user, request.POST)  # type: ignore[arg-type]
        if not yes.is_valid():
            return _shown(request, row, yes, 422)
        if tried(request, lambda: accept(row, person=request.user), _("You look after the account now.")):  # type: ignore[arg-type]
            return to("console-account")
        return to("console-offer", pk)
    return _shown(request, row, AgainForm(request.user), 200)  # type: ignore[arg-type]


def _shown(request: HttpRequest, row: AccountOffer, form: AgainForm, status: int) -> HttpResponse:
    is_open = row.open and row.ends_at > clock.now()
    context = {"look": Look.of(request.user), "offer": row, "form": form, "is_open": is_open}  # type: ignore[arg-type]
    return render(request, "admin_console/offer.html", context, status=status)
