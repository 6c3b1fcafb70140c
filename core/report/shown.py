"""A report as pages, files and charts have it: labels for keys, text for figures, and the list behind each figure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from babel.dates import format_skeleton
from django.utils.translation import gettext as _

from core.field.look import Look
from core.module.listing import name_records
from core.module.module import Module
from core.money import rates
from core.organisation.fiscal import fiscal_label, is_calendar, months_on
from core.organisation.settings import home_currency
from core.web.charts import Chart, Mark, Series

from .definition import By, Definition, Measure
from .engine import Figures, Result

MOST_LINES = 500
MOST_MARKS, MOST_SERIES = {"bar": 30, "funnel": 12, "column": 60, "line": 60, "pie": 9}, 9
# Kinds that show what is beyond their marks as one more, "Other", so that the whole is in the picture.
_WITH_REST = {"bar", "pie"}
_LENGTH = {"month": 1, "quarter": 3, "year": 12, "fiscal": 12}


@dataclass
class Line:
    """One row of the table: its headings, its figures as text and as plain values, and where it leads."""

    headings: list[str]
    cells: list[str]
    plain: list[Any]
    url: str = ""
    kind: str = ""  # "sub" for a subtotal


@dataclass
class Shown:
    """A report ready for a page, a chart or a file."""

    heads: list[str]
    numbers: list[str]
    lines: list[Line]
    foot: Line | None
    chart: Chart | None
    figures: list[tuple[str, str]]
    notes: list[str] = field(default_factory=list)


def list_url(module: Module, criteria: dict[str, Any], leaves: list[dict[str, Any]], within: Mapping[str, str] | None = None) -> str:
    """The list of exactly what a figure counts: the report's criteria and the conditions of its group, `within` a view."""
    members = list(criteria["all"]) if "all" in criteria else [criteria] if criteria.get("any") else []
    members += leaves
    query = dict(within or {"view": next((view.key for view in module.views if not view.criteria and not view.hidden), "")})
    if members:
        query["filter"] = json.dumps({"all": members}, ensure_ascii=False, separators=(",", ":"))
    return f"{module.url()}?{urlencode(query)}"


def _url(d: Definition, conditions: list[dict[str, Any]]) -> str:
    return list_url(d.module, d.criteria_data, conditions, d.within)


def leaves(by: By, key: Any) -> list[dict[str, Any]]:
    """The conditions that mean "in this group"."""
    name = by.field.key
    if key is None:
        return [{"field": name, "op": "empty"}]
    if by.bucket:
        return between(name, key, bucket_end(by.bucket, key))
    return [{"field": name, "op": "is", "value": ("1" if key else "0") if by.field.kind.key == "yes_no" else str(key)}]


def between(name: str, first: date, end: date) -> list[dict[str, Any]]:
    """From the day `first` to the day before `end`."""
    return [
        {"field": name, "op": "after", "value": (first - timedelta(1)).isoformat()},
        {"field": name, "op": "before", "value": end.isoformat()},
    ]


def bucket_end(bucket: str, first: date) -> date:
    """The first day after a bucket."""
    return months_on(first, _LENGTH[bucket]) if bucket in _LENGTH else first + timedelta({"day": 1, "week": 7}[bucket])


def bucket_label(bucket: str, first: date, look: Look) -> str:
    if bucket == "day":
        return look.day(first)
    if bucket == "week":
        return _("Week of %(day)s") % {"day": look.day(first)}
    if bucket == "year":
        return str(first.year)
    if bucket == "fiscal" or (bucket == "quarter" and not is_calendar()):
        return fiscal_label(first, quarter=bucket == "quarter")
    return format_skeleton({"month": "yMMM", "quarter": "yQQQ"}[bucket], first, locale=look.language)


def name_keys(result: Result, look: Look) -> None:
    """Gather the names of linked records that are groups, through the gate, in one query per module."""
    wanted: dict[str, set[int]] = {}
    for n, by in enumerate(result.definition.by):
        if by.field.kind.key == "link":
            wanted.setdefault(by.field.target, set()).update(one.keys[n] for one in result.groups if one.keys[n] is not None)
    name_records(look, wanted)


