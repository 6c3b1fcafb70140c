"""The tokens of all people: listed, and ended one by one (ADM-8)."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.access.models import User
from core.actor import Actor
from core.field.look import Look
from core.signin import tokens
from core.text.numbers import whole
from core.web.doors import door

from .pages import to, tried
from .security import somebody

PAGE = 50


@door(wide=True)
@require_GET
def tokens_page(request: HttpRequest) -> HttpResponse:
    """Who can be read from outside without signing in, by what, and since when."""
    me: User = request.user  # type: ignore[assignment]
    pages = Paginator(tokens.everybodys(), PAGE)
    page = pages.get_page(request.GET.get("page"))
    people = {one.pk: one for one in User.objects.filter(pk__in=[user for _kind, user, _at in page])}
    lines = [
        {"kind": kind, "person": people[user], "at": at, "may": people[user].level != "account" or me.level == "account"}
        for kind, user, at in page
        if user in people
    ]
    return render(request, "admin_console/tokens.html", {"look": Look.of(me), "lines": lines, "page": page, "count": pages.count})


@door(wide=True)
@require_POST
def end(request: HttpRequest) -> HttpResponse:
    """End the tokens of one kind of somebody."""
    one, kind = somebody(request, whole(request.POST.get("user", ""))), tokens.kinds.get(request.POST.get("kind", ""))
    if kind is None or not tokens.end(kind, one, actor=Actor(request.user)):  # type: ignore[arg-type]
        raise Http404
    tried(request, lambda: None, _("It lets nobody in any more."))
    return to("console-tokens")
