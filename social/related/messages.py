"""Private messages with the people of a record: read and written on a page of their own, the newest few in a tab of the talk (SOC-14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_POST

from core import clock
from core.access.gate import rights
from core.exchange.models import SENT, Delivery
from core.field.look import Look
from core.module.module import Module
from core.module.registry import module as find_module
from core.record.write import Refused
from core.remote.errors import said as told
from core.remote.network import network
from core.text.numbers import whole
from core.web.doors import door
from core.web.once import once, token
from core.web.pages import module_or_404, record_or_404

from .. import conversing, private
from ..messaging import SETTLING, Line, chosen, lines, may_write, send, settling
from ..models import Conversation, Message, Profile
from ..people import HOLDERS
from .profiles import may
from .talk import Talk, tab, whose

SHOWN, PAGE, WAITING = 3, 20, 20


@dataclass
class Said:
    """One message as a page shows it."""

    row: Message
    network: str
    name: str
    by: str
    hue: int


def address(module: Module, record: Any) -> str:
    return reverse("social-messages", args=[module.app, module.path, record.pk])


@tab("messages", lazy("Messages"), "social/_messages_tab.html", position=30)
def newest(talk: Talk) -> dict[str, Any]:
    """The newest private messages, with the way to all of them and to writing one."""
    found, _more = _newest(talk.user, talk.shown, talk.look, "", SHOWN)
    return {"said": found, "url": address(talk.module, talk.record), "unreadable": unreadable(talk.shown)}


def unreadable(profiles: Sequence[Profile]) -> list[str]:
    """What to know where a network lets nobody read private messages."""
    words = _("%(network)s lets no software read messages. What is written from here stands here; the answers stand on %(network)s.")
    keys = dict.fromkeys(one.network for one in profiles)
    return [words % {"network": net.label} for net in map(network, keys) if not private.readable(net)]


def _newest(user: Any, profiles: Sequence[Profile], look: Look, before: str, size: int) -> tuple[list[Said], str]:
    """The newest messages before the edge, and where the next page begins."""
    rows = private.visible(user).filter(profile__in=profiles).select_related("conversation", "channel")
    at, _tilde, pk = before[:80].replace(" ", "+").partition("~")
    moment = _moment(at)
    if moment is not None:
        rows = rows.filter(Q(said_at__lt=moment) | Q(said_at=moment, pk__lt=whole(pk)))
    found = list(rows.order_by("-said_at", "-pk")[: size + 1])
    more = f"{found[size - 1].said_at.isoformat()}~{found[size - 1].pk}" if len(found) > size else ""
    seen: set[tuple[str, str, str]] = set()
    shown = []
    for row in found[:size]:
        # The same account may be the organisation's and somebody's own.
        same = (row.network, row.conversation.account, row.outside_id)
        if same not in seen:
            seen.add(same)
            shown.append(_said(row, look))
    return shown, more


def _moment(text: str) -> Any:
    try:
        found = parse_datetime(text) if text else None
    except ValueError:
        return None
    return found if found is not None and found.tzinfo is not None else None


def _said(row: Message, look: Look) -> Said:
    where = str(network(row.network).label)
    name = row.author_name or (f"@{row.author_handle}" if row.author_handle else where)
    return Said(row, where, name, look.person(row.written_by_id) if row.written_by_id else "", row.profile_id % 9 + 1)


@door()
@require_http_methods(["GET", "POST"])
def page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """All private messages with the people of a record, oldest at the bottom; POST writes one."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk, "told")
    user: Any = request.user
    if module.key not in HOLDERS or not may(user):
        raise Http404
    look = Look.of(user)
    profiles = whose(user, record, look)
    found = lines(user, profiles)
    line = chosen(found, request.POST.get("line") or request.GET.get("line", ""))
    if request.method == "POST":
        return _write(request, module, record, look, profiles, found, line)
    if request.headers.get("HX-Target") == "messages":
        return render(request, "social/_messages.html", _context(request, module, record, look, profiles, found, line))
    return render(request, "social/messages.html", _context(request, module, record, look, profiles, found, line))


