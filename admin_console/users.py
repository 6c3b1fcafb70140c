"""The list of users, adding one, and the file of them (ADM-3)."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Max
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.levels import LEVELS, may, own_apps
from core.access.models import LANGUAGES, Profile, Role, User
from core.actor import Actor
from core.field.look import Look
from core.organisation.settings import house_language
from core.record.write import Refused
from core.record.writing import defuse
from core.signin import factor
from core.signin.models import UserSession
from core.web.doors import door
from core.web.menu import app_label, given_apps
from core.web.once import once, token

from . import adding, licences, people, queries, said
from .acts import act
from .pages import to
from .states import HUES, WORDS, state_of

PAGE = 50


def lines_of(persons: Sequence[User], admin: User) -> list[dict[str, Any]]:
    """People as the list shows them; second factors and the last time they were here are found in one query each."""
    ids = [one.pk for one in persons]
    factors = factor.have(list(persons))
    last = dict(UserSession.objects.filter(user__in=ids).values_list("user_id").annotate(Max("seen_at")))
    made = []
    for one in persons:
        state = state_of(one)
        made.append(
            {
                "user": one,
                "state": WORDS[state],
                "hue": HUES[state],
                "level": LEVELS.get(one.level, ""),
                "apps": [(app_label(access.app), access.is_admin) for access in one.apps.all() if access.app in given_apps()],  # type: ignore[attr-defined]
                "factor": one.pk in factors,
                "seen": max(filter(None, (last.get(one.pk), one.last_login)), default=None),
                "you": one.pk == admin.pk,
            }
        )
    return made


@door(admin=True)
@require_GET
def users_page(request: HttpRequest) -> HttpResponse:
    """Everybody with state, apps, profile, role, second factor and when they were last here."""
    user: User = request.user  # type: ignore[assignment]
    asked = queries.Asked.of(request.GET)
    pages = Paginator(asked.narrow(queries.users_of_admin(user)), PAGE)
    page = pages.get_page(request.GET.get("page"))
    look = Look.of(user)
    context = {
        "look": look,
        "page": page,
        "lines": lines_of(list(page), user),
        "count": pages.count,
        "asked": asked,
        "states": WORDS.items(),
        "app_list": [(app, app_label(app)) for app in offered_apps(user)],
        "profiles": queries.profiles(),
        "roles": queries.roles(),
        "may": {name: may(user, name) for name in ("add_users", "export")},
        "standing": licences.standing() if may(user, "see_subscription") else None,
    }
    return render(request, "admin_console/users.html", context)


def usual_start(user: User) -> dict[str, Any]:
    """What stands in a form for new people before anybody chose."""
    standard = Profile.objects.filter(name="Standard").first()
    apps = offered_apps(user)
    return {"language": house_language(adding.home_of(apps)), "profile": standard, "apps": apps[:1]}


def offered_apps(user: User) -> list[str]:
    """The apps this admin gives to people: all of the plan, or their own."""
    plan, mine = licences.plan_of(licences.subscription()), own_apps(user)
    return [app for app in given_apps() if plan.includes(app) and (user.level or app in mine)]


class RightsForm(forms.Form):
    """Profile and place of somebody; an app admin is offered what grants no more than they hold, and the place that it is now."""

    profile = forms.ModelChoiceField(Profile.objects.order_by("-built_in", "name"), label=lazy("Profile"), empty_label=None)
    role = forms.ModelChoiceField(Role.objects.order_by("path"), label=lazy("Role"), required=False, empty_label=lazy("None"))

    def __init__(self, *args: Any, by: User, **more: Any) -> None:
        super().__init__(*args, **more)
        if not by.level:
            kept = [one.pk for one in queries.profiles() if not people.widens(by, one)]
            self.fields["profile"].queryset = Profile.objects.filter(pk__in=kept).order_by("-built_in", "name")  # type: ignore[attr-defined]
            now = self.initial.get("role")
            roles = list(queries.roles())
            offered = people.placeable(by, roles)
            places = {one.pk for one in roles if one in offered or one.pk == now}
            self.fields["role"].queryset = Role.objects.filter(pk__in=places).order_by("path")  # type: ignore[attr-defined]
            if any(one.pk not in places for one in roles):
                self.fields["role"].help_text = _("Roles that see records which you do not see are not offered. Ask a suite admin.")
        depth = {role.pk: role.path.count("/") - 2 for role in queries.roles()}
        self.fields["role"].label_from_instance = lambda role: f"{'— ' * depth.get(role.pk, 0)}{role}"  # type: ignore[attr-defined]


class AddForm(RightsForm):
    """One person to be invited."""

    email = forms.EmailField(label=lazy("E-mail"), max_length=254)
    family_name = forms.CharField(label=lazy("Family name"), max_length=60)
    given_name = forms.CharField(label=lazy("Given name"), max_length=60, required=False)
    title = forms.CharField(label=pgettext_lazy("user", "Title"), max_length=80, required=False)
    language = forms.ChoiceField(label=lazy("Language"), choices=LANGUAGES)
    apps = forms.MultipleChoiceField(label=lazy("Apps"), widget=forms.CheckboxSelectMultiple, required=False)
    field_order = ("email", "title", "family_name", "given_name", "language", "profile", "role", "apps")

    def __init__(self, *args: Any, by: User, **more: Any) -> None:
        super().__init__(*args, by=by, **more)
        self.fields["apps"].choices = [(app, app_label(app)) for app in offered_apps(by)]  # type: ignore[attr-defined]
        self.fields["apps"].required = not by.level


@door(admin=True)
@require_http_methods(["GET", "POST"])
def add_page(request: HttpRequest) -> HttpResponse:
    """Add one person, who is invited by mail (row 5)."""
    user: User = request.user  # type: ignore[assignment]
    if not may(user, "add_users"):
        raise PermissionDenied
    start = usual_start(user)
    form, problem = AddForm(request.POST if request.method == "POST" else None, by=user, initial=start), ""
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        try:
            with once(request, "console:user") as before:
                if not before.result:
                    made = adding.add([adding.Wish(**values)], actor=Actor(user))
                    before.result = str(made[0].pk)
            messages.success(request, _("%(email)s was invited.") % {"email": values["email"]})
            return to("console-user", int(before.result))
        except adding.Known as error:
            form.add_error("email", str(error))
        except Refused as error:
            problem = str(error)
    context = {
        "form": form,
        "problem": problem,
        "once": request.POST.get("once") or token(),
        "look": Look.of(user),
        "left": licences.standing().left,
    }
    return render(request, "admin_console/user_new.html", context, status=422 if form.is_bound else 200)


@door(admin=True)
@require_POST
def export(request: HttpRequest) -> HttpResponse:
    """Everybody as CSV, narrowed as the list is (row 8)."""
    user: User = request.user  # type: ignore[assignment]
    rows = queries.Asked.of(request.GET).narrow(queries.users_of_admin(user))
    out = io.StringIO()
    writer = csv.writer(out)
    head = ("E-mail", "Family name", "Given name", "Title", "State", "Level", "Apps", "Profile", "Role", "Last here")
    writer.writerow(head)
    count = 0
    for told in lines_of(list(rows), user):
        one, count = told["user"], count + 1
        word = _("admin")
        apps = ", ".join(f"{name} ({word})" if admin else name for name, admin in told["apps"])
        seen = f"{told['seen']:%Y-%m-%d %H:%M}" if told["seen"] else ""
        cells = (
            one.email,
            one.family_name,
            one.given_name,
            one.title,
            told["state"],
            told["level"],
            apps,
            one.profile or "",
            one.role or "",
        )
        writer.writerow([defuse(str(cell)) for cell in (*cells, seen)])
    with act("export", Actor(user), said.EXPORTED) as done:
        done.detail["rows"] = count
    answer = HttpResponse("\ufeff" + out.getvalue(), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="users.csv"'
    return answer
