"""The address behind a Japanese postal code: for the form that asks without script, and for the script that asks as one types."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core.text.postal import Place, digits, places
from core.web.doors import door

MOST = 12


@door()
@require_GET
def postal_page(request: HttpRequest) -> HttpResponse:
    """`[{"postal_code", "region", "city", "street"}]` of a code, the most common first; empty for an unknown one."""
    found = places(request.GET.get("code", "")[:20])[:MOST]
    return JsonResponse([vars(one) for one in found], safe=False)


def filled(request: HttpRequest) -> QueryDict:
    """What was posted, with the address filled in from its postal code. Street and building that were typed stay typed."""
    data = request.POST.copy()
    name = data.pop("fill")[-1]
    start = name.removesuffix("postal_code")
    found = places(data.get(name, "")[:20]) if name.endswith("postal_code") else ()
    if not found:
        word = (
            _("This postal code is not known; please type the address.")
            if digits(data.get(name, "")[:20])
            else _("A Japanese postal code has seven digits, such as 105-0011.")
        )
        messages.error(request, word)
        return data
    _fill(data, start, found[0])
    if len(found) > 1:
        others = "、".join(f"{one.region}{one.city}{one.street}" for one in found[1:MOST])
        messages.info(request, _("This postal code has other places too: %(places)s") % {"places": others})
    return data


def _fill(data: QueryDict, start: str, place: Place) -> None:
    for part in ("postal_code", "region", "city"):
        data[start + part] = getattr(place, part)
    typed = data.get(f"{start}street", "").strip()
    if not typed:
        data[f"{start}street"] = place.street
    elif place.street and not typed.startswith(place.street) and typed[:1].isdigit():
        data[f"{start}street"] = place.street + typed
    if f"{start}country" in data and not data[f"{start}country"]:
        data[f"{start}country"] = "JP"
