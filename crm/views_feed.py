"""The calendar for other programs: the page where one gets its address, and the file behind the address (CRM-8)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from core.web.doors import door

from . import feed
from .models import Feed


@door(app="crm")
def feed_page(request: HttpRequest) -> HttpResponse:
    """My address, and what to do with it."""
    mine = Feed.objects.filter(user=request.user).first()  # type: ignore[misc]
    return render(request, "crm/feed.html", {"feed": mine, "address": feed.address(mine) if mine else ""})


@door(app="crm")
@require_POST
def renew_feed(request: HttpRequest) -> HttpResponse:
    """Make an address, or another one: the old one stops working at once."""
    user: Any = request.user
    feed.renew(user)
    messages.success(request, _("This is your new address. Earlier ones no longer work."))
    return HttpResponseRedirect(reverse("crm-feed"))


@door(app="crm")
@require_POST
def stop_feed(request: HttpRequest) -> HttpResponse:
    """No address any more."""
    Feed.objects.filter(user=request.user).delete()  # type: ignore[misc]
    messages.success(request, _("Your calendar can no longer be read from outside."))
    return HttpResponseRedirect(reverse("crm-feed"))


@door(open=True, ours=True)
@require_safe
def feed_file(request: HttpRequest, secret: str) -> HttpResponse:
    """The file. Who knows the address may read it; nobody else learns whether there is one."""
    user = feed.of(secret)
    if user is None:
        raise Http404
    tag = feed.tag(user)
    if tag in {one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")}:
        answer = HttpResponse(status=304)
    else:
        answer = HttpResponse(feed.calendar(user), content_type="text/calendar; charset=utf-8")
        answer["Content-Disposition"] = 'inline; filename="enishi.ics"'
    answer["ETag"] = tag
    answer["Cache-Control"] = "private, no-cache"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer
