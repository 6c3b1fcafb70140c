"""What the CRM shows on its own pages beside the fields: people, who is in a deal, where an account stands.

What there is to do has its own file (crm.panels_activity)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.text import capfirst

from core.access.gate import Reach, can, fields, queryset, rights, tells_link, within
from core.action.registry import allowed, find
from core.event.timeline import any_has
from core.field.choices import options
from core.field.look import Children, Look
from core.html import built
from core.module.listing import CAP
from core.module.registry import module
from core.record.hanging import may_have
from core.web.panels import Panel, link_address, panel
from core.worded import worded

from . import panels_activity  # noqa: F401 - offers its panels
from .actions_conversion import conversion_of
from .models import Account, Deal, Lead
from .queries import account_tree, deal_roles
from .rollup import people_at, remember_people

# So many people of an account are shown, and so many read at once.
PEOPLE, HELD = 8, 20


@panel("crm.people", on=("crm.account",))
def people(request: HttpRequest, account: Account, look: Look) -> Panel | None:
    """CRM-4: the people of an account, the primary contact first, each one click from phone and mail."""
    user: Any = request.user
    contacts = module("crm.contact")
    if not can(user, contacts, "view") or not tells_link(user, contacts, "account"):
        return None
    rows = queryset(user, contacts).filter(account_id=account.pk)
    reach = rights(user).scope(contacts, "view")
    found = _people(account.pk, reach) if may_have(account, "crm.contact.account") else []
    count = len(found) if len(found) <= HELD else rows.order_by()[: CAP + 1].count()
    if len(found) <= HELD:
        # All of them: the timeline need not ask again.
        look.children[contacts.key, "account"] = Children(found, True)
        remember_people(user, account, found)
    first = account.primary_contact_id
    if first is not None:
        chief = next((one for one in found if one.pk == first), None) or (rows.filter(pk=first).first() if len(found) > HELD else None)
        found = [*([chief] if chief else []), *(one for one in found if one.pk != first)]
    found = found[:PEOPLE]
    known = fields(user, contacts)
    if found and any_has(account, contacts.key, people_at(user, account), "photo"):
        look.want_faces(contacts.key, [one.pk for one in found])
    may_choose = can(user, "crm.account", "edit", account)
    lines = [_person(one, known, look) | {"primary": one.pk == first, "choose": may_choose and one.pk != first} for one in found]
    context = {
        "lines": lines,
        "count": min(count, CAP),
        "more": count > CAP,
        "all": f'{contacts.url()}?view=all&filter={{"all":[{{"field":"account","op":"is","value":{account.pk}}}]}}'
        if count > len(lines)
        else "",
        "add": f"{contacts.url(page='new')}?account={account.pk}" if can(user, contacts, "create") else "",
        "link": link_address(user, module("crm.account"), account.pk, contacts, "account"),
        "kind": contacts.label,
        "back": request.path,
    }
    return Panel("crm/_people.html", context, 10, "main")


@worded()
def _people(account: int, reach: Reach | None) -> QuerySet[Any]:
    return within(reach, "crm.contact").filter(account_id=account).order_by("sort_name", "pk")[: HELD + 1]


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
    below = f'{accounts.url()}?view=all&filter={{"all":[{{"field":"parent","op":"is","value":{account.pk}}}]}}' if more else ""
    add = f"{accounts.url(page='new')}?parent={account.pk}" if can(user, accounts, "create") else ""
    link = link_address(user, accounts, account.pk, accounts, "parent")
    context = {"chain": chain, "here": account, "children": children, "all": below, "add": add, "link": link, "kind": accounts.label}
    return Panel("crm/_tree.html", context, 40)


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
