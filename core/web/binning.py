"""The bin: what was deleted, by whom, and the way back (PLT-15)."""

from __future__ import annotations

import uuid
from typing import Any

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from core.access.gate import queryset, rights
from core.actor import Actor
from core.field.look import Look
from core.identity.models import Merge
from core.module.module import Module
from core.module.registry import module as find_module
from core.module.registry import modules
from core.record import write
from core.record.bin import empty_bin
from core.signin import audit
from core.web.doors import door

SHOWN = 100


def _binned(user: Any) -> list[dict[str, Any]]:
    """The newest binned records the reader may delete (and so restore), newest first."""
    made = []
    for module in modules():
        if rights(user).allows(module, "delete"):
            made += [
                {"module": module, "record": r}
                for r in queryset(user, module, "delete", aside=True, binned=True).order_by("-deleted_at", "-pk")[:SHOWN]
            ]
    return sorted(made, key=lambda line: line["record"].deleted_at, reverse=True)[:SHOWN]


@door()
def bin_page(request: HttpRequest) -> HttpResponse:
    from django.conf import settings

    user: Any = request.user
    context = {"lines": _binned(user), "days": settings.BIN_DAYS, "look": Look.of(user), "may_empty": bool(user.level)}
    return render(request, "record/bin.html", context)


@door()
@require_POST
def restore(request: HttpRequest) -> HttpResponse:
    """Bring back what one act deleted, as far as one may delete (and so restore) it, with what hung on it."""
    try:
        act = uuid.UUID(request.POST.get("act", ""))
    except ValueError as error:
        raise Http404 from error
    user: Any = request.user

    def may(module: Module) -> QuerySet[Any]:
        return queryset(user, module, "delete", aside=True, binned=True).filter(deleted_with=act)

    if not any(rights(user).allows(one, "delete") and may(one).exists() for one in modules()):
        raise Http404
    if merge := Merge.objects.filter(act=act, undone_at=None).first():
        # What was merged comes back with all that hung on it, or not at all.
        return HttpResponseRedirect(find_module(merge.module).url(merge.winner_id, "unmerge"))
    count = write.restore(act, actor=Actor(user), within=may)
    request.session.pop("undo", None)
    messages.success(request, _("%(count)d records were brought back.") % {"count": count})
    back = request.POST.get("back", "")
    return HttpResponseRedirect(back if back.startswith("/") and not back.startswith("//") and "\\" not in back else "/bin/")


@door(wide=True)
@require_POST
def empty(request: HttpRequest) -> HttpResponse:
    """Delete for good everything in the bin. Account and suite admins only."""
    actor = Actor(request.user)  # type: ignore[arg-type]
    count = empty_bin(None, actor=actor)
    audit.note(actor, audit.BIN_EMPTIED, "core.bin", label=str(count))
    messages.success(request, _("%(count)d records were deleted for good.") % {"count": count})
    return HttpResponseRedirect("/bin/")
