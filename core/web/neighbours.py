"""Previous and next record in the list the reader came from."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest, QueryDict

from core.module import listing
from core.module.module import Module
from core.module.paging import Cursor, page
from core.module.patience import TookTooLong


def neighbours(request: HttpRequest, module: Module, record: Any) -> dict[str, str]:
    """Addresses of the record before and after in the list of the `from` parameter (or the page one came from), and of
    that list. Two short walks along the order's index; nothing when the record does not come from a list."""
    came = request.GET.get("from", "")
    if not came:
        before = _asked_before(request.headers.get("Referer", ""), module.url())
        if before is None:
            return {"list": module.url(), "previous": "", "next": "", "label": ""}
        came = before
    query = QueryDict(came)
    if len(came) > 2000 or any(len(values) > 5 for values in parse_qs(came).values()):
        return {"list": module.url(), "previous": "", "next": "", "label": ""}
    asked = listing.state(request.user, module, query)  # type: ignore[arg-type]
    if asked.cursor is not None and asked.cursor.sealed:
        # No index answers that list: its neighbours would be looked for in all of it, each time anew.
        return {"list": f"{module.url()}?{came}", "previous": "", "next": "", "label": asked.view.label}
    (found, way), made = listing.sifted(asked), {"list": f"{module.url()}?{came}", "label": asked.view.label}
    try:
        with listing.waiting(asked, found, way):
            for word, back in (("previous", True), ("next", False)):
                cursor = Cursor.at(record, asked.order, back=back)
                beside = page(found.only("pk"), asked.order, 1, cursor, way, strict=True).records
                made[word] = f"{module.url(beside[0].pk)}?{_kept(came)}" if beside else ""
    except TookTooLong:
        made["previous"] = made["next"] = ""
    return made


def _asked_before(referer: str, here: str) -> str | None:
    """What the list at `here` was asked, if one came from there; a browser sends whatever it likes."""
    try:
        seen = urlsplit(referer)
    except ValueError:
        return None
    return seen.query if seen.path == here else None


def _kept(came: str) -> str:
    made = QueryDict(mutable=True)
    made["from"] = came
    return made.urlencode()
