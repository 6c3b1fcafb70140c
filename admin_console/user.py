"""The page of one user: state, apps and what each allows, profile and role, and what can be done (ADM-3)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from core.access.explain import RIGHT_WORDS
from core.access.gate import RIGHTS
from core.access.levels import LEVELS, above, may, own_apps
from core.access.models import User
from core.actor import Actor
from core.field.look import Look
from core.module.registry import modules
from core.record.write import Refused
from core.signin import factor, invitations, sessions
from core.web.doors import door
from core.web.menu import app_label, given_apps
from core.web.personal import PersonalForm
from core.web.tags import switch

from . import adding, handover, licences, people
from .again import AgainForm
from .asking import NOTHING_ASKED, ask, is_sure, title_of_app, told_of_app
from .pages import parts, person_or_404, switched, to, tried
from .states import ACTIVE, DEACTIVATED, HUES, INVITED, WORDS, state_of
from .trial import asked_once_more
from .users import RightsForm


class FactsForm(PersonalForm):
    """What an admin may change of somebody's own settings."""

    class Meta(PersonalForm.Meta):
        fields = ("family_name", "given_name", "title", "language", "time_zone")


def allowed(admin: User, person: User) -> dict[str, bool]:
    """What this admin may do to this person, to show or hide what does it."""
    high, self = above(admin, person), admin.pk == person.pk
    mine = people.reach(person) & own_apps(admin) if not admin.level else None
    whole = None if admin.level else people.reach(person)
    could = {
        "activate": may(admin, "activate"),
        "delete": may(admin, "delete"),
        "suite_admins": may(admin, "suite_admins"),
        "invite_again": may(admin, "invite_again", mine),
        "switch": may(admin, "switch", mine),
        "user_in_app": may(admin, "user_in_app", whole) and (bool(admin.level) or not people.widens(admin, person.profile)),
    }
    not_self = {"activate", "delete", "suite_admins", *([] if admin.level else ["user_in_app"])}
    return {name: yes and not high and not (self and name in not_self) for name, yes in could.items()}


def app_lines(person: User, admin: User, changes: bool) -> list[dict[str, Any]]:
    """Each app: whether the person has it, as what, and what their profile allows in its modules."""
    held = {one.app: one.is_admin for one in person.apps.all()}  # type: ignore[attr-defined]
    plan, mine = licences.plan_of(licences.subscription()), own_apps(admin)
    made = []
    for app in given_apps():
        if not (admin.level or app in mine or app in held):
            continue
        made.append(
            {
                "key": app,
                "label": app_label(app),
                "has": app in held,
                "admin": held.get(app, False),
                "may": changes and (bool(admin.level) or app in mine) and (app in held or plan.includes(app)),
                "included": plan.includes(app),
                "allows": _allows(person, app),
            }
        )
    return made


def _allows(person: User, app: str) -> list[tuple[str, str]]:
    """(modules, rights in words) by the profile; modules with the same rights stand together."""
    profile, made = person.profile, dict[str, list[str]]()
    for one in modules():
        if one.app != app:
            continue
        held = [right for right in RIGHTS if profile and right in profile.rights.get(one.key, ())]
        words = _("everything") if len(held) == len(RIGHTS) else ", ".join(str(RIGHT_WORDS[right]) for right in held) or _("nothing")
        made.setdefault(words, []).append(str(one.plural))
    return [(", ".join(names), words) for words, names in made.items()]


