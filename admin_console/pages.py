"""What the console's pages share: the person an address names, and how an act that saves by itself is answered."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from core.access.models import User
from core.record.write import Refused

from . import queries


def person_or_404(request: HttpRequest, pk: int) -> User:
    """Somebody this admin looks after."""
    found = queries.users_of_admin(request.user).filter(pk=pk).first() if pk < 2**63 else None  # type: ignore[arg-type]
    if found is None:
        raise Http404
    return found


def to(name: str, *args: Any) -> HttpResponseRedirect:
    """Lead to a page by its name."""
    return HttpResponseRedirect(reverse(name, args=args))


def tried(request: HttpRequest, act: Callable[[], Any], said: str = "") -> bool:
    """Do something; say what was done, or why not. Whether it was done."""
    try:
        act()
    except Refused as error:
        messages.error(request, str(error))
        return False
    if said:
        messages.success(request, said)
    return True


def parts(request: HttpRequest, name: str, count: int) -> tuple[list[str], bool]:
    """What a switch sends: its value in `count` parts, and the state wanted. 404 for what no switch of ours sends."""
    *made, wanted = request.POST.get(name, "").replace("\0", "").split(":")
    if len(made) != count or wanted not in {"0", "1"}:
        raise Http404
    return made, wanted == "1"


def switched(request: HttpRequest, act: Callable[[], Any], drawn: Callable[[], Any]) -> HttpResponse:
    """Answer a switch: what `drawn` draws, as it stands now, for htmx; otherwise the page it is on. What was refused is said."""
    try:
        act()
        problem = ""
    except Refused as error:
        problem = str(error)
    if not request.headers.get("HX-Request"):
        if problem:
            messages.error(request, problem)
        return HttpResponseRedirect(request.get_full_path())
    answer = HttpResponse(drawn())
    if problem:
        answer.headers["HX-Trigger"] = json.dumps({"toast": problem})
    return answer
