"""The address that networks tell news to: open to everybody, since the signature is the door (SOC-8)."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.exchange import hooks
from core.remote.network import network
from core.web.doors import door


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
