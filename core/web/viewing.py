"""Saving a list's columns, criteria and order as a view; pinning views and choosing the one a module opens with."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from core.access.models import User
from core.criteria.tree import BadCriteria, load, read
from core.criteria.words import group_words
from core.field.look import Look, many
from core.module import listing
from core.module.models import SavedView, ViewChoice
from core.module.module import Module
from core.module.saved import pick, views
from core.web import displays, filtering, reach
from core.web.doors import door
from core.web.pages import module_or_404

if TYPE_CHECKING:
    _ViewForm = forms.ModelForm[SavedView]
else:
    _ViewForm = forms.ModelForm


class ViewForm(_ViewForm):
    """Name and reach of a view; what it shows comes from the list it is saved from."""

    pinned = forms.BooleanField(label=_("Pin it to the navigation"), required=False)
    default = forms.BooleanField(label=_("Open this module with it"), required=False)

    class Meta(reach.Reach):
        model = SavedView

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reach.offer(self.fields, user, "views_all")


@door()
@require_http_methods(["GET", "POST"])
def new_view(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """Save the list in the address under a name."""
    module = module_or_404(request, app, path)
    user: Any = request.user
    asked = listing.state(user, module, request.GET)
    criteria = _together(asked.view.criteria, asked.own_data)
    form = ViewForm(request.POST or None, user=user, initial={"shared": "me"})
    if request.method == "POST" and form.is_valid():
        view = form.save(commit=False)
        view.module, view.owner, view.criteria, view.order = module.key, user, criteria, asked.order_text
        view.columns = [one.key for one in asked.columns]
        _show(view, request)
        return _kept(view, form, module, user)
    return _page(request, module, form, criteria, asked)


def _show(view: SavedView, request: HttpRequest) -> None:
    """The display the view was saved from, with what is that display's alone. Renaming a view leaves it as it was."""
    if (display := request.GET.get("display", "")) in displays.OWN:
        view.display, view.shown = display, displays.own_of(request.GET, display)


def _together(one: dict[str, Any], two: dict[str, Any]) -> dict[str, Any]:
    """The view's own criteria and the filter on top of it, as one tree."""
    return {"all": [one, two]} if one and two else one or two


def _kept(view: SavedView, form: ViewForm, module: Module, user: User) -> HttpResponse:
    with transaction.atomic():
        view.save()
        form.save_m2m()
        _choose(user, module, f"v{view.pk}", pinned=form.cleaned_data["pinned"], default=form.cleaned_data["default"])
    return HttpResponseRedirect(f"{module.url()}?view=v{view.pk}")


def _page(
    request: HttpRequest, module: Module, form: ViewForm, criteria: dict[str, Any], asked: listing.State, view: SavedView | None = None
) -> HttpResponse:
    look = Look.of(asked.user)
    try:
        tree = read(criteria, module, asked.fields)
        filtering.titled(look, tree)
        text = group_words(tree, look)
    except BadCriteria:
        text = ""
    columns = many([one.label for one in asked.columns], look.language)
    display = displays.words(request.GET.get("display", "") or (view.display if view else "list"))
    context = {"module": module, "form": form, "criteria": text, "columns": columns, "view": view, "asked": asked, "display": display}
    context["conditions"] = _conditions(module, view) if view else ""
    return render(request, "record/view_form.html", context, status=422 if form.is_bound else 200)


def _conditions(module: Module, view: SavedView) -> str:
    """The list with a view's conditions in the filter panel, where they are changed and saved into it again."""
    kept = {"view": "all", "sort": view.order, "columns": " ".join(view.columns), "of": str(view.pk), "panel": "filter"}
    if view.criteria:
        kept["filter"] = as_text(view.criteria)
    return f"{module.url()}?{urlencode({key: value for key, value in kept.items() if value})}"


@door()
@require_http_methods(["GET", "POST"])
def edit_view(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Rename, share or delete a view of one's own; with the list's address also its columns, criteria and order."""
    module = module_or_404(request, app, path)
    user: Any = request.user
    view = SavedView.objects.filter(pk=pk, module=module.key).first()
    if view is None or not any(v.saved == view for v in views(user, module)):
        raise Http404
    if view.owner_id != user.pk:
        raise PermissionDenied
    if request.method == "POST" and "delete" in request.POST:
        with transaction.atomic():
            ViewChoice.objects.filter(module=module.key, view=f"v{pk}").delete()
            view.delete()
        return HttpResponseRedirect(module.url())
    choice = ViewChoice.objects.filter(user=user, module=module.key, view=f"v{pk}").first()
    initial = {"pinned": bool(choice and choice.pinned), "default": bool(choice and choice.default)}
    form = ViewForm(request.POST or None, user=user, instance=view, initial=initial)
    asked = listing.state(user, module, request.GET)
    if request.method == "POST" and form.is_valid():
        view = form.save(commit=False)
        if "replace" in request.GET:
            view.criteria, view.order, view.columns = asked.own_data, asked.order_text, [one.key for one in asked.columns]
        elif request.GET.get("filter") is not None or request.GET.get("columns") or request.GET.get("sort"):
            view.criteria = _together(view.criteria, _readable(request.GET.get("filter", "")))
            view.order, view.columns = asked.order_text, [one.key for one in asked.columns]
        _show(view, request)
        return _kept(view, form, module, user)
    return _page(request, module, form, asked.own_data if "replace" in request.GET else view.criteria, asked, view)


def _readable(text: str) -> dict[str, Any]:
    try:
        return load(text)
    except BadCriteria:
        return {}


def _choose(user: User, module: Module, key: str, *, pinned: bool, default: bool) -> None:
    if default:
        ViewChoice.objects.filter(user=user, module=module.key).update(default=False)
    ViewChoice.objects.update_or_create(user=user, module=module.key, view=key, defaults={"pinned": pinned, "default": default})


@door()
@require_POST
def choose_view(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """Pin a view or make it the one this module opens with; again takes it back."""
    module = module_or_404(request, app, path)
    user: Any = request.user
    view = pick(views(user, module), request.POST.get("view", ""))
    pinned = not view.pinned if "pin" in request.POST else view.pinned
    default = not view.default if "default" in request.POST else view.default
    _choose(user, module, view.key, pinned=pinned, default=default)
    return HttpResponseRedirect(f"{module.url()}?view={view.key}")


def as_text(criteria: dict[str, Any]) -> str:
    """Criteria as they stand in an address."""
    return json.dumps(criteria, ensure_ascii=False, separators=(",", ":"))
