"""The choices of the convert page in words: what each would do, what differs, what has no place."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from django.db.models import Count
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.access.gate import can, fields, queryset
from core.field.field import Field
from core.field.look import Look, many
from core.module.registry import module

from .conversion import Lost, Side, plan
from .queries import Match

if TYPE_CHECKING:
    from .views_convert import Asked


def options_of(asked: Asked, look: Look) -> dict[str, Any]:
    """Context of the page: the accounts, contacts and deals to choose from, comparisons, and what would be lost."""
    user, lead, found = asked.user, asked.lead, asked.found
    may = {name: can(user, f"crm.{name}", "create") for name in ("account", "contact", "deal")}
    people = _counted(user, "crm.contact", [match.record.pk for match in found.accounts])
    accounts = [
        {
            "pk": str(match.record.pk),
            "title": match.record.title,
            "why": _why(match),
            "sub": _account_line(match.record, people.get(match.record.pk, 0), look),
        }
        for match in found.accounts
    ]
    open_ = fields(user, module("crm.contact"))
    contacts = [
        {
            "pk": str(match.record.pk),
            "title": match.record.title,
            "why": _why(match),
            "sub": many(
                [getattr(match.record, key) for key in ("job_title", "email") if key in open_ and getattr(match.record, key)], look.language
            ),
        }
        for match in found.contacts
    ]
    asked_fields = fields(user, module("crm.lead"))
    known = fields(user, module("crm.deal"))
    deals = [{"pk": str(deal.pk), "title": deal.title, "sub": _deal_line(deal, known, look)} for deal in found.deals]
    beyond = [{"title": one.title, "url": module("crm.account").url(one.pk), "owner": look.person(one.owner_id)} for one in found.beyond]
    return {
        "may": may,
        "accounts": accounts,
        "contacts": contacts,
        "deals": deals,
        "beyond": beyond,
        "compared": _compared(asked, look),
        "lost": _lost(asked, look),
        "company": lead.company if "company" in asked_fields else "",
        "email": next((text for key in ("email", "email2") if key in asked_fields and (text := getattr(lead, key))), ""),
    }


def _why(match: Match) -> str:
    words = {
        "name": _("Same name"),
        "domain": _("Same web domain"),
        "contact": _("This person's account"),
        "email": _("Same e-mail"),
        "chosen": "",
    }
    if match.why == "email" and not match.sure:
        return _("Same shared e-mail address")
    return words.get(match.why) or capfirst(match.why)  # else it is said in words already


def _counted(user: Any, key: str, accounts: list[int]) -> dict[int, int]:
    rows = queryset(user, key).filter(account_id__in=accounts).order_by().values("account_id").annotate(n=Count("pk"))
    return {row["account_id"]: row["n"] for row in rows}


def _account_line(account: Any, people: int, look: Look) -> str:
    owner = look.person(account.owner_id)
    said = [
        _("Owned by %(name)s") % {"name": owner} if owner else "",
        ngettext("%(count)d contact", "%(count)d contacts", people) % {"count": people},
        account.website.removeprefix("https://").removeprefix("http://").rstrip("/"),
    ]
    return " · ".join(part for part in said if part)


def _deal_line(deal: Any, known: dict[str, Any], look: Look) -> str:
    told = [known[key].text(deal, look) for key in ("amount", "stage", "closing_on") if key in known]
    return " · ".join(part for part in (deal.account.title, *told) if part)


def _compared(asked: Asked, look: Look) -> list[dict[str, Any]]:
    """For each existing record: which fields are filled and which stay although the lead says otherwise. Only fields the
    reader may see on both sides."""
    made = []
    for match in [*asked.found.accounts, *asked.found.contacts]:
        is_account = match.record._meta.model_name == "account"
        sides = plan(asked.lead, **{match.record._meta.model_name: match.record})
        side = sides.account if is_account else sides.contact
        if side is not None and (lines := _lines(side, asked.user, look)):
            made.append({"kind": capfirst(side.module.label), "title": match.record.title, "lines": lines})
    return made


def _lines(side: Side, user: Any, look: Look) -> list[dict[str, Any]]:
    """One line per field; names and addresses as the one value they are."""
    shown, open_ = fields(user, side.module), fields(user, side.module, edit=True)
    if not can(user, side.module, "edit", side.record):
        open_ = {}
    stays = {d.field.key: d for d in side.differs if d.field.key in shown}
    fills = {key: value for key, value in side.values.items() if key in shown and key in open_ and key != "tags"}
    made = []
    for whole in (one for one in shown.values() if one.parts):
        made += _whole_line(whole, side, stays, fills, look)
    for key, found in stays.items():
        made.append(
            {"label": shown[key].label, "stays": _text(found.field, found.stays, look), "lead": _text(found.field, found.lead, look)}
        )
    made += [
        {"label": shown[key].label, "stays": "", "lead": _text(shown[key], value, look), "fills": True} for key, value in fills.items()
    ]
    return made


def _whole_line(whole: Field, side: Side, stays: dict[str, Any], fills: dict[str, Any], look: Look) -> list[dict[str, Any]]:
    """The line of a name or an address if any part of it differs or is filled; its parts are taken out of both."""
    differing = {part: stays.pop(part).lead for part in whole.parts if part in stays}
    filling = {part: fills.pop(part) for part in whole.parts if part in fills}
    if not differing and not filling:
        return []
    held = whole.value(side.record)
    told = tuple((differing | filling).get(part, old) for part, old in zip(whole.parts, held, strict=True))
    line = {
        "label": whole.label,
        "stays": _text(whole, held, look),
        "lead": _text(whole, told, look),
        "fills": not differing and not any(held),
    }
    return [] if line["stays"] == line["lead"] else [line]


def _text(one: Any, value: Any, look: Look) -> str:
    return "" if one.kind.is_empty(value) else str(one.kind.text(one, value, look))


def _lost(asked: Asked, look: Look) -> list[str]:
    """Sentences on the values that have no place to go."""
    shown = fields(asked.user, module("crm.lead"))
    decided = plan(asked.lead, to_account=bool(asked.lead.company or asked.found.accounts), new_deal=asked.deal == "new")
    return list(_said(decided.lost, shown, look))


def _said(found: Iterable[Lost], shown: dict[str, Any], look: Look) -> Iterable[str]:
    """One sentence for each value, whatever the number of places that cannot take it."""
    by_value: dict[tuple[str, str, bool], list[str]] = {}
    for one in found:
        if one.field.key in shown:
            by_value.setdefault((one.field.key, _text(one.field, one.value, look), one.choice), []).append(str(one.target.plural))
    for (key, value, choice), places in by_value.items():
        words = {"field": shown[key].label, "value": value, "modules": many(places, look.language)}
        if choice:
            yield _("%(field)s “%(value)s”: not among the choices of %(modules)s.") % words
        else:
            yield _("%(field)s “%(value)s”: there is no such field to take it.") % words
