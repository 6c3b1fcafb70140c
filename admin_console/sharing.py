"""Who sees records nobody gave them: the organisation's defaults, sharing rules and groups (ADM-13)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access import changes, parties
from core.access.models import LEVELS, Group, ModuleDefault, SharingRule
from core.actor import Actor
from core.field.look import Look
from core.module.models import SavedView
from core.module.module import Module
from core.module.registry import modules
from core.record.write import Invalid, Refused
from core.web.doors import door
from core.web.menu import app_label

from .acts import act
from .pages import to
from .trial import asked_once_more


def _module(key: str) -> Module:
    found = next((one for one in modules() if one.key == key), None)
    if found is None:
        raise Http404
    return found


@door(wide=True)
@require_GET
def sharing_page(request: HttpRequest) -> HttpResponse:
    """Defaults and rules of every module, and the groups."""
    held = dict(ModuleDefault.objects.values_list("module", "default"))
    rules: dict[str, list[tuple[SharingRule, str]]] = {}
    known = {one.key: one for one in modules()}
    for rule in SharingRule.objects.order_by("pk"):
        if rule.module in known:
            rules.setdefault(rule.module, []).append((rule, changes.rule_words(rule, known[rule.module])))
    lines = [(one, app_label(one.app), held.get(one.key, "private"), rules.get(one.key, [])) for one in known.values()]
    groups = [(one, [parties.label(member.party) for member in one.members.all()]) for one in Group.objects.prefetch_related("members")]
    context = {"look": Look.of(request.user), "lines": lines, "choices": ModuleDefault.CHOICES, "groups": groups}  # type: ignore[arg-type]
    return render(request, "admin_console/sharing.html", context)


@door(wide=True)
@require_POST
def set_default(request: HttpRequest, key: str) -> HttpResponse:
    """Another default for a module; what it opens and closes is said first."""
    module, wanted, actor = _module(key), request.POST.get("default", ""), Actor(request.user)  # type: ignore[arg-type]
    if wanted not in dict(ModuleDefault.CHOICES):
        raise BadRequest
    words = {"kind": module.plural, "default": dict(ModuleDefault.CHOICES)[wanted]}

    def change() -> None:
        with act("rights", actor):
            changes.set_default(module, wanted, actor=actor)

    return asked_once_more(request, _("%(kind)s: %(default)s?") % words, change, reverse("console-sharing"))


class RuleForm(forms.Form):
    """Whose records or which, with whom, and how far."""

    of = forms.ChoiceField(label=lazy("Which records"), help_text=lazy("By their owner, or those of a saved view."))
    target = forms.ChoiceField(label=lazy("Shared with"))
    level = forms.ChoiceField(label=lazy("They may"), choices=LEVELS, initial="read", widget=forms.RadioSelect)

    def __init__(self, module: Module, rule: SharingRule | None, user: Any, *args: Any, **more: Any) -> None:
        start = {"of": rule.source or ("kept" if rule.criteria else "all"), "target": rule.target, "level": rule.level} if rule else {}
        super().__init__(*args, initial=start, **more)
        self.rule = rule
        found = SavedView.objects.filter(Q(owner=user) | Q(shared="all"), module=module.key).order_by("name")
        self.views = {f"view:{one.pk}": one for one in found}
        own = [("kept", lazy("Those of the condition as it is now"))] if rule and rule.criteria else []
        self.fields["of"].choices = [  # type: ignore[attr-defined]
            *own,
            ("all", lazy("All of them")),
            (lazy("Owned by"), parties.choices("user", "role", "below", "group")),
            (lazy("Of a saved view"), [(key, one.name) for key, one in self.views.items()]),
        ]
        self.fields["target"].choices = [("", lazy("Choose")), *parties.choices(parties.ALL, "user", "role", "below", "group")]  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """As the kernel takes a rule."""
        of, made = self.cleaned_data["of"], {name: self.cleaned_data[name] for name in ("target", "level")}
        if of == "kept" and self.rule is not None:
            return {**made, "source": "", "criteria": self.rule.criteria}
        if of in self.views:
            return {**made, "source": "", "criteria": self.views[of].criteria}
        return {**made, "source": "" if of == "all" else of, "criteria": {}}


@door(wide=True)
@require_http_methods(["GET", "POST"])
def rule_page(request: HttpRequest, key: str, pk: int = 0) -> HttpResponse:
    """Make or change a sharing rule; what it opens and closes is said before it is saved."""
    module = _module(key)
    rule = get_object_or_404(SharingRule, pk=pk, module=key) if pk else None
    form = RuleForm(module, rule, request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        actor, values = Actor(request.user), form.values()  # type: ignore[arg-type]

        def change() -> None:
            with act("rights", actor):
                if rule is None:
                    changes.add_rule(module, actor=actor, **values)
                else:
                    changes.change_rule(rule, module, actor=actor, **values)

        try:
            return asked_once_more(request, _("Share %(kind)s like this?") % {"kind": module.plural}, change, reverse("console-sharing"))
        except Invalid as error:
            for name, problem in error.errors.items():
                form.add_error({"source": "of", "criteria": "of"}.get(name, name), problem)
    context = {"look": Look.of(request.user), "form": form, "module": module, "rule": rule}  # type: ignore[arg-type]
    return render(request, "admin_console/sharing_rule.html", context, status=422 if form.is_bound else 200)


@door(wide=True)
@require_POST
def remove_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a rule away; what it closes is said first."""
    rule, actor = get_object_or_404(SharingRule, pk=pk), Actor(request.user)  # type: ignore[arg-type]

    def change() -> None:
        with act("rights", actor):
            changes.remove_rule(rule, actor=actor)

    return asked_once_more(request, _("Remove this rule?"), change, reverse("console-sharing"), verb=_("Remove"))


