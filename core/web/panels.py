"""What stands beside a record: its related lists, and panels that other apps offer to its page."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import Count, Model, QuerySet, Sum
from django.http import HttpRequest
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.access.gate import can, fields, queryset, tells_link
from core.field.look import Children, Look, many
from core.html import built
from core.module.listing import CAP, prepare
from core.module.module import Module, Related
from core.module.registry import module as find_module
from core.module.registry import modules
from core.money import rates
from core.record.hanging import may_have
from core.record.ties import tied_to
from core.stamps import stamped

SHOWN, FETCHED = 6, 20
Offer = Callable[[HttpRequest, Any, Look], "Panel | None"]


@dataclass
class Panel:
    """A block of a record's page: a template of the app that offers it, or a function that draws it of the page's context
    and what it needs; and where it stands: "banner" above everything, "main" before the fields, "aside" beside them."""

    template: str | Callable[[Any, dict[str, Any]], SafeString]
    context: dict[str, Any]
    position: int = 50
    place: str = "aside"


_offers: list[tuple[str, tuple[str, ...], Offer]] = []


def panel(key: str, *, on: tuple[str, ...] = ()) -> Callable[[Offer], Offer]:
    """Decorator: offer a panel to the record pages of the modules named; of all modules if none is."""

    def add(function: Offer) -> Offer:
        _offers.append((key, on, function))
        return function

    return add


def offered(request: HttpRequest, module: Module, record: Any, look: Look) -> list[Panel]:
    """The panels of other apps for this record, in their order."""
    made = [found for _key, on, offer in _offers if (not on or module.key in on) and (found := offer(request, record, look))]
    return sorted(made, key=lambda one: one.position)


def related(user: Any, module: Module, record: Any, look: Look) -> list[dict[str, Any]]:
    """The related lists of a record: the newest few of each, how many in all, and where the rest stands."""
    made = []
    for one in (*module.related, *linking(module)):
        other = find_module(one.module)
        if one.listed and tells_link(user, other, one.field) and can(user, other, "view"):
            made.append(_related(user, one, other, record, look))
    return made


@stamped("fields")
def _linking() -> dict[str, tuple[Related, ...]]:
    found: dict[str, tuple[Related, ...]] = {}
    for other in modules():
        for one in other.fields.values():
            if one.custom and one.kind.key == "link" and not one.hidden:
                columns = " ".join(key for key in other.columns_shown[:4] if key != "changed_at")
                found[one.target] = (*found.get(one.target, ()), Related(other.key, one.key, columns))
    return found


def linking(module: Module) -> tuple[Related, ...]:
    """The related lists that follow from links admins added: records whose link field points at a record of `module`."""
    return _linking().get(module.key, ())


def _related(user: Any, one: Related, other: Module, record: Any, look: Look) -> dict[str, Any]:
    known = fields(user, other)
    columns = [known[key] for key in one.columns if key in known]
    by = other.fields[one.field]
    rows = queryset(user, other).filter(**({"pk__in": tied_to(by, [record.pk])} if by.custom else {f"{one.field}_id": record.pk}))
    there = by.custom or may_have(record, f"{one.module}.{one.field}")
    fetched = list(rows.order_by(one.order, "-pk")[: FETCHED + 1]) if there else []
    every = len(fetched) <= FETCHED
    # A count under a cap never reads a table from end to end; few rows need none.
    count = len(fetched) if every else rows.order_by()[: CAP + 1].count()
    fetched = fetched[:FETCHED]
    look.children[one.module, one.field] = Children(fetched, every)  # the timeline and panels tell of the same ones
    records = fetched[:SHOWN]
    primary = getattr(record, "primary_contact_id", None) if one.module == "crm.contact" and one.field == "account" else None
    if primary:
        records = _primary_first(user, other, records, primary)
    prepare(look, other, records, columns)
    look.want_faces(other.key, [r.pk for r in records])
    # Every value is escaped where it is made (core.field.kinds).
    lines = [
        {
            "record": r,
            "url": other.url(r.pk),
            "primary": r.pk == primary,
            "cells": [(c, built(html)) for c in columns[1:] if (html := c.html_alone(r, look))],
        }
        for r in records
    ]
    sums = () if one.totals not in known else _added_up(fetched, one.totals) if every else _summed(rows, one.totals)
    totals, totals_note = _totals(sums, rows.model, look)
    return {
        "module": other,
        "lines": lines,
        "count": min(count, CAP),
        "more": count > CAP,
        "totals": totals,
        "totals_note": totals_note,
        "all": f'{other.url()}?view=all&filter={{"all":[{{"field":"{one.field}","op":"is","value":{record.pk}}}]}}',
        "add": f"{other.url(page='new')}?{one.field}={record.pk}" if can(user, other, "create") else "",
        "link": link_address(user, find_module(record._meta.label_lower), record.pk, other, one.field),
        "label": _("%(kind)s: %(field)s") % {"kind": other.plural, "field": by.label}
        if by.custom
        else other.plural
        if one.field not in {"parent", "reports_to"}
        else None,
        "field": one.field,
    }


def link_address(user: Any, module: Module, pk: int, other: Module, key: str) -> str:
    """Where records of `other` are linked to this one by their field `key`; empty for who may not change them."""
    if not can(user, other, "edit") or key not in fields(user, other, edit=True):
        return ""
    return module.url(pk, f"link/{other.key}/{key}")


def _primary_first(user: Any, other: Module, records: list[Any], primary: int) -> list[Any]:
    """CRM-4: the customer's first person stands first, even when not among the newest."""
    first = next((r for r in records if r.pk == primary), None) or queryset(user, other).filter(pk=primary).first()
    return [first, *[r for r in records if r.pk != primary]][:SHOWN] if first else records


# Outcome, currency, how many deals there are of these, their amounts, and what they are worth in the home currency.
Sums = Iterable[tuple[str, str, int, Decimal | None, Decimal | None]]


def _summed(rows: QuerySet[Any], path: str) -> Sums:
    """Asked of the database, in one query."""
    found = rows.order_by("outcome", "currency").values_list("outcome", "currency")
    yield from found.annotate(n=Count("pk"), total=Sum(path), worth=Sum(rates.worth(rows.model, path)))


def _added_up(records: list[Any], path: str) -> Sums:
    """Of records that were read, all there are."""
    for one in sorted(records, key=lambda one: (one.outcome, one.currency)):
        amount = getattr(one, path)
        yield one.outcome, one.currency, 1, amount, None if amount is None else rates.worth_of(one, amount)


def _totals(sums: Sums, model: type[Model], look: Look) -> tuple[list[dict[str, Any]], str]:
    """Open and closed amounts (CRM-6 a) in the home currency, what has no rate apart, and how it was converted."""
    made: dict[str, tuple[int, rates.Total]] = {}
    for outcome, currency, n, amount, worth in sums:
        count, total = made.get(outcome, (0, rates.Total()))
        total.add(currency, amount, worth)
        made[outcome] = (count + n, total)
    lines = [{"outcome": key, "n": count, "money": many(total.texts(look), look.language)} for key, (count, total) in made.items()]
    return lines, rates.said(model, [total for _count, total in made.values()], look)
