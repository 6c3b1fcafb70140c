"""Pictures of profiles and posts for our pages: fetched by us, drawn anew small, kept for a day (docs/decisions/0012).

A page of ours loads nothing from elsewhere (the content policy), and who is looked at is nobody's business. The address of the
picture is sealed, so that only what a network told us is fetched, and only from where that network keeps its pictures; it serves for
a day, for what is forgotten must not be fetched again.
"""

from __future__ import annotations

import hashlib
import io
from datetime import timedelta
from urllib.parse import urlencode

from django.core import signing
from django.core.cache import cache
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_GET

from core import clock
from core.access.gate import rights
from core.files.pictures import NoPicture, squares
from core.remote import http
from core.remote.errors import RemoteError
from core.remote.network import network
from core.web.doors import door

from .profiles import may

DAY, HOUR = 86_400, 3_600
# The side of a face and of a view in pixels, and how many bytes of each we take.
FACE, VIEW = (96, 1_000_000), (240, 6_000_000)
LONGEST = 4_000
# How long one that could not be fetched is not asked for again.
PAUSE = 600
_SALT = "social.picture"
_GROUND = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96"><path fill="#8a8f98" d="M0 0h96v96H0z" opacity=".25"/>'
_NO_FACE = _GROUND + b'<circle cx="48" cy="37" r="17" fill="#8a8f98"/><path fill="#8a8f98" d="M14 96a34 34 0 0 1 68 0z"/></svg>'
_NO_VIEW = _GROUND + b'<circle cx="64" cy="34" r="7" fill="#8a8f98"/><path fill="#8a8f98" d="M18 70l20-28 14 18 9-9 17 19z"/></svg>'


def address(key: str, url: str, *, view: bool = False) -> str:
    """Where a picture stands with us; empty for none, and for one that is not where the network keeps its own. A `view` is one of a
    post, larger than the face of a profile."""
    net = network(key)
    if not url or len(url) > LONGEST // 2 or not net.profiles.shows(url, net.site):
        return ""
    told = f"{clock.now():%Y%m%d} {'view' if view else 'face'} {key} {url}"
    return f"{reverse('social-picture')}?{urlencode({'of': signing.Signer(salt=_SALT).sign(told)})}"


@door()
@require_GET
def picture(request: HttpRequest) -> HttpResponse:
    """A small JPEG; a drawn figure where the picture is gone or none."""
    user = request.user
    if not may(user) and not rights(user).has_app("social"):  # type: ignore[arg-type]
        raise Http404
    try:
        day, shape, key, url = signing.Signer(salt=_SALT).unsign(request.GET.get("of", "")[:LONGEST]).split(" ", 3)
    except (signing.BadSignature, ValueError) as error:
        raise Http404 from error
    if day not in {f"{clock.now():%Y%m%d}", f"{clock.now() - timedelta(days=1):%Y%m%d}"}:
        raise Http404
    view = shape == "view"
    body = _small(key, url, *(VIEW if view else FACE))
    answer = HttpResponse(body or (_NO_VIEW if view else _NO_FACE), content_type="image/jpeg" if body else "image/svg+xml")
    answer["Cache-Control"] = f"private, max-age={_kept(key) if body else PAUSE}"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _small(key: str, url: str, side: int, most_bytes: int) -> bytes:
    """The picture as a small square, from the store or from the network; empty for none."""
    name = f"picture:{hashlib.sha256(f'{side} {key} {url}'.encode()).hexdigest()}"
    held = cache.get(name)
    if held is not None:
        return bytes(held)
    body = b""
    try:
        answer = http.fetch("GET", url, max_bytes=most_bytes)
        if answer.ok:
            body = squares(io.BytesIO(answer.body), (side,))[side]
    except (RemoteError, NoPicture):
        body = b""
    cache.set(name, body, _kept(key) if body else PAUSE)
    return body


def _kept(key: str) -> int:
    """How long a picture is kept, in seconds: shorter where the network lets us keep a person for a time only."""
    return HOUR if network(key).keeps else DAY
