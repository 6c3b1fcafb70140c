"""The home page: what waits for this reader today, each block a list one can open (CRM-20)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, F, Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from core import clock
from core.access.gate import can, fields, queryset, rights
from core.access.models import User
from core.criteria.compile import Asker, compile_group
from core.criteria.tree import read
from core.event.timeline import Item
from core.field.look import Look
from core.html import built
from core.module.listing import CAP, prepare
from core.module.module import Module
from core.module.registry import module as find_module
from core.money import rates
from core.organisation.fiscal import months_on
from core.organisation.settings import home_currency
from core.report.shown import list_url
from core.text.numbers import whole
from core.web import span as spans
from core.web.doors import door

from . import agenda
from .reports.models import Target
from .reports.shipped import Known, reports

DAYS = (7, 14, 30, 60)
SHOWN, STREAM, CHARTS = 6, 12, 4
MANY, AT_ONCE = 6, timedelta(minutes=10)
StreamSource = Callable[[User, Look, int], list[Item]]
_sources: list[StreamSource] = []
_STREAMED = ("crm.lead", "crm.contact", "crm.account", "crm.deal", "crm.activity")


def stream_source(function: StreamSource) -> StreamSource:
    """Decorator: add to the live stream. Gets (user, look, limit), gives the newest items; they are merged by time with one another
    and with the records that changed last."""
    _sources.append(function)
    return function


@dataclass
class Block:
    """A few rows, how many there are in all, and the list of all of them."""

    module: Module
    records: list[Any]
    count: int
    more: bool
    url: str
    rows: QuerySet[Any]
    marked: int = 0

    @property
    def said(self) -> str:
        """How many, as people read it: 12, or 1,000+ beyond the cap."""
        return capped(self.count + self.more)


def capped(count: int) -> str:
    return f"{CAP:,}+" if count > CAP else f"{count:,}"


def _leaf(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"field": field, "op": op} | ({} if value is None else {"value": value})


def block(user: User, key: str, leaves: list[dict[str, Any]], order: str, shown: int = SHOWN, marked: Q | None = None) -> Block | None:
    """The rows that meet all `leaves`, how many of the first of them are `marked`, and the list with the same criteria. None
    without the right or a field it needs."""
    module = find_module(key)
    if not can(user, module, "view"):
        return None
    known, criteria = fields(user, module), {"all": leaves}
    if any(leaf["field"] not in known for leaf in leaves):
        return None
    found = queryset(user, module).filter(compile_group(read(criteria, module, known), Asker(user)))
    name = order.lstrip("-")
    by = F(name).desc(nulls_last=True) if order.startswith("-") else F(name).asc(nulls_last=True)
    records = list(found.order_by(by, "pk")[:shown])
    # Of the first so many in this order: one walk of the index counts them and those of them that are marked.
    asked = {"n": Count("pk"), **({"marked": Count("pk", filter=marked)} if marked else {})}
    numbers = found.order_by(by, "pk")[: CAP + 1].aggregate(**asked)
    count, more = min(numbers["n"], CAP), numbers["n"] > CAP
    return Block(module, records, count, more, f"{list_url(module, {}, leaves)}&sort={order}", found, numbers.get("marked", 0))


def tasks(user: User, look: Look) -> dict[str, Any] | None:
    """My open tasks, those overdue first."""
    mine = [_leaf("owner", "me"), _leaf("done_at", "empty"), _leaf("kind", "is", "task")]
    today = look.now.astimezone(look.zone).date()
    known = fields(user, find_module("crm.activity"))
    due = "due_on" in known
    # Whoever may not see when a task is due sees the tasks, in an order that does not say it.
    found = block(user, "crm.activity", mine, "due_on" if due else "-changed_at", marked=Q(due_on__lt=today) if due else None)
    if found is None:
        return None
    _link(found, look)
    lines = [
        (one, agenda.about(one, look, known), _due(one, look) if due else "", bool(due and one.due_on and one.due_on < today))
        for one in found.records
    ]
    return {
        "block": found,
        "late": found.marked,
        "late_said": capped(found.marked),
        "late_url": f"{list_url(found.module, {}, [*mine, _leaf('due_on', 'older_than_days', 0)])}&sort=due_on",
        "lines": lines,
        "may": {one.pk: can(user, found.module, "edit", one) for one in found.records},
    }


def _link(found: Block, look: Look) -> None:
    prepare(look, found.module, found.records, [one for one in found.module.fields.values() if one.kind.key == "link"])


def _due(record: Any, look: Look) -> str:
    days = (record.due_on - look.now.astimezone(look.zone).date()).days if record.due_on else None
    words = {0: _("Today"), -1: _("Yesterday"), 1: _("Tomorrow"), None: ""}
    return words[days] if days in words else look.day(record.due_on)


def today(user: User, look: Look) -> dict[str, Any] | None:
    """What takes place today, mine: events and calls with an hour, dates of series among them."""
    module = find_module(agenda.KEY)
    if not can(user, module, "view") or "starts_at" not in fields(user, module):
        return None
    span = spans.span("day", look.now.astimezone(look.zone).date(), look)
    found = agenda.entries(user, look, span, agenda.whose("", user), due=False)
    day = span.days(found.entries)[0]
    agenda.finish([day], user, look)
    lines = day.entries
    url = reverse("crm-calendar") + "?view=day"
    return {"lines": lines[:SHOWN], "count": len(lines), "said": capped(len(lines)), "url": url}


def closing(user: User, look: Look, whose: str) -> dict[str, Any] | None:
    """Open deals that close this month, mine or my team's, with their sum by currency."""
    found = block(
        user, "crm.deal", [_leaf("owner", whose), _leaf("outcome", "is", "open"), _leaf("closing_on", "this_month")], "closing_on", 8
    )
    if found is None:
        return None
    shown = [one for key in ("account", "stage", "closing_on", "amount") if (one := fields(user, found.module).get(key))]
    prepare(look, found.module, found.records, shown)
    return {
        "block": found,
        "columns": shown,
        "lines": [(one, [(c, built(c.html(one, look))) for c in shown]) for one in found.records],
        **_sums(user, found, look),
    }


