"""The pages of profiles: the list, the editor of switches that save by themselves, the comparison (ADM-10)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

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
from core.web.tags import switch

from . import profile_acts, queries
from .pages import switched, to, tried
from .words import RIGHT_WORDS


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


@door(wide=True, feature="settings")
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
        line = {"module": one, "switches": [_right(profile, one, right) for right in RIGHTS], "shut": len(profile.fields.get(one.key, {}))}
        groups.setdefault(app_label(one.app), []).append(line)
    context = {
        "look": Look.of(request.user),  # type: ignore[arg-type]
        "profile": profile,
        "groups": groups.items(),
        "rights": [RIGHT_WORDS[right] for right in RIGHTS],
        "features": [(one, app_label(one.app) if one.app else "", _feature(profile, one.key)) for one in FEATURES.values()],
        "module": module,
        "fields": [(one, _seen(profile, module, one.key), _changed(profile, module, one.key)) for one in profile_acts.shuttable(module)]
        if module
        else [],
        "people": queries.present(profile.user_set.all()).order_by("family_name", "given_name")[:30],  # type: ignore[attr-defined]
        "others": [one for one in queries.profiles() if one.pk != pk],
    }
    return render(request, "admin_console/profile.html", context)


def _right(profile: Profile, module: Module, right: str, aside: bool = False) -> SafeString:
    label = f"{module.plural}: {RIGHT_WORDS[right]}"
    held = right in profile.rights.get(module.key, ())
    return switch("set", f"right:{module.key}:{right}", held, label, not profile.built_in, aside)


def _feature(profile: Profile, key: str) -> SafeString:
    return switch("set", f"feature:{key}:", key in profile.features, str(FEATURES[key].label), not profile.built_in)


def _seen(profile: Profile, module: Module, key: str, aside: bool = False) -> SafeString:
    state = profile.fields.get(module.key, {}).get(key, "")
    label = _("See %(field)s") % {"field": module.fields[key].label}
    return switch("set", f"seen:{module.key}:{key}", state != "hidden", label, not profile.built_in, aside)


def _changed(profile: Profile, module: Module, key: str, aside: bool = False) -> SafeString:
    state = profile.fields.get(module.key, {}).get(key, "")
    label = _("Change %(field)s") % {"field": module.fields[key].label}
    may = not profile.built_in and module.fields[key].editable and state != "hidden"
    return switch("set", f"changed:{module.key}:{key}", not state and module.fields[key].editable, label, may, aside)


def _set(request: HttpRequest, profile: Profile) -> HttpResponse:
    """A switch: `right:crm.lead:view:1`, `feature:convert::1`, `seen:crm.lead:phone:0`, `changed:crm.lead:phone:0`."""
    *made, wanted = request.POST.get("set", "").replace("\0", "").split(":")
    if len(made) != 3 or wanted not in {"0", "1"}:
        raise Http404
    (sort, key, name), on, actor = made, wanted == "1", Actor(request.user)  # type: ignore[arg-type]
    module = next((one for one in profile_acts.known_modules() if one.key == key), None)

    def act() -> None:
        if sort == "feature":
            profile_acts.set_feature(profile, key, on, actor=actor)
        elif module is None:
            raise LookupError(key)
        elif sort == "right":
            profile_acts.set_right(profile, module, name, on, actor=actor)
        elif sort in {"seen", "changed"}:
            state = ("" if on else "hidden") if sort == "seen" else ("" if on else "read")
            profile_acts.set_field(profile, module, name, state, actor=actor)
        else:
            raise LookupError(sort)

    def drawn() -> str:
        profile.refresh_from_db()
        if sort == "feature":
            return _feature(profile, key)
        assert module is not None
        if sort == "right":  # seeing and the others go together
            return "".join(_right(profile, module, one, aside=one != name) for one in [name, *(r for r in RIGHTS if r != name)])
        pair = (_seen(profile, module, name, sort != "seen"), _changed(profile, module, name, sort != "changed"))
        return "".join(pair if sort == "seen" else reversed(pair))

    try:
        return switched(request, act, drawn)
    except LookupError as error:
        raise Http404 from error


@door(wide=True, feature="settings")
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


@door(wide=True, feature="settings")
@require_http_methods(["GET", "POST"])
def delete_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a profile; who has it moves to another one."""
    profile = get_object_or_404(Profile, pk=pk)
    holders, problem = queries.present(profile.user_set.all()), ""  # type: ignore[attr-defined]
    others = [one for one in queries.profiles() if one.pk != pk]
    if request.method == "POST":
        chosen = whole(request.POST.get("to", ""))
        try:
            profile_acts.delete(profile, next((one for one in others if one.pk == chosen), None), actor=Actor(request.user))  # type: ignore[arg-type]
            return to("console-profiles")
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