def label(by: By, key: Any, look: Look, names: str = "") -> str:
    if key is None:
        return _("Not set")
    if by.bucket:
        return bucket_label(by.bucket, key, look)
    if by.field.kind.key == "link":
        return look.names.get((by.field.target, key), "") or _("A record you may not see")
    if by.field.kind.key == "text":
        return names or str(key)
    if by.field.outer is not None:
        return by.field.told_apart().get(key) or str(key)
    return by.field.kind.text(by.field, key, look) or str(key)


def _rank(by: By, key: Any, text: str) -> tuple[Any, ...]:
    """Where a group stands in its own order: choices as arranged, dates and numbers by size, the rest by name; empty last."""
    if key is None:
        return (2,)
    if by.field.kind.key == "picklist":
        known = list(by.field.options)
        return (0, known.index(key), "") if key in known else (1, 0, text)
    return (
        (0, key, "")
        if by.bucket or isinstance(key, int | float | Decimal) and by.field.kind.key not in {"user", "link"}
        else (0, 0, text.casefold())
    )


@dataclass
class _Arranged:
    """The groups of a report in order, with their labels and the subtotals of the first grouping."""

    groups: list[Figures]
    labels: dict[tuple[int, Any], str]
    firsts: dict[Any, Figures]


def arranged(result: Result, look: Look) -> _Arranged:
    name_keys(result, look)
    d = result.definition
    labels: dict[tuple[int, Any], str] = {}
    firsts: dict[Any, Figures] = {}
    for one in result.groups:
        for n, key in enumerate(one.keys):
            if (n, key) not in labels:
                labels[n, key] = label(d.by[n], key, look, one.names.get(n, ""))
        if one.keys:
            firsts.setdefault(one.keys[0], Figures(one.keys[:1])).add(one)
    ranks = {(n, key): _rank(d.by[n], key, written) for (n, key), written in labels.items()}
    sign = {"most": -1, "least": 1}.get(d.order, 0)

    def place(one: Figures) -> tuple[Any, ...]:
        size = sign * float(firsts[one.keys[0]].value(0, d.show[0], _currency(d.show[0], result)) or 0) if one.keys else 0
        return (size, *(ranks[n, key] for n, key in enumerate(one.keys)))

    return _Arranged(sorted(result.groups, key=place), labels, firsts)


def _currency(measure: Measure, result: Result) -> str:
    return result.currencies[0] if measure.money else ""


def columns(result: Result) -> list[tuple[int, Measure, str]]:
    """The figures of a line: each measure, money once for each currency met."""
    return [(n, m, code) for n, m in enumerate(result.definition.show) for code in (result.currencies if m.money else [""])]


def text(measure: Measure, value: Any, currency: str, look: Look) -> str:
    """A figure as a reader writes it."""
    if value is None:
        return "—"
    if measure.money:
        return look.money(round(Decimal(str(value)), 0 if measure.function == "avg" else 2), currency)
    if measure.field is not None and measure.field.kind.key == "percent":
        return f"{look.number(round(value, 1))}%"
    return look.number(round(value, 2) if not isinstance(value, int) else value)


def _line(headings: list[str], one: Figures, result: Result, look: Look, url: str = "", kind: str = "") -> Line:
    values = [(m, code, one.value(n, m, code)) for n, m, code in columns(result)]
    # As the module's own export writes them: the same in every database, amounts without needless zeros.
    plain = [m.field.kind.out(m.field, v, look) if m.field is not None and m.money else v for m, _c, v in values]
    return Line(headings, [text(m, v, code, look) for m, code, v in values], plain, url, kind)