def _sums(user: User, found: Block, look: Look) -> dict[str, Any]:
    """The amounts in the home currency, then those without a rate; and the sentence that says so."""
    if "amount" not in fields(user, found.module):
        return {"sums": [], "note": ""}
    total = _total(found.rows)
    nothing = [look.money(Decimal(0), home_currency())]
    return {"sums": total.texts(look) or nothing, "note": rates.said(found.module.model, [total], look)}


def _total(rows: QuerySet[Any]) -> rates.Total:
    total = rates.Total()
    for row in rows.order_by().values("currency").annotate(total=Sum("amount"), worth=Sum(rates.worth(rows.model, "amount"))):
        total.add(row["currency"], row["total"], row["worth"])
    return total


def won(user: User, look: Look, whose: str) -> dict[str, Any] | None:
    """What was won this month in the home currency, what has no rate apart, and the target it is held against."""
    module, home = find_module("crm.deal"), home_currency()
    leaves = [_leaf("owner", whose), _leaf("outcome", "is", "won"), _leaf("closed_at", "this_month")]
    known = fields(user, module)
    if not can(user, module, "view") or not {"amount", *(leaf["field"] for leaf in leaves)} <= known.keys():
        return None
    found = queryset(user, module).filter(compile_group(read({"all": leaves}, module, known), Asker(user)))
    total = _total(found)
    total.home = total.home or Decimal(0)
    first, *apart = total.texts(look)
    month = look.now.astimezone(look.zone).date().replace(day=1)
    people = Asker(user).ids(whose)
    aim = Target.objects.filter(owner_id__in=people, month=months_on(month, 0), currency=home).aggregate(total=Sum("amount"))["total"]
    note = rates.said(module.model, [total], look)
    return {"sum": first, "apart": apart, "note": note, "aim": look.money(aim, home) if aim else "", "url": list_url(module, {}, leaves)}


def untouched(user: User, days: int) -> Block | None:
    """My leads that nobody changed for so many days, the longest first."""
    return block(user, "crm.lead", [_leaf("owner", "me"), _leaf("changed_at", "older_than_days", days)], "changed_at")


def stream(user: User, look: Look, limit: int = STREAM) -> list[Item]:
    """The newest of the records this reader may see, and of what other apps say."""
    items = [item for source in (_changed, *_sources) for item in source(user, look, limit)]
    return sorted(items, key=lambda item: item.at, reverse=True)[:limit]


