"""What the CRM shows on its own pages beside the fields: people, what is next, who is in a deal, where an account stands."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.utils.html import format_html
from django.utils.text import capfirst
from django.utils.translation import gettext

from core.access.gate import can, fields, queryset
from core.action.registry import actions_on, allowed, find
from core.field.choices import options
from core.field.look import Look
from core.html import built, escape
from core.module.listing import CAP
from core.module.registry import module
from core.web.panels import Panel, panel
from core.web.tags import icon

from .actions_conversion import conversion_of
from .models import Account, Activity, Deal, Lead
from .queries import account_tree, deal_roles, next_activities

PEOPLE = 8
_ICONS = {"call": "phone", "event": "calendar", "task": "square-check"}


@panel("crm.people", on=("crm.account",))
def people(request: HttpRequest, account: Account, look: Look) -> Panel | None:
    """CRM-4: the people of an account, the primary contact first, each one click from phone and mail."""
    user: Any = request.user
    contacts = module("crm.contact")
    if not can(user, contacts, "view"):
        return None
    rows = queryset(user, contacts).filter(account_id=account.pk)
    found = list(rows.order_by("sort_name", "pk")[:PEOPLE])
    count = len(found) if len(found) < PEOPLE else rows.order_by()[: CAP + 1].count()
    first = account.primary_contact_id
    if first is not None:
        chief = next((one for one in found if one.pk == first), None) or rows.filter(pk=first).first()
        found = [*([chief] if chief else []), *(one for one in found if one.pk != first)][:PEOPLE]
    known = fields(user, contacts)
    look.want_faces(contacts.key, [one.pk for one in found])
    may_choose = can(user, "crm.account", "edit", account)
    lines = [_person(one, known, look) | {"primary": one.pk == first, "choose": may_choose and one.pk != first} for one in found]
    context = {
        "lines": lines,
        "count": min(count, CAP),
        "more": count > CAP,
        "all": f'{contacts.url()}?filter={{"all":[{{"field":"account","op":"is","value":{account.pk}}}]}}' if count > len(lines) else "",
        "add": f"{contacts.url(page='new')}?account={account.pk}" if can(user, contacts, "create") else "",
        "back": request.path,
    }
    return Panel("crm/_people.html", context, 10, "main")


def _person(contact: Any, known: dict[str, Any], look: Look) -> dict[str, Any]:
    """One line: what the reader may see of title, phone and mail. Values are escaped by their kind."""
    phone = next((key for key in ("phone", "mobile") if key in known and getattr(contact, key)), "")
    return {
        "contact": contact,
        "url": module("crm.contact").url(contact.pk),
        "title": contact.job_title if "job_title" in known else "",
        "phone": built(known[phone].html(contact, look)) if phone else "",
        "email": built(known["email"].html(contact, look)) if "email" in known else "",
    }


@panel("crm.next", on=("crm.lead", "crm.contact", "crm.account", "crm.deal"))
def upcoming(request: HttpRequest, record: Any, look: Look) -> Panel | None:
    """What is still to be done, with a button that does it."""
    user: Any = request.user
    if not can(user, "crm.activity", "view"):
        return None
    today = look.now.astimezone(look.zone).date()
    found = next_activities(record, user, look.children.get(("crm.activity", record._meta.model_name)))
    here, back = module(record._meta.label_lower), f'<input type="hidden" name="back" value="{escape(request.path)}">'
    hidden = f'<input type="hidden" name="csrfmiddlewaretoken" value="{get_token(request)}">{back}' if found else ""
    held = {one.key for one in actions_on(record, user)}
    context = {
        # Each line is escaped where it is made.
        "lines": built("".join([_activity(one, user, look, today, hidden) for one in found])),
        "may": {name: f"crm.{name}" in held for name in ("add_task", "log_call")},
        "app": here.app,
        "path": here.path,
        "pk": record.pk,
    }
    return Panel("crm/_next.html", context, 10)


def _activity(one: Activity, user: Any, look: Look, today: Any, hidden: str) -> str:
    """One line: the button that does it, where the reader may, its title, when, and whose it is."""
    url, title = module("crm.activity").url(one.pk), escape(one.title)
    if can(user, "crm.activity", "edit", one):
        label = escape(gettext("Mark as done: %(title)s") % {"title": one.title})
        mark = (
            f'<form method="post" action="{url}do/crm.complete">{hidden}<button class="btn quiet small only" aria-label="{label}"'
            f' title="{escape(gettext("Mark as done"))}">{icon("circle-check")}</button></form>'
        )
    else:
        mark = icon(_ICONS.get(one.kind, "square-check"))
    late = one.due_on is not None and one.due_on < today
    when, who = look.moment(one.starts_at) if one.starts_at else look.day(one.due_on), look.person(one.owner_id)
    said = f"{gettext('Overdue')}: " if late else ""
    return (
        f'<li>{mark}<div><a class="first" href="{url}">{title}</a><div class="sub{" late" if late else ""}">'
        f"{escape(said + ' · '.join(part for part in (when, who) if part))}</div></div></li>"
    )


@panel("crm.roles", on=("crm.deal",))
def roles(request: HttpRequest, deal: Deal, look: Look) -> Panel | None:
    """Who is who in a deal (CRM-5)."""
    user: Any = request.user
    if not can(user, "crm.contact", "view"):
        return None
    found, unseen = deal_roles(deal, user)
    words, contacts = options("crm.deal", "role"), module("crm.contact")
    look.want_faces(contacts.key, [one["contact"].pk for one in found])
    lines = [
        {**one, "url": contacts.url(one["contact"].pk), "said": words[one["role"]].label if one["role"] in words else one["role"]}
        for one in found
    ]
    return Panel("crm/_roles.html", {"lines": lines, "unseen": unseen, "may": can(user, "crm.deal", "edit", deal), "pk": deal.pk}, 20)


@panel("crm.tree", on=("crm.account",))
def tree(request: HttpRequest, account: Account, look: Look) -> Panel | None:
    """Where an account stands among its companies (CRM-2)."""
    user: Any = request.user
    chain, children, more = account_tree(account, user)
    if not chain and not children:
        return None
    accounts = module("crm.account")
    below = f'{accounts.url()}?filter={{"all":[{{"field":"parent","op":"is","value":{account.pk}}}]}}' if more else ""
    add = f"{accounts.url(page='new')}?parent={account.pk}" if can(user, accounts, "create") else ""
    return Panel("crm/_tree.html", {"chain": chain, "here": account, "children": children, "all": below, "add": add}, 40)


@panel("crm.converted", on=("crm.lead",))
def converted(request: HttpRequest, lead: Lead, look: Look) -> Panel | None:
    """Where a converted lead went (CRM-12), and the way back while there is one."""
    if lead.converted_at is None:
        return None
    user: Any = request.user
    went, unseen = [], 0
    for key in ("contact", "account", "deal"):
        pk = getattr(lead, f"{key}_id")
        if pk is None:
            continue
        record = queryset(user, f"crm.{key}").filter(pk=pk).first()
        if record is None:
            unseen += 1
        else:
            one = module(f"crm.{key}")
            went.append(format_html('{}: <a href="{}">{}</a>', capfirst(one.label), one.url(pk), record.title))
    undo = find("crm.undo_conversion")
    may = undo is not None and allowed(undo, user, lead) and conversion_of(lead) is not None
    context = {"at": lead.converted_at, "by": look.person(lead.converted_by_id), "went": went, "unseen": unseen, "undo": may, "pk": lead.pk}
    return Panel("crm/_converted.html", context, 0, "banner")