def show(result: Result, look: Look, most: int = MOST_LINES) -> Shown:
    """The table, the chart and the totals of a report; a page shows the first `most` lines, a file has all."""
    d, order = result.definition, arranged(result, look)
    lines: list[Line] = []
    groups = order.groups[:most] if d.by else []
    for at, one in enumerate(groups):
        url = _url(d, [leaf for n, by in enumerate(d.by) for leaf in leaves(by, one.keys[n])])
        lines.append(_line([order.labels[n, key] for n, key in enumerate(one.keys)], one, result, look, url))
        last = at + 1 == len(groups) or groups[at + 1].keys[0] != one.keys[0]
        if len(d.by) > 1 and last and one.count != order.firsts[one.keys[0]].count:
            first = one.keys[0]
            url = _url(d, leaves(d.by[0], first))
            lines.append(_line([order.labels[0, first], _("All")], order.firsts[first], result, look, url, "sub"))
    many = len(result.currencies) > 1
    numbers = [f"{m.label} ({code})" if m.money and many else m.label for _n, m, code in columns(result)]
    total = [_("Total"), *[""] * (len(d.by) - 1)]
    foot = _line(total, result.total, result, look, _url(d, []))
    shown = Shown([by.label for by in d.by] or [_("All records")], numbers, lines, foot, None, [])
    first = {"", result.currencies[0]}
    shown.figures = [(m.label, cell) for (_n, m, code), cell in zip(columns(result), foot.cells, strict=True) if code in first]
    model = d.module.model
    shown.notes += filter(None, [rates.converted_words(model, result.converted, look), _apart(result, look)])
    if len(order.groups) > most:
        shown.notes.append(
            _("The table shows the first %(count)d lines; the totals count all, and the exported file has them.") % {"count": most}
        )
    if result.more:
        shown.notes.append(_("There are more groups than this page shows; the totals count them all."))
    if d.by and d.chart != "none" and not result.problem:
        drawn = chart(result, order, look)
        shown.chart = drawn
        if (marks := len(_places(result, order))) < len(order.firsts):
            shown.notes.append(_fewer(d) % {"count": marks})
        if many and d.show[0].money:
            shown.notes.append(
                _("The chart shows amounts in %(currency)s; other currencies stand in the table.") % {"currency": result.currencies[0]}
            )
    return shown


def _fewer(d: Definition) -> str:
    """What a chart leaves out, and where it stands."""
    if d.by[0].bucket and d.order == "natural":
        return _("The chart shows the latest %(count)d groups; the table has all.")
    if d.chart in _WITH_REST:
        return _("The chart shows the largest %(count)d groups and the others as one; the table has all.")
    return _("The chart shows the first %(count)d groups; the table has all.")


def _apart(result: Result, look: Look) -> str:
    """Which of the currencies met have no rate; without any rate all are columns of their own, which says it already."""
    return rates.apart_words([code for code in result.currencies if code != home_currency()], look) if rates.codes() else ""


def _places(result: Result, order: _Arranged) -> list[Any]:
    """The keys along the chart; in months and other buckets also those where nothing was, so that time runs evenly. Of more
    than fit, the newest of time, the largest where the rest is drawn as one, else the first."""
    d, most = result.definition, MOST_MARKS[result.definition.chart]
    keys, by = list(dict.fromkeys(one.keys[0] for one in order.groups)), d.by[0]
    dated = [key for key in keys if key is not None]
    timed = bool(by.bucket and dated and d.order == "natural")
    if timed:
        at = min(dated)
        filled: list[Any] = []
        while at <= max(dated) and len(filled) < MOST_MARKS["column"]:
            filled.append(at)
            at = bucket_end(by.bucket, at)
        if at > max(dated):
            keys = filled + ([None] if None in keys else [])
    if len(keys) > most and d.chart in _WITH_REST and not timed:
        measure = d.show[0]
        currency = _currency(measure, result)
        large = set(sorted(keys, key=lambda key: -float(order.firsts[key].value(0, measure, currency) or 0))[:most])
        return [key for key in keys if key in large]
    return keys[-most:] if timed else keys[:most]


