"""The bell and the page behind it: what somebody was told, read or not (PLT-19)."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from core import clock
from core.field.look import Look
from core.notify.models import Notification
from core.notify.tell import shown, unread
from core.text.numbers import whole
from core.web.doors import door

PAGE = 50


@door()
def notifications_page(request: HttpRequest) -> HttpResponse:
    """The newest first, a page at a time. The bell asks here too, now and then, for itself alone."""
    user: Any = request.user
    if request.headers.get("HX-Target") == "bell":
        return render(request, "ui/_bell.html", {"unread": unread(user)})
    rows, before = Notification.objects.filter(user=user), whole(request.GET.get("before", ""))
    if before:
        rows = rows.filter(pk__lt=before)
    found, look = list(rows.order_by("-pk")[: PAGE + 1]), Look.of(user)
    context = {"items": shown(found[:PAGE], look), "look": look, "older": found[PAGE - 1].pk if len(found) > PAGE else ""}
    return render(request, "notify/list.html", context)


@door()
@require_POST
def read_notification(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read, and go to its record."""
    row = Notification.objects.filter(user=request.user, pk=pk).first() if pk < 2**63 else None  # type: ignore[misc]
    if row is None:
        raise Http404
    Notification.objects.filter(pk=row.pk, read_at=None).update(read_at=clock.now())
    one = shown([row], Look.of(request.user))[0]  # type: ignore[arg-type]
    return HttpResponseRedirect(one.url or reverse("notifications"))


@door()
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read, those told so far."""
    last = whole(request.POST.get("last", ""))
    rows = Notification.objects.filter(user=request.user, read_at=None)  # type: ignore[misc]
    (rows.filter(pk__lte=last) if last else rows).update(read_at=clock.now())
    return HttpResponseRedirect(reverse("notifications"))
