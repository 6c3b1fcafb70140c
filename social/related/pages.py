"""The addresses of the profiles of a record: looking for one, linking, unlinking, facts typed by hand. Each is a page without script."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.gate import can
from core.actor import Actor
from core.field.look import Look
from core.module.module import Module
from core.panels import may_change
from core.remote.network import Network
from core.web.doors import door
from core.web.pages import module_or_404, record_or_404

from .. import own
from ..models import Profile
from ..people import by_address, keep, link, linkable, linked_to, unlink
from . import asking, finding
from .pictures import address
from .profiles import NOTED, card, context, may, offered, with_invitations


@door()
@require_GET
def associate(request: HttpRequest, app: str, path: str, pk: int, key: str) -> HttpResponse:
    """SOC-11, SOC-21: look for whose profile it is. Nothing is asked of a network that bills before somebody presses *Search*."""
    module, record, net = _asked(request, app, path, pk, key)
    user: Any = request.user
    further = {name: request.GET.get(name, "").strip()[: finding.LONGEST] for name in net.profiles.further}
    filled = finding.filled_in(user, net, record)
    words = request.GET.get("q", "" if net.prices else filled)
    found = finding.find(user, net, words, further, record=record)
    for hit in [*found.hits, *found.known]:
        hit["picture"] = address(net.key, hit["person"].picture_url or "")
        hit["counts"] = hit["person"].followers
    labels = {"company": _("Company"), "title": _("Title"), "school": _("School")}
    shown: dict[str, Any] = {
        "module": module,
        "record": record,
        "net": net,
        "found": found,
        "q": request.GET.get("q", filled),
        "looked": "q" in request.GET,
        "further": [(name, labels[name], further[name]) for name in net.profiles.further],
        "typed": finding.address_in(user, net, record),
        "may_sign_in": own.may(user),
        "here": request.get_full_path(),
        "look": Look.of(user),
    }
    part = request.headers.get("HX-Target") == "associate"
    return render(request, "social/_associate.html" if part else "social/associate.html", shown)


@door()
@require_POST
def link_one(request: HttpRequest, app: str, path: str, pk: int, key: str) -> HttpResponse:
    """One click links: a hit of the search, or the profile at an address."""
    module, record, net = _asked(request, app, path, pk, key)
    hit = finding.opened(net, request.POST.get("hit", ""))
    typed = request.POST.get("address", "")
    handle = net.profiles.handle_in(typed, net.site) or (typed.strip().lstrip("@＠") if _is_handle(net, typed) else "")
    gone = _("This search is too old. Search again.")
    if hit is None and not handle:
        words = _("This is not the address of a profile on %(network)s.") % {"network": net.label}
        messages.error(request, words if typed else gone)
        return HttpResponseRedirect(_associate_url(module, record, net))
    actor = Actor(request.user)  # type: ignore[arg-type]
    with transaction.atomic():
        if hit is not None:
            person, how = hit
            # Whoever is gone or erased since is not made anew of what the page still knew.
            known = how == finding.KNOWN
            profile = linkable(net.key, person.outside_id) if known else keep(net.key, [person])[person.outside_id]
        else:
            profile, how = by_address(net.key, handle), "address"
        if profile is not None:
            link(profile, record, actor=actor, how=how)
    if profile is None:
        messages.error(request, gone)
        return HttpResponseRedirect(_associate_url(module, record, net))
    messages.success(request, _("Linked: %(name)s on %(network)s.") % {"name": profile, "network": net.label})
    return HttpResponseRedirect(f"{module.url(record.pk)}#social-profiles")


@door()
@require_POST
def unlink_one(request: HttpRequest, app: str, path: str, pk: int, key: str) -> HttpResponse:
    """*Dissociate*: the profile stays known, the record is no longer its person's."""
    module, record, net = _asked(request, app, path, pk, key)
    with transaction.atomic():
        gone = [one for one in linked_to(module.key, record.pk) if one.network == net.key]
        for one in gone:
            unlink(one, record, actor=Actor(request.user))  # type: ignore[arg-type]
    if gone:
        messages.success(request, _("No longer linked: %(name)s on %(network)s.") % {"name": gone[0], "network": net.label})
    return HttpResponseRedirect(f"{module.url(record.pk)}#social-profiles")


