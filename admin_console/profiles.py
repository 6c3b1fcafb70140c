"""The pages of profiles: the list, the editor of switches that save by themselves, the comparison (ADM-10)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.explain import RIGHT_WORDS
from core.access.features import FEATURES
from core.access.gate import RIGHTS
from core.access.models import Profile
from core.actor import Actor
from core.field.look import Look
from core.module.module import Module
from core.record.write import Refused
from core.text.numbers import whole
from core.web.doors import door
from core.web.menu import app_label

from . import profile_acts, queries, switches
from .asking import NOTHING_ASKED, ask, is_sure
from .pages import parts, switched, to, tried
from .trial import asked_once_more


@door(wide=True)
@require_GET
def profiles_page(request: HttpRequest) -> HttpResponse:
    """All profiles with how many people have each."""
    here = Count("user", filter=Q(user__deleted_at__isnull=True))
    rows = Profile.objects.annotate(people=here).order_by("-built_in", "name")
    context = {"look": Look.of(request.user), "lines": rows, "total": len(FEATURES)}  # type: ignore[arg-type]
    return render(request, "admin_console/profiles.html", context)


class CloneForm(forms.Form):
    name = forms.CharField(label=lazy("Name"), max_length=100)


@door(wide=True)
@require_http_methods(["GET", "POST"])
def clone_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Make a copy of a profile, to be changed."""
    profile = get_object_or_404(Profile, pk=pk)
    form, problem = (
        CloneForm(request.POST if request.method == "POST" else None, initial={"name": _("%(name)s (copy)") % {"name": profile}}),
        "",
    )
    if request.method == "POST" and form.is_valid():
        try:
            return to("console-profile", profile_acts.clone(profile, form.cleaned_data["name"], actor=Actor(request.user)).pk)  # type: ignore[arg-type]
        except Refused as error:
            form.add_error("name", str(error))
    context = {"profile": profile, "form": form, "problem": problem}
    return render(request, "admin_console/profile_clone.html", context, status=422 if form.is_bound else 200)


@door(wide=True)
@require_http_methods(["GET", "POST"])
def profile_page(request: HttpRequest, pk: int) -> HttpResponse:
    """The switches of one profile; POST saves one of them."""
    profile = get_object_or_404(Profile, pk=pk)
    if request.method == "POST":
        return _set(request, profile)
    shown = request.GET.get("fields", "")
    module = next((one for one in profile_acts.known_modules() if one.key == shown), None)
    groups: dict[str, list[dict[str, Any]]] = {}
    for one in profile_acts.known_modules():
        line = {
            "module": one,
            "switches": [switches.RightSwitch(profile, one, right, alone=True).drawn() for right in RIGHTS],
            "shut": len(profile.fields.get(one.key, {})),
        }
        groups.setdefault(app_label(one.app), []).append(line)
    context = {
        "look": Look.of(request.user),  # type: ignore[arg-type]
        "profile": profile,
        "groups": groups.items(),
        "rights": [RIGHT_WORDS[right] for right in RIGHTS],
        "features": [
            (one, app_label(one.app) if one.app else "", switches.FeatureSwitch(profile, one.key).drawn()) for one in FEATURES.values()
        ],
        "module": module,
        "fields": [
            (one, *(switches.FieldSwitch(profile, module, one.key, seen, alone=True).drawn() for seen in (True, False)))
            for one in profile_acts.shuttable(module)
        ]
        if module
        else [],
        "people": queries.present(profile.user_set.all()).order_by("family_name", "given_name")[:30],  # type: ignore[attr-defined]
        "others": [one for one in queries.profiles() if one.pk != pk],
    }
    return render(request, "admin_console/profile.html", context)


def _set(request: HttpRequest, profile: Profile) -> HttpResponse:
    """A switch, such as `right:crm.lead:view:1`. Where it opens or closes something to somebody, it asks first (ADM-13)."""
    (sort, key, name), on = parts(request, "set", 3)
    actor = Actor(request.user)  # type: ignore[arg-type]
    try:
        one = switches.found(profile, sort, key, name)
    except LookupError as error:
        raise Http404 from error
    if not is_sure(request) and not profile.built_in and (lines := one.told(on, actor)):
        said = _("Switch on “%(what)s”?") if on else _("Switch off “%(what)s”?")
        return ask(request, "set", one.value, on, said % {"what": one.label}, lines, profile)

    def drawn() -> str:
        profile.refresh_from_db()
        return "".join([one.drawn(focused=is_sure(request)), *(other.drawn(aside=True) for other in one.along), NOTHING_ASKED])

    return switched(request, lambda: one.act(on, actor), drawn)


