"""The page behind the link of a mass mail that says: no more (P2, RFC 8058). Open to everybody; the sealed link is the door."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from core.mail.stopping import masked, stop, unsealed
from core.organisation.settings import setting
from core.web.doors import door


@door(open=True)
# A mail program presses the button of RFC 8058 from outside; what it sends is worth no more than the link it was given.
@csrf_exempt
@require_http_methods(["GET", "POST"])
def stop_page(request: HttpRequest, sealed: str) -> HttpResponse:
    """Looking shows whom it is for and changes nothing; only a press does. The same answer whether the address is known."""
    asked = unsealed(sealed)
    if asked is None:
        raise Http404
    if request.method == "POST":
        stop(asked)
        if request.POST.get("List-Unsubscribe"):  # a program: it follows no redirect
            return HttpResponse("OK", content_type="text/plain")
        return HttpResponseRedirect(f"{request.path}?done=1")
    app = asked.module.partition(".")[0]
    context = {
        "email": masked(asked.email),
        "done": "done" in request.GET,
        "who": setting("name", app),
        "portal": setting("portal_url", app),
    }
    answer = render(request, "mail/stop.html", context)
    answer.headers["Cache-Control"] = "no-store"
    answer.headers["X-Robots-Tag"] = "noindex"
    return answer