@door()
@require_POST
def look(request: HttpRequest, app: str, path: str, pk: int, key: str) -> HttpResponse:
    """Who this is now, once a day: asked by the page when somebody opens it, or by a button."""
    module, record, net = _asked(request, app, path, pk, key, change=False)
    profile = _linked(module, record, net)
    trouble = asking.look(request.user, profile)
    if request.headers.get("HX-Request"):
        profile = Profile.objects.filter(pk=profile.pk).first() or _linked(module, record, net)
        user: Any = request.user
        part = context(
            user, record, with_invitations([card(profile, record, trouble=trouble)], record), change=may_change(user, module, record)
        )
        return render(request, "social/_profile.html", {"panel": part, "one": part["cards"][0], "look": Look.of(user)})
    if trouble is not None:
        messages.error(request, trouble.for_people())
    return HttpResponseRedirect(f"{module.url(record.pk)}#social-profiles")


LABELS = {
    "name": lazy("Name"),
    "position": lazy("Position"),
    "place": lazy("Place"),
    "education": lazy("Education"),
    "work": lazy("Work"),
    "bio": lazy("About this person"),
}


class NoteForm(forms.Form):
    """What people type of somebody a network tells nothing of."""

    def __init__(self, data: Any, profile: Profile) -> None:
        super().__init__(data, initial=profile.noted)
        for key, room in NOTED.items():
            widget = forms.Textarea(attrs={"rows": 3}) if room > 200 else forms.TextInput()
            self.fields[key] = forms.CharField(label=LABELS[key], required=False, max_length=room, widget=widget)


@door()
@require_http_methods(["GET", "POST"])
def note(request: HttpRequest, app: str, path: str, pk: int, key: str) -> HttpResponse:
    """Facts kept by hand: they are ours, whatever the network tells or forgets (SOC-18)."""
    module, record, net = _asked(request, app, path, pk, key)
    profile = _linked(module, record, net)
    form = NoteForm(request.POST if request.method == "POST" else None, profile)
    if request.method == "POST" and form.is_valid():
        typed = {name: value for name, value in form.cleaned_data.items() if value}
        Profile.objects.filter(pk=profile.pk).update(noted=typed)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(f"{module.url(record.pk)}#social-profiles")
    shown = {"module": module, "record": record, "net": net, "profile": profile, "form": form, "look": Look.of(request.user)}  # type: ignore[arg-type]
    return render(request, "social/note.html", shown, status=422 if form.is_bound else 200)


def _asked(request: HttpRequest, app: str, path: str, pk: int, key: str, *, change: bool = True) -> tuple[Module, Any, Network]:
    """Module, record and network of an address; for who has not the switch there is no such page (SOC-17)."""
    user: Any = request.user
    if not may(user):
        raise Http404
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    net = next((one for one in offered(record) if one.key == key), None)
    if net is None or not can(user, module, "view", record):
        raise Http404
    if change and not may_change(user, module, record):
        raise PermissionDenied
    return module, record, net


def _linked(module: Module, record: Any, net: Network) -> Profile:
    found = next((one for one in linked_to(module.key, record.pk) if one.network == net.key), None)
    if found is None:
        raise Http404
    return found


def _is_handle(net: Network, typed: str) -> bool:
    """Whether somebody typed @handle where an address belongs."""
    typed = typed.strip()
    return net.profiles.shouts and typed[:1] in {"@", "＠"} and typed[1:].isascii() and typed[1:].replace("_", "").isalnum()


def _associate_url(module: Module, record: Any, net: Network) -> str:
    return reverse("social-associate", args=[module.app, module.path, record.pk, net.key])