class GroupForm(forms.Form):
    name = forms.CharField(label=lazy("Name"), max_length=100)
    note = forms.CharField(label=lazy("What it is for"), max_length=200, required=False)
    members = forms.MultipleChoiceField(label=lazy("Members"), widget=forms.SelectMultiple(attrs={"size": 12}), required=False)

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self.fields["members"].choices = [  # type: ignore[attr-defined]
            (lazy("People"), parties.choices("user")),
            (lazy("Roles"), parties.choices("role", "below")),
        ]


@door(wide=True)
@require_http_methods(["GET", "POST"])
def group_page(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Make or change a group; what a change of members opens and closes is said before it is saved."""
    group = get_object_or_404(Group, pk=pk) if pk else None
    start = {"name": group.name, "note": group.note, "members": list(group.members.values_list("party", flat=True))} if group else {}
    form = GroupForm(request.POST if request.method == "POST" else None, initial=start)
    if request.method == "POST" and form.is_valid():
        actor, values = Actor(request.user), form.cleaned_data  # type: ignore[arg-type]

        def change() -> None:
            with act("rights", actor):
                if group is None:
                    changes.make_group(values["name"], values["members"], actor=actor, note=values["note"])
                else:
                    changes.change_group(group, actor=actor, **values)

        try:
            if group is None:
                change()
                return to("console-sharing")
            return asked_once_more(request, _("Change “%(name)s”?") % {"name": group}, change, reverse("console-sharing"))
        except Invalid as error:
            for name, problem in error.errors.items():
                form.add_error(name, problem)
        except Refused as error:
            form.add_error(None, str(error))
    context = {"look": Look.of(request.user), "form": form, "group": group}  # type: ignore[arg-type]
    return render(request, "admin_console/group.html", context, status=422 if form.is_bound else 200)


@door(wide=True)
@require_POST
def delete_group(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a group with the rules and shares that name it; what that closes is said first."""
    group, actor = get_object_or_404(Group, pk=pk), Actor(request.user)  # type: ignore[arg-type]

    def change() -> None:
        with act("rights", actor):
            changes.delete_group(group, actor=actor)

    title = _("Delete the group “%(name)s”?") % {"name": group}
    return asked_once_more(request, title, change, reverse("console-sharing"), verb=_("Delete"))