@door(wide=True)
@require_POST
def rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Another name for a profile."""
    profile = get_object_or_404(Profile, pk=pk)
    tried(
        request,
        lambda: profile_acts.rename(profile, request.POST.get("name", "").replace("\0", ""), actor=Actor(request.user)),
        _("Saved."),
    )  # type: ignore[arg-type]
    return to("console-profile", pk)


@door(wide=True)
@require_http_methods(["GET", "POST"])
def delete_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a profile; who has it moves to another one."""
    profile = get_object_or_404(Profile, pk=pk)
    holders, problem = queries.present(profile.user_set.all()), ""  # type: ignore[attr-defined]
    others = [one for one in queries.profiles() if one.pk != pk]
    if request.method == "POST":
        chosen, actor = whole(request.POST.get("to", "")), Actor(request.user)  # type: ignore[arg-type]
        other = next((one for one in others if one.pk == chosen), None)
        try:
            if other is None and holders.exists():
                raise Refused(_("People have this profile. Choose the one they get."))
            title, back = _("Delete “%(name)s”?") % {"name": profile}, reverse("console-profiles")
            return asked_once_more(request, title, lambda: profile_acts.delete(profile, other, actor=actor), back, verb=_("Delete"))
        except Refused as error:
            problem = str(error)
    context = {"profile": profile, "count": holders.count(), "others": others, "problem": problem, "look": Look.of(request.user)}  # type: ignore[arg-type]
    return render(request, "admin_console/profile_delete.html", context, status=422 if problem else 200)


@door(wide=True)
@require_GET
def compare_page(request: HttpRequest) -> HttpResponse:
    """Two profiles side by side; what differs is marked, or shown alone."""
    rows = queries.profiles()
    chosen = [next((one for one in rows if one.pk == whole(request.GET.get(name, ""))), default) for name, default in _usual(rows)]
    only = request.GET.get("only") == "1"
    groups = [(title, [line for line in lines if not only or line["differs"]]) for title, lines in _lines(*chosen)]
    context = {
        "look": Look.of(request.user),  # type: ignore[arg-type]
        "profiles": rows,
        "a": chosen[0],
        "b": chosen[1],
        "only": only,
        "groups": [pair for pair in groups if pair[1]],
        "count": sum(line["differs"] for _title, lines in _lines(*chosen) for line in lines),
    }
    return render(request, "admin_console/profile_compare.html", context)


def _usual(rows: list[Profile]) -> list[tuple[str, Profile]]:
    return [("a", rows[0]), ("b", rows[1] if len(rows) > 1 else rows[0])]


def _lines(a: Profile, b: Profile) -> list[tuple[str, list[dict[str, Any]]]]:
    """Groups of lines: what, what the one grants, what the other grants, whether that differs."""

    def line(label: Any, one: Any, other: Any) -> dict[str, Any]:
        return {"label": label, "a": one, "b": other, "differs": one != other}

    def rights(profile: Profile, key: str) -> str:
        held = [str(RIGHT_WORDS[right]) for right in RIGHTS if right in profile.rights.get(key, ())]
        return _("everything") if len(held) == len(RIGHTS) else ", ".join(held) or _("nothing")

    def shut(profile: Profile, module: Module) -> str:
        words = {"hidden": _("%(field)s hidden"), "read": _("%(field)s read only")}
        held = profile.fields.get(module.key, {})
        return ", ".join(words[held[one.key]] % {"field": one.label} for one in module.fields.values() if held.get(one.key) in words) or "—"

    known = profile_acts.known_modules()
    yes = {True: _("yes"), False: _("no")}
    return [
        (_("Modules"), [line(one.plural, rights(a, one.key), rights(b, one.key)) for one in known]),
        (_("Further switches"), [line(one.label, yes[one.key in a.features], yes[one.key in b.features]) for one in FEATURES.values()]),
        (
            _("Fields that are not open"),
            [line(one.plural, shut(a, one), shut(b, one)) for one in known if a.fields.get(one.key) or b.fields.get(one.key)],
        ),
    ]
