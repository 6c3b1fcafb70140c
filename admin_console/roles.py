"""The tree of roles: who stands above whom, and what people of one role see of one another (ADM-11)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import changes
from core.access.models import PEERS, Role, User
from core.actor import Actor
from core.field.look import Look
from core.record.write import Invalid, Refused
from core.web.doors import door

from . import queries
from .acts import act
from .pages import to
from .trial import asked_once_more, number


def _lines() -> list[dict[str, Any]]:
    """Every role below the one above it, with its people; two queries."""
    here = Count("users", filter=Q(users__deleted_at__isnull=True))
    rows = list(Role.objects.annotate(people=here).order_by("path"))
    names: dict[int, list[User]] = {}
    for person in queries.present(User.objects.filter(role__isnull=False)).order_by("family_name", "given_name"):
        names.setdefault(person.role_id or 0, []).append(person)
    children: dict[int | None, list[Role]] = {}
    for row in sorted(rows, key=lambda one: one.name.casefold()):
        children.setdefault(row.parent_id, []).append(row)
    made: list[dict[str, Any]] = []

    def walk(above: int | None, depth: int) -> None:
        for row in children.get(above, []):
            found = names.get(row.pk, [])
            peers = str(dict(PEERS)[row.peers]) if row.peers else ""
            made.append(
                {
                    "role": row,
                    "depth": min(depth, 9),
                    "level": depth + 1,
                    "people": found[:4],
                    "more": max(0, len(found) - 4),
                    "peers": peers,
                }
            )
            walk(row.pk, depth + 1)

    walk(None, 0)
    return made


@door(wide=True)
@require_GET
def roles_page(request: HttpRequest) -> HttpResponse:
    """The tree."""
    context = {
        "look": Look.of(request.user),  # type: ignore[arg-type]
        "lines": _lines(),
        "without": queries.present(User.objects.filter(role=None)).count(),
    }
    return render(request, "admin_console/roles.html", context)


class RoleForm(forms.Form):
    """Name, the role above and what peers see."""

    name = forms.CharField(label=lazy("Name"), max_length=100)
    parent = forms.ModelChoiceField(Role.objects.none(), label=lazy("Above"), required=False, empty_label=lazy("Nobody: at the top"))
    peers = forms.ChoiceField(label=lazy("Records of people with this role"), choices=PEERS, required=False)

    def __init__(self, role: Role | None, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        rows = Role.objects.order_by("path")
        self.fields["parent"].queryset = rows.exclude(path__startswith=role.path) if role else rows  # type: ignore[attr-defined]
        self.fields["parent"].label_from_instance = lambda one: f"{'— ' * (one.path.count('/') - 2)}{one}"  # type: ignore[attr-defined]


def _saved(role: Role | None, values: dict[str, Any], actor: Actor) -> Role:
    """Make or change a role, its place included."""
    with act("rights", actor):
        if role is None:
            return changes.make_role(values["name"], values["parent"], actor=actor, peers=values["peers"])
        row = changes.change_role(role, actor=actor, name=values["name"], peers=values["peers"])
        return changes.move_role(row, values["parent"], actor=actor)


@door(wide=True)
@require_http_methods(["GET", "POST"])
def role_page(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Make or change a role. What a change of place or of peers opens and closes is said before it is saved."""
    role = get_object_or_404(Role, pk=pk) if pk else None
    above = Role.objects.filter(pk=request.GET["below"]).first() if request.GET.get("below", "").isdecimal() else None
    start = {"name": role.name, "parent": role.parent_id, "peers": role.peers} if role else {"parent": above}
    form = RoleForm(role, request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and form.is_valid():
        values, actor = form.cleaned_data, Actor(request.user)  # type: ignore[arg-type]
        try:
            if role is None:
                _saved(None, values, actor)
                return to("console-roles")
            title = _("Change “%(name)s”?") % {"name": role}
            return asked_once_more(request, title, lambda: _saved(role, values, actor), reverse("console-roles"))
        except Invalid as error:
            for name, problem in error.errors.items():
                form.add_error(name if name in form.fields else None, problem)
        except Refused as error:
            form.add_error(None, str(error))
    context = {"look": Look.of(request.user), "form": form, "role": role}  # type: ignore[arg-type]
    return render(request, "admin_console/role.html", context, status=422 if form.is_bound else 200)


@door(wide=True)
@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """A role was dragged below another one (`parent` empty: to the top)."""
    role = get_object_or_404(Role, pk=number(request, "role"))
    above = get_object_or_404(Role, pk=number(request, "parent")) if request.POST.get("parent") else None
    actor = Actor(request.user)  # type: ignore[arg-type]
    words = {"name": role, "above": above or _("the top")}

    def change() -> None:
        with act("rights", actor):
            changes.move_role(role, above, actor=actor)

    try:
        return asked_once_more(request, _("Move “%(name)s” below “%(above)s”?") % words, change, reverse("console-roles"))
    except Invalid as error:  # its name is taken there
        messages.error(request, str(error))
        return to("console-roles")


@door(wide=True)
@require_http_methods(["GET", "POST"])
def delete_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a role; its people and the roles below it go to another one."""
    role = get_object_or_404(Role, pk=pk)
    heirs = Role.objects.exclude(path__startswith=role.path).order_by("path")
    people, below = queries.present(User.objects.filter(role=role)).count(), role.children.count()  # type: ignore[attr-defined]
    if request.method == "POST":
        heir, actor = heirs.filter(pk=number(request, "to")).first(), Actor(request.user)  # type: ignore[arg-type]
        if heir is None and (people or below):
            messages.error(request, _("Choose which role takes over the people and roles of %(name)s.") % {"name": role})
            return to("console-role-delete", pk)

        def change() -> None:
            with act("rights", actor):
                changes.delete_role(role, heir, actor=actor)

        title = _("Delete “%(name)s”?") % {"name": role}
        try:
            return asked_once_more(request, title, change, reverse("console-roles"), verb=_("Delete"))
        except Invalid as error:  # the heir has a role of that name below it already
            messages.error(request, str(error))
            return to("console-role-delete", pk)
    context = {"look": Look.of(request.user), "role": role, "heirs": heirs, "people": people, "below": below}  # type: ignore[arg-type]
    return render(request, "admin_console/role_delete.html", context)
