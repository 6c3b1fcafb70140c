"""One's own accounts at the networks: their page in the personal settings, and the way to a network and back."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.field.look import Look
from core.record.write import Refused
from core.remote.errors import RemoteError
from core.remote.models import NEEDS_SIGNIN, PERSONAL, Connection
from core.remote.network import Network, network, networks
from core.remote.oauth import SignInRefused
from core.text.numbers import whole
from core.web.confirming import Confirmed, asked_first
from core.web.doors import door

from . import own


@door()
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """SOC-3, SOC-20: my accounts, each with its state in words, what is to be done, and the bin."""
    user = _allowed(request)
    look = Look.of(user)
    lines = [
        {
            "row": row,
            "network": network(row.network).label,
            "out": row.chain.state == NEEDS_SIGNIN,
            "words": _state_words(row, look),
            "spans": spans(),
        }
        for row in own.accounts(user)
    ]
    context = {"lines": lines, "networks": networks(), "here": reverse("my-social"), "look": look}
    return render(request, "personal/social.html", context)


@door()
@require_GET
def connect(request: HttpRequest, key: str) -> HttpResponse:
    """What signing in means, and how long it is to hold; then to the network's own page. Nothing changes before they come back.

    Links and no form: browsers stop a form whose answer leads to another site (form-action, W2).
    """
    user = _allowed(request)
    net = _network(key)
    back = safe_back(request.GET.get("back", ""))
    here = f"{reverse('my-social-connect', args=[key])}?{urlencode({'back': back})}"
    if (asked := asked_first(request, here)) is not None:
        return asked
    if "days" in request.GET:
        days = whole(request.GET["days"])
        try:
            return HttpResponseRedirect(own.begin(request.session, user, net, back=back, days=days if days in own.SPANS else 0))
        except Refused as error:
            messages.error(request, str(error))
            return HttpResponseRedirect(back)
    context = {"net": net, "back": back, "here": here, "spans": spans(), "look": Look.of(user)}
    return render(request, "personal/social_connect.html", context)


def back(request: HttpRequest, net: Network) -> HttpResponse:
    """Back from the network, where somebody signed in for themselves."""
    user = _allowed(request)
    try:
        row, where = own.finish(request.session, user, net, request.GET.dict())
    except (SignInRefused, Refused) as error:
        messages.error(request, str(error))
        return redirect("my-social")
    except RemoteError as error:
        messages.error(request, error.for_people())
        return redirect("my-social")
    messages.success(request, _("Signed in at %(network)s as %(account)s.") % {"network": net.label, "account": shown(row)})
    return HttpResponseRedirect(safe_back(where))


@door()
@require_http_methods(["GET", "POST"])
def off(request: HttpRequest, pk: int) -> HttpResponse:
    """Take an account off; says first what of it waits."""
    user = _allowed(request)
    row = _mine(user, pk)
    form = Confirmed(request.POST if request.method == "POST" else None, request=request)
    if request.method == "POST" and form.is_valid():
        own.leave(row)
        words = _("Taken off: %(account)s. The access is taken back at %(network)s, too.")
        messages.success(request, words % {"account": shown(row), "network": network(row.network).label})
        return redirect("my-social")
    held = own.waiting(row)
    waits = ngettext(
        "%(count)d thing you asked for waits for this account. It goes out only if you sign in again.",
        "%(count)d things you asked for wait for this account. They go out only if you sign in again.",
        held,
    )
    context = {"form": form, "row": row, "network": network(row.network).label, "waits": waits % {"count": held} if held else ""}
    return render(request, "personal/social_off.html", context, status=422 if request.method == "POST" else 200)


@door()
@require_POST
def ends(request: HttpRequest, pk: int) -> HttpResponse:
    """When access ends by itself (SOC-20)."""
    row = _mine(_allowed(request), pk)
    days = whole(request.POST.get("days", ""))
    own.end_at(row, days if days in own.SPANS else 0)
    messages.success(request, _("Saved."))
    return redirect("my-social")


def spans() -> list[tuple[int, str]]:
    """After how many days access may end by itself, in words."""
    return [(days, ngettext("%(count)d day", "%(count)d days", days) % {"count": days}) for days in own.SPANS]


def shown(row: Connection) -> str:
    """An account as people know it."""
    return f"@{row.handle}" if row.handle else row.name


def safe_back(back: str) -> str:
    """Where somebody came from, if that is here."""
    return back if back.startswith("/") and url_has_allowed_host_and_scheme(back, None) else reverse("my-social")


def _state_words(row: Connection, look: Look) -> str:
    """What goes on with an account. A passing error never reads as an ended sign-in (SOC-19)."""
    if row.chain.state == NEEDS_SIGNIN:
        return _("The sign-in at the network has ended. What you asked for with it waits; sign in again and it goes on.")
    if row.ends_at is not None:
        return _("The access ends by itself: %(time)s.") % {"time": look.moment(row.ends_at)}
    return ""


def _allowed(request: HttpRequest) -> Any:
    """Who asks; for who may not there is no such page."""
    user: Any = request.user
    if not own.may(user):
        raise Http404
    return user


def _mine(user: Any, pk: int) -> Connection:
    rows = Connection.objects.select_related("chain", "owner")
    return get_object_or_404(rows, pk=pk, owner=user, kind=PERSONAL, closed_at=None)


def _network(key: str) -> Network:
    try:
        return network(key)
    except LookupError:
        raise Http404 from None
