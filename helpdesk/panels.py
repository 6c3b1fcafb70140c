"""The tickets of a person or company on their pages."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import Reach, can, fields, queryset, rights, within
from core.event.timeline import Asked, Item, any_has, source
from core.field.look import Look
from core.html import built
from core.module.registry import module
from core.record.hanging import hangs, may_have
from core.web.panels import Panel, link_address, panel
from core.worded import worded
from crm.rollup import people_at

# So many are shown, and so many read at once: of a record that has fewer, the timeline tells of these.
SHOWN, HELD = 5, 21
HOLDERS = ("crm.lead", "crm.contact", "crm.account")


@panel("helpdesk.tickets", on=HOLDERS)
def tickets(request: HttpRequest, record: Any, look: Look) -> Panel | None:
    """The newest tickets, open ones first, and where the rest stands."""
    user: Any = request.user
    one = module("helpdesk.ticket")
    column = str(record._meta.model_name)
    if not can(user, one, "view") or column not in fields(user, one):
        return None
    leaves, people = [{"field": column, "op": "is", "value": record.pk}], []
    if column == "account":  # what its people asked is the company's, too (CRM-9)
        people = people_at(user, record)
        leaves.append({"field": "contact.account", "op": "is", "value": record.pk})
    there = may_have(record, "tickets") or (people and any_has(record, "crm.contact", people, "tickets"))
    found = _newest(column, record.pk, tuple(people), rights(user).scope(one, "view")) if there else []
    if len(found) < HELD:
        look.children[one.key, ""] = found  # all of them: the timeline need not ask again
    status = fields(user, one).get("status")
    lines = [
        {"ticket": each, "url": one.url(each.pk), "status": built(status.html(each, look)) if status is not None else ""}
        for each in found[:SHOWN]
    ]
    every = f"{one.url()}?{urlencode({'view': 'all', 'filter': json.dumps({'any': leaves})})}"
    add = f"{one.url(page='new')}?{column}={record.pk}" if can(user, one, "create") else ""
    link = link_address(user, module(record._meta.label_lower), record.pk, one, column)
    context = {"lines": lines, "more": len(found) > SHOWN, "all": every, "add": add, "link": link, "kind": one.label}
    return Panel("helpdesk/_tickets.html", context, position=40)


@worded("column")
def _newest(column: str, pk: int, people: tuple[int, ...], reach: Reach | None) -> QuerySet[Any]:
    asked = Q(**{f"{column}_id": pk}) | Q(contact_id__in=people) if people else Q(**{f"{column}_id": pk})
    return within(reach, "helpdesk.ticket").filter(asked).order_by("-last_said_at", "-pk")[:HELD]


@hangs("tickets", on=HOLDERS)
def _any(key: str) -> tuple[QuerySet[Any], str]:
    return module("helpdesk.ticket").model._default_manager.filter(deleted_at__isnull=True), f"{key.split('.')[1]}_id"


@source("ticket", lazy("Tickets"), on=HOLDERS)
def asked_us(asked: Asked) -> list[Item]:
    """The tickets of this person, or on a company's page of its people as well (CRM-9): one question, whose they are is a
    column of theirs."""
    one = module("helpdesk.ticket")
    if not asked.wants("ticket") or not can(asked.user, one, "view"):
        return []
    whose = Q()
    for subject, ids in asked.subjects:
        whose |= Q(**{f"{subject.model._meta.model_name}_id__in": ids})
    look = asked.look
    found = look.children.get((one.key, "")) if asked.edge is None else None
    if found is None:
        found = asked.newest(queryset(asked.user, one).filter(whose), "created_at", one.key)
    return [
        Item(
            each.created_at,
            one.icon,
            look.person(each.created_by_id) or _("Enishi"),
            _("opened a ticket"),
            url=one.url(each.pk),
            title=each.title,
            source=one.key,
            pk=each.pk,
        )
        for each in found
    ]
