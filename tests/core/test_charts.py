"""Charts: round scales, the same numbers as a table, nothing inline."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.web.charts import KINDS, Chart, Mark, Series, draw, figure, short, ticks


def chart(kind: str, values: list[list[float]], **more: object) -> Chart:
    labels = [f"L{n} <b>" for n in range(len(values[0]))]
    series = [
        Series(f"S{n}", [Mark(v, f"¥{v:g}", f"/list/?n={n}&i={i}") for i, v in enumerate(row)], n + 1) for n, row in enumerate(values)
    ]
    return Chart(kind, "Amount by stage", "Stage", labels, series, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("top", "steps"),
    [
        (10, [0, 2.5, 5, 7.5, 10]),
        (7, [0, 2, 4, 6, 8]),
        (1, [0, 0.25, 0.5, 0.75, 1]),
        (3, [0, 1, 2, 3]),
        (0, [0, 1]),
        (64_300_000, [0, 2e7, 4e7, 6e7, 8e7]),
    ],
)
def test_scales_are_round(top: float, steps: list[float]) -> None:
    assert ticks(top) == steps


@given(st.floats(min_value=1e-3, max_value=1e15))
def test_every_scale_reaches_its_top_in_few_steps(top: float) -> None:
    steps = ticks(top)

    assert steps[0] == 0
    assert steps[-1] >= top * 0.9999
    assert 2 <= len(steps) <= 6


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_is_well_formed_svg_without_anything_inline(kind: str) -> None:
    drawn = draw(chart(kind, [[5, 0, 12], [1, 2, 3]], currency="JPY"))

    root = ElementTree.fromstring(drawn)
    assert root.attrib["role"] == "group"
    assert root.find("title").text == "Amount by stage"
    assert "style=" not in drawn
    assert "<script" not in drawn
    # Escaped, so one text; a ring has no names in it but beside it and in its titles.
    texts = [t.text or "" for tag in ("text", "title") for t in root.iter(tag)]
    assert any(text.startswith("L0 <b>") for text in texts)


def test_a_chart_without_links_is_a_picture() -> None:
    plain = Chart("bar", "Days", "Stage", ["Won"], [Series("Days", [Mark(3, "3 days")])])

    assert 'role="img"' in draw(plain)


@pytest.mark.parametrize("kind", ["bar", "column", "line"])
def test_every_mark_says_its_value_and_leads_to_its_list(kind: str) -> None:
    drawn = draw(chart(kind, [[5, 7]]))

    assert "<title>L0 &lt;b&gt;: ¥5</title>" in drawn
    assert 'href="/list/?n=0&amp;i=1"' in drawn


def test_stacked_bars_stand_on_each_other() -> None:
    drawn = draw(chart("column", [[10], [10]]))

    rects = [(float(y), float(h)) for y, h in re.findall(r'<rect[^>]* y="([\d.]+)"[^>]* height="([\d.]+)"', drawn)]
    assert rects[0][0] == pytest.approx(rects[1][0] + rects[1][1])


def test_the_same_numbers_stand_in_a_table() -> None:
    html = figure(chart("bar", [[5, 7], [1, 2]]))

    assert "<details" in html
    assert re.findall(r'<td class="num"><a [^>]*>¥(\d+)</a></td>', html) == ["5", "1", "7", "2"]


def test_nothing_to_draw_says_so() -> None:
    assert "<svg" not in figure(chart("bar", [[0, 0]]))


def test_axes_write_figures_as_their_readers_do() -> None:
    assert short(12_400_000, "JPY", "en") == "¥12.4M"
    assert "万" in short(12_400_000, "JPY", "ja")
    assert short(3, "", "en") == "3"
