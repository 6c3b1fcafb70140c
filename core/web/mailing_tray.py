"""For those who look after the installation: what would have gone out, and the addresses that get no mail."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core import clock
from core.access.gate import rights
from core.access.models import User
from core.field.look import Look
from core.mail.html import paragraphs
from core.mail.models import Suppression, TrayMail
from core.mail.outgoing import addresses
from core.record.write import Refused
from core.text.numbers import whole
from core.web.doors import door

SHOWN = 50


def _readable(user: Any) -> QuerySet[TrayMail]:
    """The newest first. A link to a new password makes whoever reads it an account admin: what the house writes to account
    admins is read by account admins alone (A8)."""
    rows = TrayMail.objects.order_by("-pk")
    if user.level == "account":
        return rows
    return rows.exclude(mail=None, to__in=list(User.objects.filter(level="account").values_list("email", flat=True)))


@door(wide=True)
@require_GET
def tray_page(request: HttpRequest) -> HttpResponse:
    """What would have gone out, where no mail server is set. Admins alone: reset links are among it."""
    q = request.GET.get("q", "").replace("\x00", "").strip()[:254]
    rows = _readable(request.user)
    if q:
        rows = rows.filter(to__icontains=q) | rows.filter(subject__icontains=q)
    if before := whole(request.GET.get("before", "")):
        rows = rows.filter(pk__lt=min(before, 2**63 - 1))
    found = list(rows[: SHOWN + 1])
    mails = [{"row": one, "body": paragraphs(one.body)} for one in found[:SHOWN]]
    context = {"mails": mails, "older": found[SHOWN - 1].pk if len(found) > SHOWN else "", "typed": q}
    return render(request, "mail/tray.html", context | {"server": "tray" not in settings.EMAIL_BACKEND, "look": Look.of(request.user)})  # type: ignore[arg-type]


@door(wide=True)
@require_GET
def stopped_page(request: HttpRequest) -> HttpResponse:
    """Addresses that get no mail, the newest first; one is found by its beginning."""
    q = request.GET.get("q", "").replace("\x00", "").strip().casefold()[:254]
    rows = Suppression.objects.order_by("-at", "-pk")
    if q:
        rows = rows.filter(email__startswith=q)
    context = {"stopped": rows[: SHOWN * 2], "typed": q, "may": rights(request.user).feature("settings"), "look": Look.of(request.user)}  # type: ignore[arg-type]
    return render(request, "mail/stopped.html", context)


@door(wide=True)
@require_POST
def suppress(request: HttpRequest) -> HttpResponse:
    """Stop mail to an address, or allow it again: a mailbox may have been full of trouble for a week only."""
    try:
        emails = addresses(request.POST.get("email", "")[:254])
    except Refused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("mail-stopped"))
    for email in (one.casefold() for one in emails[:1]):
        if "allow" in request.POST:
            Suppression.objects.filter(email=email).delete()
            messages.success(request, _("%(email)s gets mail again.") % {"email": email})
        else:
            Suppression.objects.update_or_create(email=email, defaults={"why": Suppression.BY_HAND, "at": clock.now()})
            messages.success(request, _("%(email)s gets no mail any more.") % {"email": email})
    return HttpResponseRedirect(reverse("mail-stopped"))
