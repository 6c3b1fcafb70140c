"""Pages of rules: the list with hits and switches, and the form of a keyword rule with its test box."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.gate import can
from core.action.registry import Action, actions_for_messages, find
from core.field.look import Look
from core.module.module import Module
from core.module.registry import UnknownModule, module, modules
from core.stamps import bump
from core.web.doors import door

from .forms import RuleForm
from .models import Rule, RuleRun
from .trying import PAST, caught

RUNS_SHOWN = 20


@door(feature="rules")
@require_GET
def rules_page(request: HttpRequest) -> HttpResponse:
    """All rules in the order they are asked, with what they did."""
    rules = [{"rule": rule, "module": _module(rule.module), "action": find(rule.action)} for rule in Rule.objects.all()]
    return render(request, "automation/rules.html", {"rules": rules, "kinds": _kinds(request.user), "look": _look(request)})


@door(feature="rules")
@require_http_methods(["GET", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    """Make a rule for messages; the address says for which and what it does."""
    asked = request.GET if request.method == "GET" else request.POST
    kinds = _kinds(request.user)
    one = next((one for one in kinds if one.key == asked.get("module")), kinds[0] if kinds else None)
    doable = actions_for_messages()
    act = next((act for act in doable if act.key == asked.get("action")), doable[0] if doable else None)
    if one is None or act is None:
        raise Http404
    return _edit(request, one, act, None)


@door(feature="rules")
@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(Rule, pk=pk)
    one, act = _module(rule.module), find(rule.action)
    if one is None or act is None or one.message is None:
        raise Http404
    return _edit(request, one, act, rule)


def _edit(request: HttpRequest, one: Module, act: Action, rule: Rule | None) -> HttpResponse:
    user: Any = request.user
    form = RuleForm(one, act, request.POST or None, rule=rule, user=user)
    context: dict[str, Any] = {"form": form, "rule": rule, "module": one, "action": act, "look": _look(request), "past": PAST}
    if request.method == "POST" and form.is_valid():
        filled = form.fill(rule or Rule())
        if "try" not in request.POST:
            filled.save()
            bump("rules")
            messages.success(request, _("Saved: %(title)s") % {"title": filled})
            return redirect("rules")
        context["catches"], context["hits"], context["looked"] = caught(filled, user)
    if rule is not None:
        context["runs"] = _runs(rule, one)
    return render(request, "automation/rule.html", context, status=422 if request.method == "POST" and not form.is_valid() else 200)


def _runs(rule: Rule, one: Module) -> list[dict[str, Any]]:
    return [{"run": run, "url": one.url(run.record_id)} for run in RuleRun.objects.filter(rule=rule).order_by("-pk")[:RUNS_SHOWN]]


@door(feature="rules")
@require_POST
def switch_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """On, or off: to the state the button named, so that a second press changes nothing."""
    rule = get_object_or_404(Rule, pk=pk)
    rule.active = request.POST.get("active") == "1"
    rule.save(update_fields=["active"])
    bump("rules")
    words = _("%(title)s is on.") if rule.active else _("%(title)s is off.")
    messages.success(request, words % {"title": rule})
    return redirect("rules")


@door(feature="rules")
@require_POST
def delete_rule(request: HttpRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(Rule, pk=pk)
    name = str(rule)
    rule.delete()
    bump("rules")
    messages.success(request, _("Deleted: %(title)s") % {"title": name})
    return redirect("rules")


def _kinds(user: Any) -> list[Module]:
    """The modules of messages this person sees."""
    return [one for one in modules() if one.message is not None and can(user, one, "view")]


def _module(key: str) -> Module | None:
    try:
        return module(key)
    except UnknownModule:
        return None


def _look(request: HttpRequest) -> Look:
    return Look.of(request.user)  # type: ignore[arg-type]
