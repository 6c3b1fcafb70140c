"""The audit log as admins read it: in words, filtered, page by page, and as a file (ADM-8, O1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_POST

from core.access.people import active_choices
from core.actor import Actor
from core.field.look import Look
from core.record.writing import csv_pieces
from core.signin import audit
from core.signin.models import AuditEntry
from core.text.numbers import whole
from core.web.doors import door
from core.web.transfer import download

from .telling import Told, told

EXPORTED = audit.says("audit.exported", lazy("Took the audit log out as a file"))
KINDS = (
    ("core.user", lazy("Users")),
    ("core.securitypolicy", lazy("Security")),
    ("core.customfield", lazy("Added fields")),
    ("core.fieldlabel", lazy("Fields")),
    ("core.choice", lazy("Values of picklists")),
    ("core.modulelayout", lazy("Layouts")),
    ("core.organisation", lazy("Organisation")),
    ("core.rate", lazy("Currencies")),
    ("core.profile", lazy("Profiles")),
    ("core.role", lazy("Roles")),
    ("core.sharingrule", lazy("Sharing rules")),
    ("admin_console.subscription", lazy("Subscription")),
    ("exported", lazy("Exports")),
    ("customer.erased", lazy("Erased customers")),
    ("access.denied", lazy("Denied access")),
    ("restored", lazy("Brought back from the bin")),
    ("social.channel", lazy("Channels")),
)
_MOST = 200_000


@dataclass(frozen=True)
class Asked:
    """What of the log somebody wants to see."""

    who: int
    kind: str
    text: str
    since: str
    until: str

    def rows(self, look: Look) -> Any:
        return audit.find(self.who, self.kind, self.text, self._moment(self.since, look), self._moment(self.until, look, 1))

    @staticmethod
    def _moment(text: str, look: Look, plus: int = 0) -> datetime | None:
        try:
            day = parse_date(text)
        except ValueError:
            return None
        return datetime.combine(day + timedelta(days=plus), time.min, look.zone) if day and 1 < day.year < 9000 else None


def asked(values: Any) -> Asked:
    kind = values.get("kind", "")
    return Asked(
        whole(values.get("who", "")),
        kind if kind in dict(KINDS) else "",
        values.get("q", "").replace("\x00", "").strip()[:100],
        values.get("since", "")[:10],
        values.get("until", "")[:10],
    )


@door(wide=True)
@require_GET
def audit_page(request: HttpRequest) -> HttpResponse:
    """What admins did, newest first."""
    look, wanted, before = Look.of(request.user), asked(request.GET), whole(request.GET.get("before", ""))  # type: ignore[arg-type]
    rows = wanted.rows(look)
    found = list((rows.filter(pk__lt=before) if before else rows)[: audit.SHOWN])
    context = {
        "look": look,
        "lines": [told(one) for one in found],
        "older": found[-1].pk if len(found) == audit.SHOWN else 0,
        "asked": wanted,
        "filtered": any((wanted.who, wanted.kind, wanted.text, wanted.since, wanted.until)),
        "people": active_choices(),
        "kinds": KINDS,
    }
    return render(request, "admin_console/audit.html", context)


@door(wide=True)
@require_POST
def audit_export(request: HttpRequest) -> StreamingHttpResponse:
    """The entries that fit the filter as CSV, the newest first. Taking them out is an entry itself."""
    look, wanted = Look.of(request.user), asked(request.POST)  # type: ignore[arg-type]
    audit.note(Actor(request.user), EXPORTED, "core.auditentry", q=wanted.text, kind=wanted.kind)  # type: ignore[arg-type]
    headers = [_("When"), _("Who"), _("What"), _("Before and after"), _("From where"), _("Way"), "id"]
    pieces = csv_pieces(headers, (_cells(told(one)) for one in _pages(wanted.rows(look))), bom=True)
    return download(pieces, "audit.csv", "text/csv; charset=utf-8")


def _pages(rows: Any) -> Iterator[AuditEntry]:
    """By key, a page at a time: whatever the log's size."""
    before, count = 0, 0
    while count < _MOST:
        found = list((rows.filter(pk__lt=before) if before else rows)[:1000])
        yield from found
        if len(found) < 1000:
            return
        before, count = found[-1].pk, count + len(found)


def _cells(one: Told) -> list[Any]:
    changes = {name: [was, now] for name, was, now in one.changes}
    return [
        one.entry.at.isoformat(timespec="seconds"),
        one.who,
        one.what,
        json.dumps(changes, cls=DjangoJSONEncoder, ensure_ascii=False) if changes else "",
        one.entry.address,
        one.entry.way,
        one.entry.pk,
    ]
