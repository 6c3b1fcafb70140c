"""Pages of scores: the rules, and why a record has the score it has (CRM-19)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Max
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock
from core.access.gate import can, fields, rights
from core.actor import Actor
from core.criteria.tree import BadCriteria, read
from core.criteria.words import group_words
from core.event.emit import emit_one
from core.field.look import Look
from core.module import listing
from core.module.module import Module
from core.module.registry import module as find_module
from core.module.registry import module_at
from core.web.doors import door
from core.web.once import once
from core.web.pages import record_or_404

from . import SCORED
from .forms import ScoreRuleForm
from .keeping import rules_changed
from .models import ScoreRule
from .points import explained, house, tree_of
from .signals import signals

# Each rule is a query for every thousand records.
MOST_RULES = 40


def _module_or_404(request: HttpRequest, key: str) -> Module:
    user: Any = request.user
    if key not in SCORED or not can(user, key, "view"):
        raise Http404
    return find_module(key)


def _words(rule: ScoreRule, module: Module, look: Look, known: dict[str, Any] | None = None) -> tuple[str, str]:
    """What a rule asks in words, and what is the matter with it: "" (nothing), "broken", or "hidden" for conditions over fields
    that are not among the `known` ones of the reader."""
    if rule.signal:
        one = signals().get(rule.signal)
        return (str(one.label), "") if one else ("", "broken")
    try:
        tree = tree_of(rule, module)
    except BadCriteria:
        return "", "broken"
    if known is not None:
        try:
            read(rule.criteria, module, known)
        except BadCriteria:
            return "", "hidden"
        if any(leaf.prefix and leaf.field.key not in fields(look.user, find_module(leaf.field.module)) for leaf in tree.leaves()):  # type: ignore[arg-type]
            return "", "hidden"
    return group_words(tree, look), ""


@door(app="crm", feature="settings")
@require_GET
def rules_page(request: HttpRequest) -> HttpResponse:
    """The rules of leads and of contacts, with points, and a switch for each."""
    user: Any = request.user
    look, parts = Look.of(user), []
    for key in SCORED:
        if can(user, key, "view"):
            module = find_module(key)
            rules = ScoreRule.objects.filter(module=key)
            lines = [{"rule": rule, "words": words, "state": state} for rule in rules for words, state in [_words(rule, module, look)]]
            parts.append({"module": module, "lines": lines})
    return render(request, "crm/scores.html", {"parts": parts})


@door(app="crm", feature="settings")
@require_http_methods(["GET", "POST"])
def new_rule(request: HttpRequest) -> HttpResponse:
    """A rule from a list's address (its view and filter), or with `by=signal` from something that is counted."""
    user: Any = request.user
    module = _module_or_404(request, request.GET.get("module") or SCORED[0])
    rule, asked, problem = ScoreRule(module=module.key), None, ""
    by_signal = request.GET.get("by") == "signal"
    if not by_signal:
        asked = listing.state(user, module, request.GET)
        own, view = asked.own_data, asked.view.criteria
        rule.criteria = {"all": [view, own]} if view and own else view or own
        problem = asked.problem or _problem(rule, module)
    if not problem and ScoreRule.objects.filter(module=module.key).count() >= MOST_RULES:
        problem = _("There are %(count)d rules, as many as there can be. Delete one first.") % {"count": MOST_RULES}
    return _edited(request, module, rule, problem, asked.q if asked else "")


def _problem(rule: ScoreRule, module: Module) -> str:
    """Why a list cannot become a rule."""
    if not rule.criteria:
        return _("This list shows all records. Filter it first: points for everybody would tell nobody apart.")
    try:
        house(tree_of(rule, module))
    except BadCriteria:
        return _("A rule means the same whoever reads it. Conditions on “me”, “my team” or the score itself cannot give points.")
    return ""


