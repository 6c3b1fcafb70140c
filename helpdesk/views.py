"""Pages of the help desk: triage, a ticket with its conversation, and what is done from it."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from core.access.gate import can
from core.access.gate import fields as gate_fields
from core.access.people import active_choices
from core.action import registry
from core.actor import Actor
from core.event.timeline import timeline
from core.exchange import outbox
from core.field.look import Look
from core.html import built
from core.module.registry import module
from core.record.unopened import opened
from core.record.write import Refused
from core.text.numbers import whole
from core.web.doors import door
from core.web.once import once, token
from core.web.pages import record_or_404

from . import triage
from .actions import last_message
from .models import CLOSED, Entry, Ticket

STALE = 409


@door(app="helpdesk")
@require_GET
def home(request: HttpRequest) -> HttpResponse:
    """The queue alone: what is waiting, unassigned first (HD-8)."""
    user: Any = request.user
    if not can(user, "helpdesk.ticket", "view"):
        raise Http404
    look, mine = Look.of(user), request.GET.get("mine") == "1"
    queue, may_create = triage.queue(user, look, only_mine=mine), can(user, "helpdesk.ticket", "create")
    context = {"queue": queue, "mine": mine, "look": look, "may_create": may_create, "module": module("helpdesk.ticket")}
    return render(request, "helpdesk/triage.html", context)


@door(app="helpdesk")
@require_GET
def ticket_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Queue, conversation, person. Whoever it was given to has read it now."""
    ticket = _ticket(request, pk)
    opened(request.user.pk, "helpdesk.ticket", ticket)  # type: ignore[arg-type]
    return _page(request, ticket)


def _ticket(request: HttpRequest, pk: int, right: str = "view") -> Ticket:
    one = module("helpdesk.ticket")
    if not can(request.user, one, "view"):  # type: ignore[arg-type]
        raise Http404
    ticket: Ticket = record_or_404(request, one, pk, right)
    return ticket


def _page(request: HttpRequest, ticket: Ticket, status: int = 200, **typed: Any) -> HttpResponse:
    user: Any = request.user
    look, mine = Look.of(user), request.GET.get("mine") == "1"
    one = module("helpdesk.ticket")
    known, said = gate_fields(user, one), triage.conversation(ticket, look)
    record, way = last_message(ticket)
    context = {
        "ticket": ticket,
        "module": one,
        "look": look,
        "mine": mine,
        "queue": triage.queue(user, look, only_mine=mine, here=ticket.pk),
        "said": said,
        "described": _described(user, ticket),
        "mark": triage.mark(ticket, said, look.language),
        "newest": triage.newest(said),
        "voice": way.voice(record) if way else None,
        "voices": way.voices(record, user) if way else [],
        "beside": triage.beside(user, ticket, look),
        "may": {right: can(user, one, right, ticket) for right in ("edit", "delete")},
        "closed": ticket.status == CLOSED,
        "fields": {key: built(known[key].html(ticket, look)) for key in ("status", "priority", "department", "channel") if key in known},
        "agents": active_choices(),
        "timeline": timeline(user, one, ticket, look, limit=10).items,
        "once": request.POST.get("once") or token(),
        **typed,
    }
    return render(request, "helpdesk/ticket.html", context, status=status)


def _described(user: Any, ticket: Ticket) -> str:
    """What a ticket began with, for who may read it."""
    return ticket.description if "description" in gate_fields(user, module("helpdesk.ticket")) else ""


@door(app="helpdesk")
@require_GET
def entries(request: HttpRequest, pk: int) -> HttpResponse:
    """The conversation alone, for a page that asks every few seconds: nothing when it looks as it did."""
    ticket = _ticket(request, pk)
    look = Look.of(request.user)  # type: ignore[arg-type]
    said = triage.conversation(ticket, look)
    mark = triage.mark(ticket, said, look.language)
    etag = f'"{mark}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    if request.GET.get("seen") == mark:
        return HttpResponse(status=204, headers={"ETag": etag})
    may = {"edit": can(request.user, module("helpdesk.ticket"), "edit", ticket)}  # type: ignore[arg-type]
    context = {"ticket": ticket, "said": said, "mark": mark, "look": look, "may": may, "described": _described(request.user, ticket)}
    response = render(request, "helpdesk/_entries.html", context)
    response.headers["ETag"] = etag
    return response


