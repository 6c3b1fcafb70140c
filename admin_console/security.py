"""What the house demands of its people, the sign-in log, and where somebody is signed in (ADM-8)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.models import Profile, Role, User
from core.actor import Actor
from core.field.look import Look
from core.record.write import Refused
from core.signin import credentials, factor, invitations, log, policy, sessions
from core.signin.models import SignInTry
from core.signin.origin import here
from core.text.numbers import whole
from core.web.confirming import Confirmed
from core.web.doors import door

from . import adding
from .pages import to
from .states import INVITED, state_of

SHOWN = 100
_IDLE = [(15, lazy("15 minutes")), (30, lazy("30 minutes")), (60, lazy("1 hour")), (240, lazy("4 hours")), (480, lazy("8 hours")),
         (1440, lazy("1 day")), (10080, lazy("7 days")), (0, lazy("never"))]  # fmt: skip
_ABSOLUTE = [(8, lazy("8 hours")), (12, lazy("12 hours")), (24, lazy("1 day")), (168, lazy("7 days")), (336, lazy("14 days"))]
_LEVELS = [("account", lazy("Account admins")), ("suite", lazy("Suite admins"))]

_WAYS = {
    "password": lazy("password"),
    "passkey": lazy("passkey"),
    "totp": lazy("app"),
    "webauthn": lazy("passkey"),
    "recovery_codes": lazy("recovery code"),
    "invitation": lazy("invitation"),
    "setup": lazy("set-up"),
    "code": lazy("code"),
    "mfa": lazy("second step"),
}


class PolicyForm(Confirmed):
    least_length = forms.IntegerField(
        label=lazy("Shortest password"),
        help_text=lazy("In characters, 8 to 64. Common passwords are refused anyway."),
        min_value=8,
        max_value=64,
    )
    levels = forms.MultipleChoiceField(
        label=lazy("Second step for admins"), choices=_LEVELS, required=False, widget=forms.CheckboxSelectMultiple
    )
    profiles = forms.MultipleChoiceField(label=lazy("Second step by profile"), required=False, widget=forms.CheckboxSelectMultiple)
    roles = forms.MultipleChoiceField(label=lazy("Second step by role"), required=False, widget=forms.CheckboxSelectMultiple)
    idle_minutes = forms.TypedChoiceField(label=lazy("Sign out who does nothing for"), choices=_IDLE, coerce=int)
    absolute_hours = forms.TypedChoiceField(label=lazy("Ask everybody to sign in again after"), choices=_ABSOLUTE, coerce=int)
    networks = forms.CharField(
        label=lazy("Allowed networks"),
        help_text=lazy("One a line, as 203.0.113.0/24 or 2001:db8::/32. Empty: from everywhere."),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["profiles"].choices = [(str(one.pk), str(one)) for one in Profile.objects.order_by("-built_in", "name")]  # type: ignore[attr-defined]
        self.fields["roles"].choices = [(str(one.pk), str(one)) for one in Role.objects.order_by("path")]  # type: ignore[attr-defined]

    def clean_networks(self) -> list[str]:
        found: list[str] = []
        for number, line in enumerate(self.cleaned_data["networks"].split("\n"), 1):
            if not line.strip():
                continue
            try:
                found.append(policy.network(line))
            except ValueError as error:
                raise ValidationError(
                    _("Line %(number)d is no network: %(text)s") % {"number": number, "text": line.strip()[:60]}
                ) from error
        return list(dict.fromkeys(found))

    def values(self) -> dict[str, Any]:
        """As `policy.change` takes them."""
        told = self.cleaned_data
        wanted = {"levels": told["levels"], "profiles": [int(pk) for pk in told["profiles"]], "roles": [int(pk) for pk in told["roles"]]}
        return {
            "least_length": told["least_length"],
            "idle_minutes": told["idle_minutes"],
            "absolute_hours": told["absolute_hours"],
            "networks": told["networks"],
            "factor_for": {name: value for name, value in wanted.items() if value},
        }


def _kept() -> dict[str, Any]:
    now = policy.policy()
    wanted = now.factor_for
    return {
        "least_length": now.least_length,
        "idle_minutes": now.idle_minutes,
        "absolute_hours": now.absolute_hours,
        "networks": "\n".join(now.networks),
        "levels": wanted.get("levels", []),
        "profiles": [str(pk) for pk in wanted.get("profiles", [])],
        "roles": [str(pk) for pk in wanted.get("roles", [])],
    }


@door(wide=True)
@require_http_methods(["GET", "POST"])
def security_page(request: HttpRequest) -> HttpResponse:
    form = PolicyForm(request.POST or None, initial=_kept(), request=request)
    if request.method == "POST" and form.is_valid():
        try:
            policy.change(Actor(request.user), address=here(), **form.values())  # type: ignore[arg-type]
        except Refused as refused:
            form.add_error("networks", str(refused))
        else:
            messages.success(request, _("Saved."))
            return HttpResponseRedirect(request.path)
    people = list(User.objects.filter(is_active=True).only("pk", "level", "profile_id", "role_id"))
    asked = [one for one in people if policy.needs_factor(one)]
    held = factor.have(people)
    context = {
        "form": form,
        "address": here(),
        "people": len(people),
        "with_factor": len(held),
        "without": sum(1 for one in asked if one.pk not in held),
    }
    return render(request, "admin_console/security.html", context, status=422 if form.is_bound else 200)


@door(wide=True)
@require_GET
def signins_page(request: HttpRequest) -> HttpResponse:
    """Who tried to sign in, when, from where, how, and what came of it."""
    text, outcome, before = (
        request.GET.get("q", "").replace("\x00", "").strip()[:254],
        request.GET.get("outcome", ""),
        whole(request.GET.get("before", "")),
    )
    outcomes = [("", _("All")), ("failed", _("Failed")), *SignInTry.OUTCOMES]
    if outcome not in dict(outcomes):
        outcome = ""
    rows = log.find(text, outcome)
    found = list((rows.filter(pk__lt=before) if before else rows)[:SHOWN])
    context = {
        "look": Look.of(request.user),  # type: ignore[arg-type]
        "rows": [(one, " + ".join(str(_WAYS.get(part, part)) for part in one.way.split(" + ") if part)) for one in found],
        "typed": text,
        "outcome": outcome,
        "outcomes": outcomes,
        "older": found[-1].pk if len(found) == SHOWN else 0,
    }
    return render(request, "admin_console/signins.html", context)


def somebody(request: HttpRequest, pk: int) -> User:
    """A user whom this admin may look after here: an account admin is looked after by account admins only (ADM-2)."""
    found = User.objects.filter(pk=pk).first() if pk < 2**63 else None
    if found is None:
        raise Http404
    if found.level == "account" and request.user.level != "account" and request.method == "POST":  # type: ignore[union-attr]
        raise PermissionDenied
    return found


@door(wide=True)
@require_GET
def user_page(request: HttpRequest, pk: int) -> HttpResponse:
    """How one person signs in: second factor, invitation, sessions, the latest tries."""
    one = somebody(request, pk)
    invited = one.invitations.order_by("-pk").first() if state_of(one) == INVITED else None
    me: Any = request.user
    context = {
        "look": Look.of(me),
        "one": one,
        "held": factor.of(one),
        "needed": policy.needs_factor(one),
        "rows": list(sessions.of(one)[:100]),
        "tries": list(log.find().filter(user=one)[:20]),
        "invitation": invited,
        "invited": invitations.state(invited) if invited else "",
        "may": one.level != "account" or me.level == "account",
    }
    return render(request, "admin_console/user_security.html", context)


def _back(request: HttpRequest, one: User, words: str) -> HttpResponse:
    if one.pk == request.user.pk and not request.session.exists(request.session.session_key or ""):  # it was the one they sit in
        logout(request)
        return HttpResponseRedirect(reverse("account_login"))
    messages.success(request, words)
    return HttpResponseRedirect(reverse("console-user-security", args=[one.pk]))


@door(wide=True)
@require_POST
def end_sessions(request: HttpRequest, pk: int) -> HttpResponse:
    """End one session of somebody (its number is sent), or all."""
    one, actor = somebody(request, pk), Actor(request.user)  # type: ignore[arg-type]
    if "session" in request.POST:
        row = sessions.of(one).filter(pk=whole(request.POST["session"])).first()
        if row is None:
            raise Http404
        credentials.end_session(row, actor=actor)
        return _back(request, one, _("That session has ended."))
    count = credentials.end_sessions(one, actor=actor)
    return _back(request, one, _("%(count)d sessions have ended.") % {"count": count})


@door(wide=True)
@require_http_methods(["GET", "POST"])
def reset_factor(request: HttpRequest, pk: int) -> HttpResponse:
    """For somebody who lost telephone and codes. Asks for the admin's own password (L8)."""
    one = somebody(request, pk)
    form = Confirmed(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        credentials.reset_factor(one, actor=Actor(request.user))  # type: ignore[arg-type]
        return _back(request, one, _("The second step is off. They are asked to set it up again if it is needed."))
    return render(request, "admin_console/factor_reset.html", {"form": form, "one": one}, status=422 if form.is_bound else 200)


@door(wide=True)
@require_POST
def invitation_act(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an invitation again, or withdraw it: then the person, who never came, goes."""
    one, actor = somebody(request, pk), Actor(request.user)  # type: ignore[arg-type]
    try:
        if request.POST.get("do") == "withdraw":
            adding.withdraw(one, actor=actor)
            messages.success(request, _("The invitation was withdrawn."))
            return to("console-users")
        adding.invite_again(one, actor=actor)
    except Refused as refused:
        messages.error(request, str(refused))
        return HttpResponseRedirect(reverse("console-user-security", args=[one.pk]))
    return _back(request, one, _("The invitation is on its way again. Older links work no more."))
