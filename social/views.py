"""Pages of social that are no module: the Monitor, the channels, and the way to a network and back."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.access.gate import can, rights
from core.access.opened import look_up
from core.action.registry import actions_on
from core.field.look import Look
from core.module.registry import module
from core.record.write import Refused
from core.remote import oauth
from core.remote.abilities import Can
from core.remote.errors import RemoteError
from core.remote.network import network, networks
from core.remote.oauth import SignInRefused
from core.text.numbers import whole
from core.web.confirming import asked_first
from core.web.doors import door

from . import connecting, keyword_pages, keywords, own, own_pages
from .feed import lines
from .models import DISCONNECTED, Brand, Channel, Stream
from .related.talk import voiced
from .watching import kinds, watched


@door(app="social")
@require_GET
def monitor(request: HttpRequest) -> HttpResponse:
    """What people said to us, open or done, by channel, kind and words (SOC-32)."""
    user: Any = request.user
    if not can(user, "social.post", "view"):
        raise Http404
    channels = list(Channel.objects.select_related("brand", "connection__chain"))
    chosen = next((one for one in channels if str(one.pk) == request.GET.get("channel", "")), None)
    page = watched(user, request.GET if chosen else {**request.GET.dict(), "channel": ""})
    for one in channels:
        one.label = network(one.network).label  # type: ignore[attr-defined]
    look = Look.of(user)
    shown = lines(user, page.posts, look)
    look_up(module("social.post"), [line.post for line in shown])  # one question about sharing rules, not one a post
    for line in shown:
        line.actions = {one.key.split(".")[1]: one for one in actions_on(line.post, user)}
    voiced(user, shown)
    context = {
        "lines": shown,
        "page": page,
        "kinds": kinds(),
        "keywords": _saved_words() if page.kind == "keyword" or page.q else [],
        "channels": channels,
        "chosen": chosen,
        "may_connect": connecting.administers(user),
        "refused": sorted(filter(None, {network(one.network).why_not(Can.LIKE) for one in channels if one.state != DISCONNECTED})),
        "look": look,
    }
    return render(request, "social/_posts.html" if request.headers.get("HX-Target") == "posts" else "social/monitor.html", context)


def _saved_words() -> list[str]:
    """The keywords that are read, to choose from."""
    return sorted(set(Stream.objects.filter(kind="keyword").values_list("argument", flat=True)))[:100]


@door(app="social")
@require_GET
def channels_page(request: HttpRequest) -> HttpResponse:
    """Brands and their channels, each with its state in words (SOC-30)."""
    user: Any = request.user
    rows = Channel.objects.select_related("brand", "connection__chain", "connection__owner")
    streams: dict[int, list[Stream]] = {}
    for stream in Stream.objects.select_related("channel").order_by("pk"):
        streams.setdefault(stream.channel_id, []).append(stream)
    look, may_connect = Look.of(user), connecting.administers(user)
    found = keywords.lines([one for some in streams.values() for one in some]) if may_connect else {}
    context = {
        "channels": [
            {
                "channel": one,
                "network": network(one.network).label,
                "words": _state_words(one, streams.get(one.pk, []), look),
                "keywords": keyword_pages.section(one, found.get(one.pk, []), look) if may_connect else None,
            }
            for one in rows
        ],
        "brands": Brand.objects.all(),
        "no_keywords": sorted({network(one.network).why_not(Can.KEYWORDS) for one in rows if may_connect} - {""}),
        "pending": any(line.pending for some in found.values() for line in some),
        "may_connect": may_connect,
        "may_rule": rights(user).feature("rules"),
        "networks": [one for one in networks() if one.streams],
        "look": look,
    }
    return render(request, "social/_brands.html" if request.headers.get("HX-Target") == "brands" else "social/channels.html", context)


def _state_words(channel: Channel, streams: list[Stream], look: Look) -> str:
    """What goes on with a channel: of what is read there, how it stands with the worst. A passing error never reads as
    disconnected (SOC-19)."""
    if channel.state == "needs_signin":
        return _("The sign-in has ended. Reading has stopped; answers wait. Sign in again and both go on where they stopped.")
    if channel.state == "disconnected":
        return _("Nothing is read or sent.")
    reading = [one for one in streams if one.kind != "keyword"]
    stream = min(reading, key=lambda one: (not one.last_error, one.last_ok is not None, one.last_ok or one.next_due), default=None)
    if stream is None or (stream.last_ok is None and not stream.last_error):
        return _("Connected; the first reading is on its way.")
    if stream.last_error == "limited":
        return _("The limit of the network is used up; reading goes on at %(time)s.") % {"time": look.moment(stream.next_due)}
    if stream.last_error == "over_budget":
        return _("The budget for this network is used up; reading goes on at %(time)s.") % {"time": look.moment(stream.next_due)}
    if stream.last_error == "unpaid":
        return _("The credit at the network is used up. An administrator has to top it up.")
    if stream.last_error and stream.last_ok is None:
        return _("The network could not be read yet; we keep trying.")
    if stream.last_error:
        return _("The network could not be read; we keep trying. Last read %(time)s.") % {"time": look.ago(stream.last_ok)}
    return _("Last read %(time)s.") % {"time": look.ago(stream.last_ok)}


@door(app="social")
@require_POST
def add_brand(request: HttpRequest) -> HttpResponse:
    _only_admins(request)
    name = request.POST.get("name", "").replace("\x00", "").strip()[:80]
    if not name:
        return _told(request, _("A brand needs a name."))
    try:
        with transaction.atomic():
            Brand.objects.create(name=name)
    except IntegrityError:
        return _told(request, _("There is a brand of this name already."))
    messages.success(request, _("Saved: %(title)s") % {"title": name})
    return redirect("social-channels")


@door(app="social")
@require_GET
def connect(request: HttpRequest, key: str) -> HttpResponse:
    """To the network's own page, where its owner agrees. Nothing changes here before they come back."""
    _only_admins(request)
    brand = get_object_or_404(Brand, pk=_whole(request.GET.get("brand", "")))
    # Not on to the network from there: browsers stop a form whose answer leads to another site (form-action, W2).
    if (asked := asked_first(request, reverse("social-channels"))) is not None:
        messages.info(request, _("Type your password, then connect the account once more."))
        return asked
    try:
        return HttpResponseRedirect(connecting.begin(request.session, request.user, _network(key), brand))  # type: ignore[arg-type]
    except Refused as error:
        return _told(request, str(error))