@door(app="helpdesk")
@require_POST
def say(request: HttpRequest, pk: int) -> HttpResponse:
    """An answer to the customer or a word among us. What was typed is never lost, and goes out once."""
    ticket = _ticket(request, pk, "edit")
    text, kind = request.POST.get("text", "").replace("\x00", "").replace("\r\n", "\n"), request.POST.get("kind", "reply")
    key = "helpdesk.comment" if kind == "comment" else "helpdesk.reply"
    speaker = request.POST.get("speaker", "") if kind != "comment" else ""
    typed = {"text": text, "kind": kind, "speaker": speaker}
    if kind != "comment" and _is_stale(request, ticket):
        words = _("Something was said in this ticket while you wrote. Look at it, then send once more.")
        return _page(request, ticket, STALE, refused=words, once=token(), **typed)
    try:
        with once(request, f"{key}:{pk}") as before:
            if not before.result:
                as_whom = {"speaker": speaker} if speaker else {}
                registry.run(key, ticket, actor=Actor(request.user), text=text, **as_whom)  # type: ignore[arg-type]
                before.result = "1"
                if "close" in request.POST and kind != "comment":
                    registry.run("helpdesk.close", Ticket.objects.get(pk=pk), actor=Actor(request.user))  # type: ignore[arg-type]
    except registry.Forbidden as error:
        raise PermissionDenied from error
    except Refused as error:
        ticket.refresh_from_db()
        return _page(request, ticket, 422, refused=str(error), **typed)
    last = ticket.entries.order_by("-pk").values_list("pk", flat=True).first()
    return HttpResponseRedirect(f"{_back(request, ticket)}#entry-{last}")


def _is_stale(request: HttpRequest, ticket: Ticket) -> bool:
    """Whether something was said since this form was made."""
    seen = request.POST.get("seen", "")
    if whole(seen, -1) < 0:
        return False
    return ticket.entries.exclude(kind="comment").filter(pk__gt=int(seen)).exclude(author=request.user.pk).exists()


@door(app="helpdesk")
@require_POST
def act(request: HttpRequest, pk: str, key: str) -> HttpResponse:
    """The buttons of the ticket's head: close, open again, assign."""
    ticket = _ticket(request, int(pk), "edit")
    values: dict[str, Any] = {}
    if key == "assign":
        agent = request.POST.get("agent", "")
        values["agent"] = whole(agent) or None
    try:
        registry.run(f"helpdesk.{key}", ticket, actor=Actor(request.user), **values)  # type: ignore[arg-type]
    except registry.Forbidden as error:
        raise PermissionDenied from error
    except Refused as error:
        ticket.refresh_from_db()
        return _page(request, ticket, STALE, refused=str(error))
    messages.success(request, _("Done: %(action)s") % {"action": registry.find(f"helpdesk.{key}").label})  # type: ignore[union-attr]
    return HttpResponseRedirect(_back(request, ticket))


@door(app="helpdesk")
@require_POST
def settle(request: HttpRequest, pk: int, entry_id: int) -> HttpResponse:
    """A person says what became of an answer nobody is sure of, or has a failed one sent again."""
    ticket = _ticket(request, pk, "edit")
    entry = get_object_or_404(Entry.objects.select_related("delivery__connection"), pk=entry_id, ticket=ticket, delivery__isnull=False)
    assert entry.delivery is not None
    if not entry.delivery.may_be_settled_by(request.user):  # type: ignore[arg-type]
        raise PermissionDenied
    done = outbox.confirm_sent(entry.delivery) if "sent" in request.POST else outbox.send_again(entry.delivery)
    if not done:
        messages.error(request, _("This answer was settled in the meantime."))
    return HttpResponseRedirect(f"{_back(request, ticket)}#entry-{entry.pk}")


def _back(request: HttpRequest, ticket: Ticket) -> str:
    return module("helpdesk.ticket").url(ticket.pk) + ("?mine=1" if request.GET.get("mine") == "1" else "")
