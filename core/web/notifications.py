"""The bell, the page behind it, and how somebody wants to be told of what (PLT-19)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock
from core.field.look import Look
from core.notify.kinds import Kind, all_kinds, chosen
from core.notify.models import BY_MAIL, Notification, NotifyChoice
from core.notify.showing import shown, unread
from core.text.numbers import whole
from core.web.doors import door

PAGE = 50


def _mine(request: HttpRequest) -> QuerySet[Notification]:
    return Notification.objects.filter(user=request.user, page=True)  # type: ignore[misc]


@door()
@require_GET
def notifications_page(request: HttpRequest) -> HttpResponse:
    """Those not read first, then the others, each newest first, a page at a time."""
    user: Any = request.user
    new = "read" not in request.GET
    before, rows = whole(request.GET.get("before" if new else "read", "")), []
    if new:
        rows = list(_page(_mine(request).filter(read_at=None, gone=False), before))
    fresh, older = rows[:PAGE], ""
    if len(rows) > PAGE:
        older = f"before={fresh[-1].pk}"
    else:
        read = list(_page(_mine(request).filter(read_at__isnull=False), None if new else before))
        room = PAGE - len(fresh)
        rows = fresh + read[:room]
        if len(read) > room:
            # Where unread ones filled the page, those read begin on the next.
            older = f"read={rows[-1].pk}" if room else f"read={read[0].pk + 1}"
    look = Look.of(user)
    context = {"items": shown(rows[:PAGE], look), "look": look, "older": older, "last": max((one.pk for one in fresh), default="")}
    return render(request, "notify/list.html", context)


def _page(rows: QuerySet[Notification], before: int | None) -> QuerySet[Notification]:
    return (rows.filter(pk__lt=before) if before else rows).order_by("-pk")[: PAGE + 1]


@door()
@require_GET
def bell(request: HttpRequest) -> HttpResponse:
    """The bell alone, which asks every half minute: one count, and nothing comes back while it stays the same."""
    count = unread(request.user)  # type: ignore[arg-type]
    etag = f'"{count}-{get_language()}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag})
    response = render(request, "ui/_bell.html", {"unread": count})
    response.headers["ETag"] = etag
    return response


@door()
@require_POST
def read_notification(request: HttpRequest, pk: int) -> HttpResponse:
    """Mark one as read, and go to its record; with `stay`, come back to the page."""
    row = _mine(request).filter(pk=pk).first() if pk < 2**63 else None
    if row is None:
        raise Http404
    Notification.objects.filter(pk=row.pk, read_at=None).update(read_at=clock.now())
    items = [] if "stay" in request.POST else shown([row], Look.of(request.user))  # type: ignore[arg-type]
    return HttpResponseRedirect(items[0].url if items else reverse("notifications"))


@door()
@require_POST
def read_all(request: HttpRequest) -> HttpResponse:
    """Mark all as read, those told so far."""
    last = whole(request.POST.get("last", ""))
    rows = Notification.objects.filter(user=request.user, read_at=None)  # type: ignore[misc]
    (rows.filter(pk__lte=last) if last else rows).update(read_at=clock.now())
    return HttpResponseRedirect(reverse("notifications"))


@door()
@require_http_methods(["GET", "POST"])
def choices_page(request: HttpRequest) -> HttpResponse:
    """Each kind by its two ways: in the page, and by mail."""
    user: Any = request.user
    if request.method == "POST":
        with transaction.atomic():
            for kind in all_kinds():
                _keep(user, kind, request)
        messages.success(request, _("Saved."))
        return HttpResponseRedirect(request.path)
    lines = []
    for kind in all_kinds():
        page, mail = chosen([user.pk], kind)[user.pk]
        lines.append({"kind": kind, "page": page, "mail": mail})
    return render(request, "notify/choices.html", {"lines": lines, "by_mail": BY_MAIL})


def _keep(user: Any, kind: Kind, request: HttpRequest) -> None:
    """What was sent for one kind. A kind the form did not name (it is newer than the page) stays as it is."""
    mail = request.POST.get(f"{kind.key}-mail")
    if mail is None or mail not in dict(BY_MAIL):
        return
    page = f"{kind.key}-page" in request.POST
    NotifyChoice.objects.update_or_create(user_id=user.pk, kind=kind.key, defaults={"page": page, "mail": mail})