def chart(result: Result, order: _Arranged, look: Look) -> Chart:
    """The first measure as a chart: the first grouping along it, the second as its series."""
    d, measure = result.definition, result.definition.show[0]
    currency, keys = _currency(measure, result), _places(result, order)
    held = {one.keys: one for one in order.groups}

    def mark(one: Figures | None, conditions: list[dict[str, Any]]) -> Mark:
        value = one.value(0, measure, currency) if one else None
        return Mark(float(value or 0), text(measure, value or 0, currency, look), _url(d, conditions) if one else "")

    if len(d.by) == 1:
        ring = d.chart == "pie"  # neighbours in a ring are told apart by their colours alone
        hues = [_hue(d.by[0], key, (n % 9 + 1 if key is not None else 10) if ring else 1) for n, key in enumerate(keys)]
        marks = [mark(held.get((key,)), leaves(d.by[0], key)) for key in keys]
        if rest := _beyond(result, order, keys, measure, currency, look):
            marks.append(rest)
            hues.append(10)
        series = [Series(measure.label, marks, 1, hues)]
    else:
        second = sorted({one.keys[1] for one in order.groups}, key=lambda key: _rank(d.by[1], key, order.labels[1, key]))
        series = [
            Series(
                order.labels[1, inner],
                [mark(held.get((key, inner)), leaves(d.by[0], key) + leaves(d.by[1], inner)) for key in keys],
                _hue(d.by[1], inner, n % 10 + 1),
            )
            for n, inner in enumerate(second[:MOST_SERIES])
        ]
        if len(second) > MOST_SERIES:
            series.append(_rest(order, keys, second[MOST_SERIES:], measure, currency, look))
        series = _told_apart(series)
    labels = [order.labels.get((0, key)) or label(d.by[0], key, look) for key in keys]
    labels += [_("Other")] * (len(series[0].marks) - len(labels) if series else 0)
    title = _("%(measure)s by %(group)s") % {"measure": measure.label, "group": " · ".join(by.field.label for by in d.by)}
    # Averages stacked on each other would say nothing.
    kind = "line" if measure.function == "avg" and len(d.by) > 1 else d.chart
    if kind == "pie" and (measure.function == "avg" or len(d.by) > 1):  # parts of no whole
        kind = "bar"
    return Chart(kind, title, d.by[0].label, labels, series, currency, look.language)


def _beyond(result: Result, order: _Arranged, keys: list[Any], measure: Measure, currency: str, look: Look) -> Mark | None:
    """All that has no mark of its own, as one more; averages do not add up."""
    if result.definition.chart not in _WITH_REST or measure.function == "avg" or len(keys) >= len(order.firsts) and not result.more:
        return None
    whole = result.total.value(0, measure, currency) or 0
    value = whole - sum(order.firsts[key].value(0, measure, currency) or 0 for key in keys if key in order.firsts)
    return Mark(float(value), text(measure, value, currency, look)) if value > 0 else None


def _rest(order: _Arranged, keys: list[Any], others: list[Any], measure: Measure, currency: str, look: Look) -> Series:
    sums = {key: Figures((key,)) for key in keys}
    for one in order.groups:
        if one.keys[1] in others and one.keys[0] in sums:
            sums[one.keys[0]].add(one)
    values = [sums[key].value(0, measure, currency) or 0 for key in keys]
    return Series(_("Other"), [Mark(float(v), text(measure, v, currency, look)) for v in values], 10)


def _hue(by: By, key: Any, otherwise: int) -> int:
    option = by.field.options.get(key) if by.field.kind.key == "picklist" else None
    return option.hue if option and option.marked else otherwise


def _told_apart(series: list[Series]) -> list[Series]:
    """Each series its own colour: of two that have the same one, as stages of two pipelines may, the later takes a free one."""
    free = [hue for hue in range(1, 10) if hue not in {one.hue for one in series}]
    taken: set[int] = set()
    made = []
    for one in series:
        hue = free.pop(0) if one.hue in taken and free else one.hue
        taken.add(hue)
        made.append(one if hue == one.hue else replace(one, hue=hue))
    return made
