"""The addresses that networks tell news to, and what people take back: open to everybody, since the signature is the door (SOC-8)."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.exchange import hooks
from core.remote.network import network
from core.web.doors import door

from . import withdrawing
from .models import DeletionRequest

LARGEST_FORM = 10_000


@door(open=True)
@csrf_exempt
@require_POST
def access_withdrawn(request: HttpRequest, key: str) -> HttpResponse:
    """Somebody took our app off at the network."""
    net, person = _withdrawn(request, key)
    if not person:
        return HttpResponse(status=403)
    withdrawing.access(net, person)
    return HttpResponse(content_type="text/plain")


@door(open=True)
@csrf_exempt
@require_POST
def data_withdrawn(request: HttpRequest, key: str) -> HttpResponse:
    """Somebody asks the network to have us delete what is theirs: the answer says where they see how far it is."""
    net, person = _withdrawn(request, key)
    if not person:
        return HttpResponse(status=403)
    row = withdrawing.data(net, person, request.POST["signed_request"])
    address = f"{settings.BASE_URL}{reverse('social-deletion', args=[key, row.code])}"
    return JsonResponse({"url": address, "confirmation_code": row.code})


@door(open=True)
@require_GET
def deletion(request: HttpRequest, key: str, code: str) -> HttpResponse:
    """How far a deletion is, for whoever has its code."""
    row = get_object_or_404(DeletionRequest, network=key, code=code)
    asked, done = (f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC" if at else "" for at in (row.asked_at, row.done_at))
    return render(request, "social/deletion.html", {"row": row, "network": network(key).label, "asked": asked, "done": done})


def _withdrawn(request: HttpRequest, key: str) -> tuple[Any, str]:
    """The network, and who it says takes something back; nobody, where it did not sign that."""
    try:
        net = network(key)
    except LookupError:
        raise Http404 from None
    small = int(request.headers.get("Content-Length") or 0) <= LARGEST_FORM
    return net, net.withdrawn(request.POST.dict()) if small else ""


@door(open=True)
# A network has no session here; what it sends is believed for its signature over the raw body alone.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def hook(request: HttpRequest, key: str) -> HttpResponse:
    """A challenge is answered; an event is checked, written down and answered. The work is done by a job."""
    try:
        net = network(key)
    except LookupError:
        raise Http404 from None
    if request.method == "GET":
        answer = net.challenged(request.GET.dict())
        if answer is None:
            raise Http404
        return HttpResponse(answer[0], content_type=answer[1])
    if int(request.headers.get("Content-Length") or 0) > hooks.LARGEST:
        return HttpResponse(status=413)
    if not net.signed(request.headers, request.body):
        return HttpResponse(status=403)
    hooks.receive(net, request.body)
    return HttpResponse(content_type="text/plain")
