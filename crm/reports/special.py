"""Two reports that grouping alone cannot give: how long deals stand in a stage, and the forecast against the target."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Avg, Count, Max, Q, QuerySet, Sum
from django.db.models.functions import TruncMonth
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core import clock
from core.access.gate import fields, rights
from core.access.models import User
from core.criteria.compile import Asker, compile_leaf
from core.criteria.tree import BadCriteria, Leaf
from core.field.look import Look, many
from core.module.registry import module as find_module
from core.money import rates
from core.organisation.fiscal import months_on
from core.organisation.settings import home_currency
from core.report.definition import Definition
from core.report.engine import rows
from core.report.shown import Line, Shown, between, bucket_label, list_url
from core.web.charts import Chart, Mark, Series

from ..models import StageStay
from .models import Target

DAY = 86_400
MONTHS_BACK, MONTHS_ON = 5, 6


def _found(definition: Definition, user: User, needs: str) -> tuple[QuerySet[Any], list[str]]:
    """The records to count, none for a reader who may not see one of the fields the report `needs`."""
    if not set(needs.split()) <= fields(user, definition.module).keys():
        return definition.module.model._default_manager.none(), [_("This report asks for a field that you may not see.")]
    if definition.broken:
        return rows(definition, user), [definition.broken]
    try:
        return rows(definition, user), []
    except BadCriteria:
        return rows(definition, user).none(), [_("A value in this report's filter is not of its kind.")]


def duration(definition: Definition, user: User, look: Look) -> Shown:
    """Average and longest stay in each stage, over the stays that ended, of the deals that match."""
    found, notes = _found(definition, user, "stage")
    stays = StageStay.objects.filter(seconds__isnull=False, deal_id__in=found.order_by().values("pk"))
    read = {row["stage"]: row for row in stays.values("stage").annotate(mean=Avg("seconds"), most=Max("seconds"), stays=Count("pk"))}
    known = definition.module.fields["stage"].options
    stages = [value for value in known if value in read] + sorted(read.keys() - known.keys())
    lines, marks, hues, labels = [], [], [], []
    for stage in stages:
        row, option = read[stage], known.get(stage)
        days, most = round(row["mean"] / DAY, 1), round(row["most"] / DAY, 1)
        labels.append(option.label if option else stage)
        hues.append(option.hue if option else 10)
        marks.append(Mark(days, _("%(days)s days") % {"days": look.number(days)}))
        cells = [look.number(days), look.number(most), look.number(row["stays"])]
        lines.append(Line([labels[-1]], cells, [days, most, row["stays"]]))
    numbers = [_("Days, average"), _("Days, longest"), pgettext("stage", "Stays")]
    title = _("Average days in each stage")
    drawn = Chart("bar", title, _("Stage"), labels, [Series(_("Days"), marks, 1, hues)], "", look.language)
    return Shown([_("Stage")], numbers, lines, None, drawn, [], notes)


def _targets(definition: Definition, user: User, months: list[date]) -> dict[date, Decimal]:
    """What those whose deals the reader sees are to win, under the same conditions on the owner."""
    held, deals = rights(user), find_module("crm.deal")
    found = Target.objects.filter(month__in=months, currency=home_currency())
    if not held.allows(deals, "view"):
        found = found.none()
    elif not held.reach(deals, "view").everything:
        found = found.filter(owner_id__in=held.reach(deals, "view").owners)
    if not definition.criteria.any:
        asker = Asker(user)
        for leaf in definition.criteria.members:
            if isinstance(leaf, Leaf) and leaf.field.key == "owner" and leaf.link is None:
                found = found.filter(compile_leaf(leaf, asker))
    return dict(found.order_by().values_list("month").annotate(total=Sum("amount")))


def forecast(definition: Definition, user: User, look: Look) -> Shown:
    """Each month from half a year back to half a year on: won, expected from what is open, and the target."""
    found, notes = _found(definition, user, "amount expected_revenue closing_on outcome currency owner")
    home, first = home_currency(), clock.now().astimezone(look.zone).date().replace(day=1)
    months = [months_on(first, n) for n in range(-MONTHS_BACK, MONTHS_ON + 1)]
    near = found.filter(closing_on__gte=months[0], closing_on__lt=months_on(months[-1], 1)).filter(rates.counted())
    won_worth, open_worth = (rates.worth(found.model, path) for path in ("amount", "expected_revenue"))
    sums = {"won": Sum(won_worth, filter=Q(outcome="won")), "open": Sum(open_worth, filter=Q(outcome="open"))}
    read = {row["m"]: row for row in near.order_by().values(m=TruncMonth("closing_on")).annotate(**sums)}
    aims = _targets(definition, user, months)
    lines: list[Line] = []
    marks: list[tuple[Mark, Mark, Mark]] = []
    for month in months:
        row = read.get(month, {})
        done, expected = (rates.rounded(row.get(name)) or Decimal(0) for name in ("won", "open"))
        parts = (done, expected, aims.get(month, Decimal(0)))
        url, won, coming = _urls(definition, month)
        lines.append(_month_line(bucket_label("month", month, look), parts, look, url))
        links = (won if parts[0] else "", coming if parts[1] else "", "")
        marks.append(tuple(Mark(float(part), look.money(part, home), link) for part, link in zip(parts, links, strict=True)))  # type: ignore[arg-type]
    total = [sum((line.plain[n] for line in lines), Decimal(0)) for n in range(3)]
    foot = _month_line(_("Total"), (total[0], total[1], total[2]), look, "")
    numbers = [_("Won"), _("Expected"), _("Target"), _("Reached")]
    notes += filter(None, [rates.converted_words(found.model, rates.codes(), look)])
    if left := list(found.order_by().exclude(rates.counted()).values_list("currency", flat=True).distinct()[:9]):
        notes.append(
            _("There is no rate for %(currencies)s, so these amounts are not counted.") % {"currencies": many(sorted(left), look.language)}
        )
    shown = list(zip(numbers, foot.cells, strict=True))
    return Shown([_("Month")], numbers, lines, foot, _forecast_chart(lines, marks, look), shown, notes)


def _urls(definition: Definition, month: date) -> list[str]:
    """The lists behind a month: all, won, and what is open."""
    days = between("closing_on", month, months_on(month, 1))
    known = [{"field": "currency", "op": "is", "value": code} for code in (home_currency(), *rates.codes())]
    days.append({"any": known} if len(known) > 1 else known[0])
    wanted: list[list[dict[str, Any]]] = [[], *([{"field": "outcome", "op": "is", "value": value}] for value in ("won", "open"))]
    return [list_url(definition.module, definition.criteria_data, days + more) for more in wanted]


def _forecast_chart(lines: list[Line], marks: list[tuple[Mark, Mark, Mark]], look: Look) -> Chart:
    won, coming, goals = ([one[n] for one in marks] for n in range(3))
    series = [Series(_("Won"), won, 2), Series(_("Expected"), coming, 1)]
    title = _("Won and expected revenue against the target")
    labels = [line.headings[0] for line in lines]
    aims = goals if any(goal.value for goal in goals) else ()
    return Chart("column", title, _("Month"), labels, series, home_currency(), look.language, aims)


def _month_line(label: str, parts: tuple[Decimal, Decimal, Decimal], look: Look, url: str) -> Line:
    home, (won, coming, aim) = home_currency(), parts
    reached = f"{look.number(round(won * 100 / aim))}%" if aim else "—"
    return Line(
        [label],
        [look.money(won, home), look.money(coming, home), look.money(aim, home) if aim else "—", reached],
        [won, coming, aim, reached],
        url,
    )
