"""The keywords of a channel: added, read, paused and removed from the page of the channels, with or without script (SOC-9)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from core.record.write import Refused
from core.remote.network import network
from core.web.doors import door

from . import connecting, keywords
from .models import Channel, Stream
from .money_words import cost


@door(app="social")
@require_POST
def add(request: HttpRequest, pk: int) -> HttpResponse:
    """Note a keyword; its estimate comes beside it before anything is read."""
    _only_admins(request)
    channel = get_object_or_404(Channel.objects.select_related("connection__chain"), pk=pk)
    try:
        keywords.add(channel, request.POST.get("keyword", ""), request.user)  # type: ignore[arg-type]
    except Refused as error:
        messages.error(request, str(error))
    return redirect(f"/social/settings/channels/#keywords-{pk}")


_VERBS = {"start": keywords.start, "pause": keywords.pause, "remove": keywords.remove}


@door(app="social")
@require_POST
def change(request: HttpRequest, pk: int, verb: str) -> HttpResponse:
    """Read a keyword, pause it, end it, or have it estimated anew."""
    _only_admins(request)
    stream = get_object_or_404(Stream.objects.select_related("channel__connection__chain"), pk=pk, kind=keywords.KIND)
    if verb == "estimate":
        keywords.ask_again(stream)
    elif verb in _VERBS:
        try:
            _VERBS[verb](stream, request.user)  # type: ignore[arg-type]
        except Refused as error:
            messages.error(request, str(error))
    else:
        raise Http404
    if verb == "remove":
        messages.success(request, _("Removed: %(title)s. What it found stays.") % {"title": stream.argument})
    return redirect(f"/social/settings/channels/#keywords-{stream.channel_id}")


def section(channel: Channel, lines: list[keywords.Line], look: Any) -> dict[str, Any]:
    """What the page of the channels shows of one channel's keywords."""
    shown = [
        {
            "stream": line.stream,
            "words": _words(line, look),
            "figures": _figures(line),
            "over": line.over,
            "pending": line.pending,
            "failed": line.stream.paused and line.stream.weekly is None and not line.pending,
        }
        for line in lines
    ]
    return {
        "lines": shown,
        "why_not": keywords.refusal(channel),
        "pending": any(line.pending for line in lines),
        "paid": bool(network(channel.network).prices),
    }


def _figures(line: keywords.Line) -> list[str]:
    """What it would bring and cost, and what it has cost."""
    weekly, made = line.stream.weekly, []
    if weekly is not None:
        made.append(ngettext("%(count)d post in 7 days", "%(count)d posts in 7 days", weekly) % {"count": weekly})
    if line.monthly is not None:
        made.append(_("about %(cost)s a month") % {"cost": cost(line.monthly)})
    if line.spent:
        made.append(_("%(cost)s spent this month") % {"cost": cost(line.spent)})
    return made


def _words(line: keywords.Line, look: Any) -> str:
    """How it stands with a keyword."""
    row = line.stream
    if row.last_error == "over_budget":
        return _("The budget is used up; it goes on at %(time)s.") % {"time": look.moment(row.next_due)}
    if row.last_error == "limited":
        return _("The limit of the network is used up; it goes on at %(time)s.") % {"time": look.moment(row.next_due)}
    if line.pending:
        return _("Being estimated.")
    if row.paused and row.weekly is None and row.last_error == "faulty":
        return _("The network does not understand this keyword.")
    if row.paused and row.weekly is None:
        return _("It could not be estimated. The app key and secret may be missing.")
    if row.paused:
        return _("Not read.") if row.last_ok is None else _("Paused.")
    if row.last_error:
        return _("The network could not be read; we keep trying.")
    return _("Reading begins in a moment.") if row.last_ok is None else _("Last read %(time)s.") % {"time": look.ago(row.last_ok)}


def _only_admins(request: HttpRequest) -> None:
    if not connecting.administers(request.user):  # type: ignore[arg-type]
        raise PermissionDenied
