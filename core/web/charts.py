"""Charts as SVG from the server: bars, columns, a line, a ring, a funnel; the same numbers always as a table.

Places along the page are percentages and heights are pixels, so that text keeps its size on every screen and no script
measures anything. Colours come from `data-hue` classes, dark and print with them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count as counter
from typing import Any

from babel.numbers import format_compact_currency, format_compact_decimal
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from core.html import built

KINDS = ("bar", "column", "line", "pie", "funnel")
HEIGHT, ROW = 220, 34
_RADIUS = 84  # of the middle of a ring's line
# Percent of the width: names beside bars, figures behind them, the scale beside columns.
NAMES, AFTER, SCALE = 28, 17, 12
_numbers = counter(1)
_LONG = re.compile(r"\d{3}")


@dataclass(frozen=True)
class Mark:
    """One value: its size, how it reads in full, and where it leads."""

    value: float
    text: str
    url: str = ""


@dataclass(frozen=True)
class Series:
    """One mark for each label of the chart. `hues` colours each mark by itself."""

    label: str
    marks: Sequence[Mark]
    hue: int = 1
    hues: Sequence[int] = ()

    def colour(self, number: int) -> int:
        return self.hues[number] if self.hues else self.hue


@dataclass(frozen=True)
class Chart:
    """What is drawn. `goals` are marks of what was aimed for, one a label."""

    kind: str
    title: str
    heading: str
    labels: Sequence[str]
    series: Sequence[Series]
    currency: str = ""
    language: str = "en"
    goals: Sequence[Mark] = field(default=())

    @property
    def empty(self) -> bool:
        return not any(mark.value for one in self.series for mark in one.marks)


def ticks(top: float, wanted: int = 4) -> list[float]:
    """Round numbers from 0 to at least `top`: steps of 1, 2, 2.5 or 5 times a power of ten."""
    if not top > 0 or not math.isfinite(top):
        return [0, 1]
    raw = top / wanted
    power = 10 ** math.floor(math.log10(raw))
    step = next(power * nice for nice in (1, 2, 2.5, 5, 10) if power * nice >= raw * 0.999999)
    if top >= 2 and step < 1:
        step = 1
    steps = math.ceil(top / step - 1e-9)
    return [step * n for n in range(steps + 1)]


def short(value: float, currency: str, language: str) -> str:
    """A figure as axes have it: ¥12.4M, 1240万; no more than a few digits."""
    number = Decimal(str(round(value, 2)))

    def written(digits: int) -> str:
        if currency:
            return str(format_compact_currency(number, currency, locale=language, fraction_digits=digits))
        return str(format_compact_decimal(number, locale=language, fraction_digits=digits))

    fine = written(1 if abs(number) >= 1000 or not currency else 0)
    return written(0) if _LONG.search(fine) else fine


def draw(chart: Chart) -> SafeString:
    """The SVG alone."""
    number = next(_numbers)
    body, height = {"bar": _bars, "funnel": _funnel, "line": _line, "column": _columns, "pie": _ring}[chart.kind](chart)
    linked = any(mark.url for one in chart.series for mark in one.marks)
    # A picture hides what is inside it from assistive tools; one with links in it is a group.
    return format_html(
        '<svg class="plot" role="{}" width="100%" height="{}" aria-labelledby="chart{}"><title id="chart{}">{}</title>{}</svg>',
        "group" if linked else "img", height, number, number, chart.title, body,
    )  # fmt: skip


def figure(chart: Chart, *, numbers: bool = True) -> SafeString:
    """The chart with its legend and, with `numbers`, the same values as a table to open."""
    if chart.empty:
        return format_html('<p class="none">{}</p>', _("There is nothing to draw yet."))
    named, ring = [(one.hue, one.label) for one in chart.series] if len(chart.series) > 1 else [], chart.kind == "pie"
    if ring:
        one = chart.series[0]
        named = [(one.colour(n), f"{label}: {one.marks[n].text}{_part(chart, n)}") for n, label in enumerate(chart.labels)]
    legend = format_html_join("", '<li><span class="state" data-hue="{}">{}</span></li>', named)
    goal = format_html('<li class="goal">{}</li>', _("Target")) if chart.goals else ""
    key = format_html('<ul class="legend">{}{}</ul>', legend, goal) if named or goal else ""
    kind, table = built(' data-kind="ring"') if ring else "", _table(chart) if numbers else ""
    return format_html('<figure class="chart-figure"{}>{}{}{}</figure>', kind, key, draw(chart), table)


def _table(chart: Chart) -> SafeString:
    heads = format_html_join("", '<th scope="col" class="num">{}</th>', ((one.label,) for one in chart.series))
    if chart.goals:
        heads = format_html('{}<th scope="col" class="num">{}</th>', heads, _("Target"))
    lines = []
    for n, label in enumerate(chart.labels):
        marks = [one.marks[n] for one in chart.series] + ([chart.goals[n]] if chart.goals else [])
        cells = format_html_join("", '<td class="num">{}</td>', ((_linked(mark.url, mark.text, ""),) for mark in marks))
        lines.append(format_html('<tr><th scope="row">{}</th>{}</tr>', label, cells))
    return format_html(
        '<details class="numbers"><summary>{}</summary><div class="scroll" tabindex="0" role="region" aria-label="{}">'
        '<table class="grid plain">'
        '<thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table></div></details>',
        _("Show the numbers"), chart.title, chart.heading, heads, _joined(lines),
    )  # fmt: skip


def _joined(parts: Sequence[Any]) -> SafeString:
    # Every part was made by format_html.
    return built("".join(parts))


def _linked(url: str, inside: Any, label: str) -> SafeString:
    if not url:
        return format_html("{}", inside)
    return format_html('<a href="{}"{}>{}</a>', url, format_html(' aria-label="{}"', label) if label else "", inside)


def _said(chart: Chart, series: Series, n: int) -> str:
    if len(chart.series) > 1:
        return f"{chart.labels[n]}, {series.label}: {series.marks[n].text}"
    return f"{chart.labels[n]}: {series.marks[n].text}"


def _rect(chart: Chart, series: Series, n: int, x: float, y: float, width: str, height: float) -> SafeString:
    said = _said(chart, series, n)
    drawn = format_html(
        '<rect data-hue="{}" x="{}%" y="{}" width="{}" height="{}" rx="2"><title>{}</title></rect>',
        series.colour(n), _px(x), _px(y), width, _px(height), said,
    )  # fmt: skip
    return _linked(series.marks[n].url, drawn, said)


def _px(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _sum(chart: Chart, n: int) -> float:
    return sum(max(one.marks[n].value, 0) for one in chart.series)


def _top(chart: Chart) -> float:
    stacked = (
        [_sum(chart, n) for n in range(len(chart.labels))] if chart.kind != "line" else [m.value for s in chart.series for m in s.marks]
    )
    return max([*stacked, *(mark.value for mark in chart.goals)], default=0)


def _name(label: str, y: float) -> SafeString:
    # An inner svg cuts what is too long for its column; the whole name stands in its title.
    return format_html(
        '<svg x="0" y="{}" width="{}%" height="{}"><text x="0" y="20">{}<title>{}</title></text></svg>',
        _px(y),
        NAMES - 2,
        ROW,
        label,
        label,
    )


def _bars(chart: Chart) -> tuple[SafeString, int]:
    top, room = _top(chart) or 1, 100 - NAMES - AFTER
    made: list[SafeString] = []
    for n, label in enumerate(chart.labels):
        y, x = n * ROW + 5.0, float(NAMES)
        made.append(_name(label, y - 4))
        for one in chart.series:
            wide = max(one.marks[n].value, 0) / top * room
            if wide > 0:
                made.append(_rect(chart, one, n, x, y, f"{_px(max(wide, 0.4))}%", ROW - 10))
            x += wide
        made.append(_text(x, y + 16, short(_sum(chart, n), chart.currency, chart.language), "value", dx=6))
        if chart.goals:
            goal = NAMES + chart.goals[n].value / top * room
            made.append(format_html('<line class="goal" x1="{0}%" x2="{0}%" y1="{1}" y2="{2}"/>', _px(goal), _px(y - 3), _px(y + ROW - 7)))
    height = len(chart.labels) * ROW + 4
    made.append(format_html('<line class="axis" x1="{0}%" x2="{0}%" y1="0" y2="{1}"/>', NAMES, height))
    return _joined(made), height


def _text(x: float, y: float, text: str, css: str = "", anchor: str = "start", dx: int = 0) -> SafeString:
    return format_html('<text class="{}" x="{}%" y="{}" dx="{}" text-anchor="{}">{}</text>', css, _px(x), _px(y), dx, anchor, text)


def _funnel(chart: Chart) -> tuple[SafeString, int]:
    """Bars around one middle, each as wide as its value; the first series only."""
    series, room = chart.series[0], 100 - NAMES - AFTER
    top, middle, made = _top(chart) or 1, NAMES + room / 2, []
    for n, label in enumerate(chart.labels):
        y, wide = n * ROW + 3.0, max(series.marks[n].value, 0) / top * room
        made += [
            _name(label, y - 2),
            _rect(chart, series, n, middle - max(wide, 0.4) / 2, y, f"{_px(max(wide, 0.4))}%", ROW - 6),
            _text(100, y + 18, short(series.marks[n].value, chart.currency, chart.language), "value", "end"),
        ]
    return _joined(made), len(chart.labels) * ROW + 4


def _frame(chart: Chart) -> tuple[list[SafeString], float]:
    """The scale and the names below, and the value at the top of the scale."""
    steps, made = ticks(_top(chart)), []
    for value in steps:
        y = _y(value, steps[-1])
        made.append(format_html('<line class="axis" x1="{}%" x2="100%" y1="{}" y2="{}"/>', SCALE, _px(y), _px(y)))
        made.append(_text(0, y + 4, short(value, chart.currency, chart.language)))
    number = len(chart.labels)
    for n, label in enumerate(chart.labels):
        if n % math.ceil(number / 14) == 0:
            made.append(_text(_x(n, number), HEIGHT - 6, label, "" if n % math.ceil(number / 5) == 0 else "wide", "middle"))
    return made, steps[-1]


def _x(n: int, number: int) -> float:
    """The middle of place `n` of `number`, in percent."""
    return SCALE + (100 - SCALE) / number * (n + 0.5)


def _y(value: float, top: float) -> float:
    return 12 + (HEIGHT - 40) * (1 - value / top)


def _columns(chart: Chart) -> tuple[SafeString, int]:
    made, top = _frame(chart)
    number = len(chart.labels)
    wide = min((100 - SCALE) / number * 0.64, 9)
    for n in range(number):
        low = 0.0
        for one in chart.series:
            value = max(one.marks[n].value, 0)
            if value > 0:
                high = _y(low + value, top)
                made.append(_rect(chart, one, n, _x(n, number) - wide / 2, high, f"{_px(wide)}%", max(_y(low, top) - high, 1)))
            low += value
        if chart.goals and chart.goals[n].value:
            target = _("Target")
            y, said = _y(chart.goals[n].value, top), f"{chart.labels[n]}, {target}: {chart.goals[n].text}"
            left, right = _px(_x(n, number) - wide * 0.7), _px(_x(n, number) + wide * 0.7)
            made.append(
                format_html(
                    '<line class="goal" x1="{}%" x2="{}%" y1="{}" y2="{}"><title>{}</title></line>', left, right, _px(y), _px(y), said
                )
            )
    return _joined(made), HEIGHT


def _line(chart: Chart) -> tuple[SafeString, int]:
    made, top = _frame(chart)
    number = len(chart.labels)
    for one in chart.series:
        points = [(_x(n, number), _y(max(mark.value, 0), top)) for n, mark in enumerate(one.marks)]
        for (x1, y1), (x2, y2) in zip(points, points[1:], strict=False):
            line = '<line class="track" data-hue="{}" x1="{}%" y1="{}" x2="{}%" y2="{}"/>'
            made.append(format_html(line, one.hue, _px(x1), _px(y1), _px(x2), _px(y2)))
        for n, (x, y) in enumerate(points):
            said = _said(chart, one, n)
            dot = format_html('<circle data-hue="{}" cx="{}%" cy="{}" r="4"><title>{}</title></circle>', one.hue, _px(x), _px(y), said)
            made.append(_linked(one.marks[n].url, dot, said))
    return _joined(made), HEIGHT


def _part(chart: Chart, n: int) -> str:
    """How much of the whole one mark of a ring is: (12%), (< 1%)."""
    whole, value = sum(max(mark.value, 0) for mark in chart.series[0].marks), chart.series[0].marks[n].value
    share = 100 * value / whole if whole and value > 0 else 0
    return f" ({'< 1' if 0 < share < 1 else round(share)}%)"


def _ring(chart: Chart) -> tuple[SafeString, int]:
    """A ring whose parts begin at the top and go round with the clock; what is negative has no part. First series only."""
    marks, made = chart.series[0].marks, []
    whole, at = sum(max(mark.value, 0) for mark in marks) or 1, 0.0
    round_ = 2 * math.pi * _RADIUS
    for n, mark in enumerate(marks):
        share = max(mark.value, 0) / whole
        if share:
            said = f"{_said(chart, chart.series[0], n)}{_part(chart, n)}"
            # A gap of one pixel between neighbours; a single part is closed.
            long = max(share * round_ - (1 if share < 1 else 0), 0.5)
            arc = format_html(
                '<circle class="arc" data-hue="{}" cx="110" cy="110" r="{}" stroke-dasharray="{} {}" stroke-dashoffset="{}" '
                'transform="rotate(-90 110 110)"><title>{}</title></circle>',
                chart.series[0].colour(n), _RADIUS, _px(long), _px(round_ - long), _px(-at * round_), said,
            )  # fmt: skip
            made.append(_linked(mark.url, arc, said))
        at += share
    total = short(sum(mark.value for mark in marks), chart.currency, chart.language)
    middle = format_html('<text class="whole" x="110" y="117" text-anchor="middle">{}</text>', total)
    return format_html('<svg viewBox="0 0 220 220" height="{}" width="100%">{}{}</svg>', HEIGHT, _joined(made), middle), HEIGHT