def _changed(user: User, look: Look, limit: int) -> list[Item]:
    """The records that changed last. What one person changed at once (an import, a change of many) is one line, not all of them."""
    made: list[Item] = []
    for key in _STREAMED:
        module = find_module(key)
        if not can(user, module, "view"):
            continue
        found = list(queryset(user, module).order_by("-changed_at", "-pk")[:limit])
        many, told = _at_once(found), set()
        for one in found:
            by = one.changed_by_id
            who = look.person(by) or _("Enishi")
            if by in many and one.changed_at > many[by] - AT_ONCE:
                if by not in told:
                    told.add(by)
                    what = _("added or changed many: %(kind)s") % {"kind": module.plural}
                    made.append(
                        Item(one.changed_at, module.icon, who, what, url=f"{module.url()}?view=changed", title=_("Recently changed"))
                    )
                continue
            what = _("added: %(kind)s") if one.version == 1 else _("changed: %(kind)s")
            made.append(Item(one.changed_at, module.icon, who, what % {"kind": module.label}, url=module.url(one.pk), title=one.title))
    return made


def _at_once(found: list[Any]) -> dict[int | None, datetime]:
    """Who changed many of these, the newest first, within minutes, and when that was last."""
    times: dict[int | None, list[datetime]] = {}
    for one in found:
        times.setdefault(one.changed_by_id, []).append(one.changed_at)
    return {who: at[0] for who, at in times.items() if len(at) >= MANY and at[0] - at[MANY - 1] < AT_ONCE}


def _days(request: HttpRequest) -> int:
    """How long a lead may lie: as chosen, and remembered."""
    asked = request.GET.get("days", "")
    if whole(asked) in DAYS:
        if request.session.get("untouched_days") != int(asked):
            request.session["untouched_days"] = int(asked)
        return int(asked)
    return int(request.session.get("untouched_days", 14))


def _whose(request: HttpRequest, user: User) -> str:
    """Whose deals: mine, or my team's; as chosen, and remembered."""
    asked = request.GET.get("whose", "")
    if asked in ("me", "team") and request.session.get("home_whose", "me") != asked:
        request.session["home_whose"] = asked
    chosen = asked or request.session.get("home_whose", "me")
    return "my_team" if chosen == "team" and rights(user).team else "me"


def _pinned(user: User) -> list[Known]:
    return [one for one in reports(user) if one.pinned][:CHARTS]


def _streamed(user: User, look: Look) -> dict[str, Any]:
    """The stream and its mark, which changes when anything in it does."""
    items = stream(user, look)
    said = repr([(one.at, one.who, one.what, one.title, one.url, one.body) for one in items])
    return {"stream": items, "mark": hashlib.sha256(said.encode()).hexdigest()[:16]}


@door(app="crm")
@require_GET
def stream_part(request: HttpRequest) -> HttpResponse:
    """The stream alone, for the home page that asks every minute; nothing comes back while it stays the same. Somebody without
    script reads it on the home page."""
    user: Any = request.user
    context = _streamed(user, Look.of(user))
    if request.GET.get("seen") == context["mark"]:
        return HttpResponse(status=204)
    return render(request, "crm/_stream.html", context)


@door(app="crm")
def home_page(request: HttpRequest) -> HttpResponse:
    """Everything of today on one page; a fixed number of queries, whatever there is."""
    user: Any = request.user
    look = Look.of(user)
    whose = _whose(request, user)
    days = _days(request)
    context = {
        "look": look,
        "today_is": clock.now().astimezone(look.zone),
        "whose": whose,
        "has_team": bool(rights(user).team),
        "days": days,
        "day_choices": DAYS,
        "tasks": tasks(user, look),
        "today": today(user, look),
        "closing": closing(user, look, whose),
        "won": won(user, look, whose),
        "untouched": untouched(user, days),
        "company": "company" in fields(user, find_module("crm.lead")),
        "pinned": _pinned(user),
        **_streamed(user, look),
        "may_create": can(user, "crm.activity", "create"),
    }
    if (waiting := context["untouched"]) is not None:
        look.want_faces("crm.lead", [one.pk for one in waiting.records])
    return render(request, "crm/home.html", context)
