"""The photo of a person: its page, its bytes, and the button that takes it off (CRM-17)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotModified, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.actor import Actor
from core.field.look import Look
from core.files.models import Photo
from core.files.photos import MOST_MB, SIDES, has_photo, remove_photo, set_photo
from core.module.module import Module
from core.panels import may_change
from core.record.write import Refused
from core.web.doors import door
from core.web.files import given_out
from core.web.held import held_record
from core.web.pages import module_or_404, record_or_404

# A photo's address names the one photo; a new one has a new address. So long a browser may keep it without asking again.
KEEP = 3600


def _person(request: HttpRequest, app: str, path: str, pk: int) -> tuple[Module, Any]:
    """A person whose photo the reader may change."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    if not has_photo(module):
        raise Http404
    if not may_change(request.user, module, record):
        raise PermissionDenied
    return module, record


@door()
@require_http_methods(["GET", "POST"])
def photo_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Choose a picture; its middle becomes the photo."""
    module, record = _person(request, app, path, pk)
    look = Look.of(request.user)  # type: ignore[arg-type]
    look.want_faces(module.key, [pk])
    context: dict[str, Any] = {"module": module, "record": record, "look": look, "most": MOST_MB}
    if request.method == "POST":
        upload = request.FILES.get("photo")
        try:
            if upload is None:
                raise Refused(_("Choose a picture first."))
            set_photo(module.key, record, upload, actor=Actor(request.user))  # type: ignore[arg-type]
        except Refused as error:
            context["problem"] = str(error)
        else:
            messages.success(request, _("The photo was changed."))
            return HttpResponseRedirect(module.url(pk))
    context["photo"] = look.photo(module.key, pk)
    return render(request, "record/photo.html", context, status=422 if "problem" in context else 200)


@door()
@require_POST
def photo_off(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Take the photo off."""
    module, record = _person(request, app, path, pk)
    if remove_photo(module.key, record, actor=Actor(request.user)):  # type: ignore[arg-type]
        messages.success(request, _("The photo was removed."))
    return HttpResponseRedirect(module.url(pk))


@door()
@require_GET
def photo(request: HttpRequest, pk: int, side: int) -> HttpResponseBase:
    """The bytes of a photo, for those who may see the person."""
    row = Photo.objects.select_related("file").filter(pk=pk).first() if 0 < pk < 2**63 else None
    if row is None or side not in SIDES:
        raise Http404
    held_record(request, row.module, row.record_id)
    etag = f'"{row.pk}-{side}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponseNotModified(headers={"ETag": etag, "Cache-Control": f"private, max-age={KEEP}"})
    place = row.file.place if side == max(SIDES) else row.file.variant(side)
    answer = given_out(place, "image/jpeg", "photo.jpg", keep=KEEP)
    answer.headers["ETag"] = etag
    return answer