def _write(
    request: HttpRequest, module: Module, record: Any, look: Look, profiles: Sequence[Profile], found: list[Line], line: Line | None
) -> HttpResponse:
    text = request.POST.get("text", "").replace("\x00", "")
    url = address(module, record)
    if "choose" in request.POST:  # without a script: another account, with what was typed
        return render(request, "social/messages.html", {**_context(request, module, record, look, profiles, found, line), "text": text})
    refused = _("You cannot write with this account any more. Choose another one.") if line is None else ""
    mark = request.POST.get("once", "")[:64] or token()
    if line is not None:
        try:
            with once(request, f"social.message:{line.key}") as before:
                if not before.result:
                    send(line, text, user=request.user, key=mark)  # type: ignore[arg-type]
                    before.result = "1"
            return HttpResponseRedirect(f"{url}?line={line.key}#messages", status=303)
        except Refused as error:
            refused = str(error)
    context = {**_context(request, module, record, look, profiles, found, line), "text": text, "refused": refused, "once": mark}
    return render(request, "social/messages.html", context, status=422)


def _deliveries(user: Any) -> QuerySet[Delivery]:
    """The private messages on their way that this person sees, and settles: whoever does not read what colleagues wrote reads nothing
    of it on its way either."""
    rows = Delivery.objects.filter(module=private.CONVERSATION)
    return rows if rights(user).reach(find_module(private.MESSAGE), "view").everything else rows.filter(asked_by=user)


def _context(
    request: HttpRequest, module: Module, record: Any, look: Look, profiles: Sequence[Profile], found: list[Line], line: Line | None
) -> dict[str, Any]:
    user, before = request.user, request.GET.get("before", "").replace("\x00", "")
    said, more = _newest(user, profiles, look, before, PAGE)
    talks = list(private.conversations(user).filter(profile__in=profiles))  # type: ignore[arg-type]
    rows = _deliveries(user).filter(record_id__in=[one.pk for one in talks]).exclude(state=SENT)
    waiting = [] if before else list(rows.select_related("connection", "asked_by").order_by("-pk")[:WAITING])
    writes = {one.pk for one in talks if may_write(user, one)}  # type: ignore[arg-type]
    troubled = next((one for one in talks if one.last_error and line and line.talk and one.pk == line.talk.pk), None)
    return {
        "module": module,
        "record": record,
        "look": look,
        "profiles": profiles,
        "unreadable": unreadable(profiles),
        "sendable": any(not one.why_not for one in found),
        "lines": found,
        "line": line,
        "url": address(module, record),
        "said": said,
        "more": more,
        "before": before,
        "waiting": [{"one": one, "settle": settling(one) if one.record_id in writes else []} for one in waiting],
        "older": line if line and line.talk and line.talk.older and not more else None,
        "trouble": told(troubled.last_error, troubled.facts) if troubled else "",
        "reading": bool(line and conversing.wanted(line, clock.now())),
        "once": token(),
        "text": "",
    }


@door()
@require_POST
def older(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Read the history at the network: the newest of it when somebody opens the page, and on where it goes on."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk, "told")
    user: Any = request.user
    if module.key not in HOLDERS or not may(user):
        raise Http404
    line = chosen(lines(user, whose(user, record, Look.of(user))), request.POST.get("line", "-"))
    if "newest" in request.POST:
        if line is not None and conversing.wanted(line, clock.now()):
            conversing.ask(line)
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204)
        messages.info(request, _("The history is being read."))
    elif line is not None and line.talk is not None and line.talk.older:
        conversing.ask(line, older=True)
        messages.info(request, _("The earlier messages are being read."))
    return HttpResponseRedirect(address(module, record), status=303)


@door()
@require_POST
def settle(request: HttpRequest, app: str, path: str, pk: int, delivery: int) -> HttpResponse:
    """A person says what became of a message nobody is sure of, has it sent again, or calls it off."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk, "told")
    user: Any = request.user
    row = get_object_or_404(_deliveries(user).select_related("connection"), pk=delivery)
    talk = get_object_or_404(private.conversations(user), pk=row.record_id)
    if module.key not in HOLDERS or not may(user) or talk.profile_id not in {one.pk for one in whose(user, record, Look.of(user))}:
        raise Http404
    if not may_write(user, Conversation.objects.get(pk=talk.pk)):
        raise PermissionDenied
    act = next((fn for name, fn in SETTLING.items() if name in request.POST), None)
    if act is None or not act(row):
        messages.error(request, _("This message was settled in the meantime."))
    return HttpResponseRedirect(f"{address(module, record)}#messages", status=303)