@door(app="crm", feature="settings")
@require_http_methods(["GET", "POST"])
def edit_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Rename a rule or change its points. What it asks stays: another question is another rule."""
    rule = get_object_or_404(ScoreRule, pk=pk)
    return _edited(request, _module_or_404(request, rule.module), rule)


def _edited(request: HttpRequest, module: Module, rule: ScoreRule, problem: str = "", q: str = "") -> HttpResponse:
    by_signal = bool(rule.signal) or not rule.criteria and request.GET.get("by") == "signal"
    before = {name: getattr(rule, name) for name in ("name_en", "name_ja", "signal", "points", "most", "days", "active")}
    form = ScoreRuleForm(request.POST or None, instance=rule, by_signal=by_signal)
    if request.method == "POST" and not problem and form.is_valid():
        _kept(request, form, before)
        messages.success(request, _("Saved: %(title)s. Scores follow in the background.") % {"title": rule})
        return redirect("crm-scores")
    words, state = ("", "") if by_signal or problem else _words(rule, module, Look.of(request.user))  # type: ignore[arg-type]
    context = {"form": form, "rule": rule, "module": module, "words": words, "state": state, "problem": problem, "q": q}
    return render(request, "crm/score_rule.html", context, status=422 if request.method == "POST" else 200)


def _kept(request: HttpRequest, form: ScoreRuleForm, before: dict[str, Any]) -> None:
    user: Any = request.user
    with once(request, "crm.score") as sent:
        if sent.result:
            return
        rule, new = form.save(commit=False), form.instance.pk is None
        if new:
            last = ScoreRule.objects.filter(module=rule.module).aggregate(last=Max("position"))["last"]
            rule.position = (last or 0) + 1
        rule.save()
        changes = {name: [None if new else was, getattr(rule, name)] for name, was in before.items() if new or was != getattr(rule, name)}
        _told(rule, Actor(user), "added" if new else "changed", changes)
        sent.result = str(rule.pk)


def _told(rule: ScoreRule, actor: Actor, act: str, changes: dict[str, Any]) -> None:
    """The event of one act, and the scores it changes."""
    emit_one("crm.scorerule", rule, "configured", actor, changes, act=act, what=f"{rule.module}.score", label=str(rule))
    if set(changes) - {"name_en", "name_ja"} or act == "deleted":
        rules_changed(rule.module, actor.user)


@door(app="crm", feature="settings")
@require_POST
def switch_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """On, or off: to the state the button named, so that a second press changes nothing."""
    rule = get_object_or_404(ScoreRule, pk=pk)
    _module_or_404(request, rule.module)
    user: Any = request.user
    wanted = request.POST.get("active") == "1"
    if rule.active != wanted:
        with transaction.atomic():
            rule.active = wanted
            rule.save(update_fields=["active"])
            _told(rule, Actor(user), "changed", {"active": [not wanted, wanted]})
    words = _("%(title)s is on.") if wanted else _("%(title)s is off.")
    messages.success(request, words % {"title": rule})
    return redirect("crm-scores")


@door(app="crm", feature="settings")
@require_POST
def delete_rule(request: HttpRequest, pk: int) -> HttpResponse:
    """Delete a rule; the points it gave go with it."""
    rule = get_object_or_404(ScoreRule, pk=pk)
    _module_or_404(request, rule.module)
    user: Any = request.user
    with transaction.atomic():
        _told(rule, Actor(user), "deleted", {})
        rule.delete()
    messages.success(request, _("Deleted: %(title)s") % {"title": rule})
    return redirect("crm-scores")


@door(app="crm")
@require_GET
def score_page(request: HttpRequest, path: str, pk: int) -> HttpResponse:
    """Every rule with the points it gives this record or not, worked out now."""
    user: Any = request.user
    one = module_at("crm", path)
    module = _module_or_404(request, one.key if one else "")
    record, known = record_or_404(request, module, pk), fields(user, module)
    if "score" not in known:
        raise Http404
    given, total = explained(module, record.pk, clock.now(), user)
    look, lines = Look.of(user), []
    for line in given:
        words, state = _words(line.rule, module, look, known)
        state = "broken" if line.broken else state or ("unseen" if line.seen is None else "")
        lines.append({"given": line, "rule": line.rule, "words": words, "state": state, "points": 0 if state else line.shown})
    told = sum(line["points"] for line in lines)
    context = {
        "module": module,
        "record": record,
        "lines": lines,
        "total": total,
        "sum": (whole := sum(line.points for line in given)),
        # One number for all that this reader may not see: it follows from the score, which they do.
        "rest": whole - told,
        "stored": record.score,
        "may": rights(user).feature("settings"),
    }
    return render(request, "crm/score.html", context)