@door()
@require_GET
def callback(request: HttpRequest, key: str) -> HttpResponse:
    """Back from the network: state and code are checked and used once; what the address says is never shown (T1, T2)."""
    begun = oauth.purpose_of(request.session, request.GET.dict())
    if begun.startswith(own.PURPOSE) or not connecting.administers(request.user):  # type: ignore[arg-type]
        return own_pages.back(request, _network(key))
    try:
        channels = connecting.finish(request.session, request.user, _network(key), request.GET.dict())  # type: ignore[arg-type]
    except (SignInRefused, Refused) as error:
        return _told(request, str(error))
    except RemoteError as error:
        return _told(request, error.for_people())
    messages.success(request, _("Connected: @%(handle)s") % {"handle": ", @".join(one.handle for one in channels)})
    return redirect("social-channels")


@door(app="social")
@require_POST
def disconnect(request: HttpRequest, pk: int) -> HttpResponse:
    _only_admins(request)
    channel = get_object_or_404(Channel.objects.select_related("connection__chain"), pk=pk)
    if (asked := asked_first(request, reverse("social-channels"))) is not None:
        messages.info(request, _("Type your password, then disconnect @%(handle)s again.") % {"handle": channel.handle})
        return asked
    connecting.disconnect(channel, request.user)  # type: ignore[arg-type]
    messages.success(request, _("Disconnected: @%(handle)s. The access is taken back at the network, too.") % {"handle": channel.handle})
    return redirect("social-channels")


def _only_admins(request: HttpRequest) -> None:
    if not connecting.administers(request.user):  # type: ignore[arg-type]
        raise PermissionDenied


def _network(key: str) -> Any:
    try:
        return network(key)
    except LookupError:
        raise Http404 from None


def _told(request: HttpRequest, words: str) -> HttpResponse:
    messages.error(request, words)
    return redirect("social-channels")


def _whole(text: str) -> int:
    return whole(text)
