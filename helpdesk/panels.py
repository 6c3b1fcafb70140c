"""The tickets of a person or company on their pages."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q
from django.http import HttpRequest

from core.access.gate import can, queryset
from core.field.look import Look
from core.html import built
from core.module.registry import module
from core.web.panels import Panel, panel
from crm.rollup import people_at

SHOWN = 5


@panel("helpdesk.tickets", on=("crm.lead", "crm.contact", "crm.account"))
def tickets(request: HttpRequest, record: Any, look: Look) -> Panel | None:
    """The newest tickets, open ones first, and where the rest stands."""
    user: Any = request.user
    one = module("helpdesk.ticket")
    if not can(user, one, "view"):
        return None
    column = record._meta.model_name
    asked, leaves = Q(**{f"{column}_id": record.pk}), [{"field": column, "op": "is", "value": record.pk}]
    if column == "account":  # what its people asked is the company's, too (CRM-9)
        asked |= Q(contact_id__in=people_at(user, record))
        leaves.append({"field": "contact.account", "op": "is", "value": record.pk})
    rows = queryset(user, one).filter(asked)
    found = list(rows.order_by("-last_said_at", "-pk")[: SHOWN + 1])
    status = one.fields["status"]
    lines = [{"ticket": each, "url": one.url(each.pk), "status": built(status.html(each, look))} for each in found[:SHOWN]]
    every = f"{one.url()}?{urlencode({'view': 'all', 'filter': json.dumps({'any': leaves})})}"
    add = f"{one.url(page='new')}?{column}={record.pk}" if can(user, one, "create") else ""
    return Panel("helpdesk/_tickets.html", {"lines": lines, "more": len(found) > SHOWN, "all": every, "add": add}, position=40)