@door(admin=True)
@require_http_methods(["GET", "POST"])
def user_page(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows somebody; POST saves a switch of an app, or one of the two forms."""
    admin: User = request.user  # type: ignore[assignment]
    person = person_or_404(request, pk)
    rights = allowed(admin, person)
    if "app" in request.POST:
        return _switched(request, person)
    do = request.POST.get("save", "")
    form = RightsForm(request.POST if do == "rights" else None, by=admin, initial={"profile": person.profile_id, "role": person.role_id})
    facts = FactsForm(request.POST if do == "facts" else None, instance=User.objects.get(pk=pk))
    if request.method == "POST":
        if do not in {"rights", "facts"} or not rights["user_in_app"]:
            raise PermissionDenied
        actor = Actor(admin)
        if do == "rights" and form.is_valid():
            values, back = form.cleaned_data, reverse("console-user", args=[pk])

            def change() -> None:
                people.set_profile_and_role(person, values["profile"], values["role"], actor=actor)

            return asked_once_more(request, _("Change profile and role of %(name)s?") % {"name": person}, change, back)
        if do == "facts" and facts.is_valid():
            tried(request, lambda: people.set_facts(person, actor=actor, **facts.cleaned_data), _("Saved."))
            return to("console-user", pk)
    return render(request, "admin_console/user.html", _context(admin, person, rights, form, facts), status=422 if do else 200)


def _context(admin: User, person: User, rights: dict[str, bool], form: RightsForm, facts: FactsForm) -> dict[str, Any]:
    state = state_of(person)
    seats = list(sessions.of(person)[:50])
    invitation = invitations.latest([person]).get(person.pk)
    return {
        "look": Look.of(admin),
        "person": person,
        "state": WORDS[state],
        "hue": HUES[state],
        "is_active": state == ACTIVE,
        "is_invited": state == INVITED,
        "is_out": state == DEACTIVATED,
        "level": LEVELS.get(person.level, ""),
        "lines": app_lines(person, admin, rights["switch"]),
        "may": rights | {"security": bool(admin.level), "explain": f"{reverse('console-why')}?person={person.pk}"},
        "form": form,
        "facts": facts,
        "seats": len(seats),
        "factor": factor.has(person),
        "seen": max(filter(None, (seats[0].seen_at if seats else None, person.last_login)), default=None),
        "late": invitation is not None and invitations.state(invitation) == "late",
        "invitation": invitation,
        "is_self": admin.pk == person.pk,
    }


def _switched(request: HttpRequest, person: User) -> HttpResponse:
    """A switch of an app: `crm:1`."""
    admin: User = request.user  # type: ignore[assignment]
    (app,), on = parts(request, "app", 1)
    if app not in given_apps():
        raise Http404
    actor, label = Actor(admin), _("%(app)s for %(name)s") % {"app": app_label(app), "name": person}
    if not is_sure(request) and (lines := told_of_app(person, app, on, actor=actor)):
        return ask(request, "app", app, on, title_of_app(person, app, on), lines, person)
    return switched(
        request,
        lambda: people.switch(person, app, on, actor=actor),
        lambda: switch("app", app, app in people.reach(person), label, focused=is_sure(request)) + NOTHING_ASKED,
    )


DOES = {
    "again": (lambda person, actor: adding.invite_again(person, actor=actor), lazy("The invitation was sent again.")),
    "activate": (lambda person, actor: people.activate(person, actor=actor), lazy("Activated.")),
    "plain": (lambda person, actor: people.set_level(person, "", actor=actor), lazy("No suite admin any more.")),
}


@door(admin=True)
@require_POST
def act_page(request: HttpRequest, pk: int, do: str) -> HttpResponse:
    """An act without questions: invite again, withdraw, activate, take the level away."""
    person, actor = person_or_404(request, pk), Actor(request.user)  # type: ignore[arg-type]
    if do == "withdraw":
        gone = tried(request, lambda: adding.withdraw(person, actor=actor), _("The invitation was withdrawn."))
        return to("console-users") if gone else to("console-user", pk)
    if do not in DOES:
        raise Http404
    act, said = DOES[do]
    tried(request, lambda: act(person, actor), str(said))  # type: ignore[no-untyped-call]
    return to("console-user", pk)


@door(admin=True)
@require_http_methods(["GET", "POST"])
def raise_page(request: HttpRequest, pk: int, app: str) -> HttpResponse:
    """Make somebody a suite admin (`app` is "suite") or an admin of an app, or take that away: giving an admin's rights asks
    for the password again (L8)."""
    admin: User = request.user  # type: ignore[assignment]
    person = person_or_404(request, pk)
    if app != "suite" and app not in given_apps():
        raise Http404
    operation = "suite_admins" if app == "suite" else "switch"
    if not may(admin, operation, {app}) or above(admin, person):
        raise PermissionDenied
    held = next((one.is_admin for one in person.apps.all() if one.app == app), None)  # type: ignore[attr-defined]
    if app != "suite" and held is None:  # an admin of an app is somebody who has it
        raise Http404
    form = AgainForm(admin, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actor = Actor(admin)
        if app == "suite":
            done = tried(
                request, lambda: people.set_level(person, "suite", actor=actor), _("%(name)s is a suite admin now.") % {"name": person}
            )
        else:
            on = request.POST.get("on") == "1"
            done = tried(request, lambda: people.switch_admin(person, app, on, actor=actor), _("Saved."))
        if done:
            return to("console-user", pk)
    context = {
        "look": Look.of(admin),
        "person": person,
        "app": app,
        "label": "" if app == "suite" else app_label(app),
        "form": form,
        "held": held,
    }
    return render(request, "admin_console/raise.html", context, status=422 if form.is_bound else 200)


class LeaveForm(forms.Form):
    """Who takes over what somebody has."""

    to = forms.ModelChoiceField(User.objects.none(), label=lazy("Hand over to"), required=False, empty_label=lazy("Choose a person"))

    def __init__(self, person: User, *args: Any, needed: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        people_here = User.objects.filter(is_active=True).exclude(pk=person.pk).order_by("family_name", "given_name")
        self.fields["to"].queryset = people_here  # type: ignore[attr-defined]
        self.fields["to"].required = needed


@door(admin=True)
@require_http_methods(["GET", "POST"])
def leave_page(request: HttpRequest, pk: int, do: str) -> HttpResponse:
    """Deactivate or delete somebody: what they own goes to somebody else in the same step; what happens to their jobs is said."""
    admin: User = request.user  # type: ignore[assignment]
    person = person_or_404(request, pk)
    if do not in {"deactivate", "delete"} or not may(admin, "activate" if do == "deactivate" else "delete") or above(admin, person):
        raise (Http404 if do not in {"deactivate", "delete"} else PermissionDenied)
    owned = handover.owned(person)
    form, problem = LeaveForm(person, request.POST if request.method == "POST" else None, needed=bool(owned)), ""
    if request.method == "POST" and form.is_valid():
        act = people.deactivate if do == "deactivate" else people.delete
        try:
            job = act(person, form.cleaned_data["to"], actor=Actor(admin))
        except Refused as error:
            problem = str(error)
        else:
            said = _("%(name)s has no access any more.") if do == "deactivate" else _("%(name)s was deleted.")
            tried(request, lambda: None, said % {"name": person})
            if job is not None:
                return to("job", job.pk)
            return to("console-user", pk) if do == "deactivate" else to("console-users")
    context = {
        "look": Look.of(admin),
        "person": person,
        "form": form,
        "problem": problem,
        "owned": [(module.plural, number) for module, number in owned],
        "total": sum(number for _module, number in owned),
        "jobs": handover.running(person),
        "deletes": do == "delete",
        "is_self": person.pk == admin.pk,
    }
    return render(request, "admin_console/leave.html", context, status=422 if form.is_bound else 200)


@door(wide=True)
@require_POST
def everything(request: HttpRequest) -> HttpResponse:
    """Give a suite or account admin all apps on a click (ADM-7)."""
    tried(request, lambda: people.everything(actor=Actor(request.user)), _("You have all apps now."))  # type: ignore[arg-type]
    return HttpResponseRedirect("/")
