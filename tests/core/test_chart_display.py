"""The chart of a list: another display of the same view, counted by the engine of reports (PLT-9)."""

from __future__ import annotations

import json
import re
from datetime import date
from html import unescape
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.access.models import Profile, User
from core.field.models import FieldLabel
from core.module.models import SavedView
from core.report import engine
from core.stamps import bump
from crm.models import Deal
from tests.crm.reports_cast import *  # noqa: F403
from tests.crm.reports_cast import (
    NOW,
    _english,  # noqa: F401
    client_of,
    count_of,
    fresh,
)

pytestmark = pytest.mark.django_db
CHART = "/crm/deals/chart"


@pytest.fixture(autouse=True)
def _then() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def asked(user: User, **query: str) -> Any:
    return client_of(user).get(CHART, query)


def lines(answer: Any) -> dict[str, str]:
    return {line.headings[0]: line.cells[0] for line in answer.context["shown"].lines}


def test_each_figure_leads_to_the_list_it_counts(deals: None, ann: User, bob: User) -> None:
    """PLT-9, PLT-24: count by stage within view, filter and words; the list behind each line has as many records."""
    picked = json.dumps({"all": [{"field": "amount", "op": "gt", "value": "100"}]})

    for user, query in ((ann, {}), (bob, {"view": "mine"}), (bob, {"view": "won"}), (bob, {"filter": picked}), (ann, {"q": "A1"})):
        shown = asked(user, by="stage", **query).context["shown"]

        assert shown.lines
        for line in [*shown.lines, shown.foot]:
            assert count_of(client_of(user), line.url) == line.plain[0]


def test_bars_are_links_with_the_criteria_of_the_page(deals: None, ann: User) -> None:
    """PLT-9: the bar itself leads where its line in the table does."""
    page = asked(ann, by="stage", show="sum.amount", view="mine").content.decode()

    bars = [unescape(url) for url in re.findall(r'<a href="([^"]+)" aria-label="[^"]+"><rect', page)]
    assert len(bars) == 2  # the third group has pounds only, for which there is no rate
    assert all("view=mine" in url and count_of(client_of(ann), url) in {1, 2} for url in bars)


def test_time_goes_by_month_quarter_and_year_as_columns(deals: None, bob: User) -> None:
    """PLT-9: dates are grouped by buckets, and time runs from left to right unless another drawing is asked for."""
    month, quarter, year = (asked(bob, by=f"closing_on:{bucket}") for bucket in ("month", "quarter", "year"))

    assert lines(month) == {"Oct 2026": "1", "Nov 2026": "3", "Dec 2026": "1"}
    assert lines(quarter) == {"Q4 2026": "5"}
    assert lines(year) == {"2026": "5"}
    assert month.context["definition"].chart == "column"
    assert asked(bob, by="closing_on:month", chart="line").context["shown"].chart.kind == "line"


def test_amounts_are_told_in_the_home_currency_and_averages_are_no_ring(deals: None, ann: User) -> None:
    """PLT-9, PLT-7: sum and average of money as reports tell them; parts of an average make no whole."""
    total, mean = (asked(ann, by="stage", show=f"{word}.amount", chart="pie") for word in ("sum", "avg"))

    assert lines(total)["Proposal"] == "¥1,500"
    assert lines(mean)["Proposal"] == "¥750"
    assert (total.context["shown"].chart.kind, mean.context["shown"].chart.kind) == ("pie", "bar")
    assert "Proposal: ¥1,500 (83%)" in total.content.decode()


def test_a_hidden_field_is_not_offered_and_refused(deals: None, ann: User, bob: User) -> None:
    """A6, PLT-9: neither grouping nor adding up by what the reader may not see gives any figure."""
    bob.profile = Profile.objects.create(name="No amounts", rights=bob.profile.rights, fields={"crm.deal": {"amount": "hidden"}})
    bob.save()
    bump("access")

    offered = {one.text for one in asked(fresh(bob)).context["measures"]}
    refused = asked(fresh(bob), by="stage", show="sum.amount")

    assert "sum.amount" not in offered and "sum.amount" in {one.text for one in asked(ann).context["measures"]}
    assert refused.context["shown"].lines == [] and "may not see" in refused.content.decode()


def test_a_field_an_admin_hid_is_nobodys_group(deals: None, ann: User) -> None:
    """PLT-17, PLT-9: hidden for all."""
    FieldLabel.objects.create(module="crm.deal", field="type", hidden=True)
    bump("fields")

    assert "may not see" in asked(ann, by="type").content.decode()
    assert "type" not in {one.text for one in asked(ann).context["plain"]}


def test_what_is_beyond_the_marks_is_one_more(deal: Any, ann: User) -> None:
    """PLT-9: the largest groups have a part of the ring each, the others one together; the table has all."""
    for number in range(12):
        deal(ann, f"D{number}", next_step=f"Step {number:02}", amount=100 * (number + 1))

    shown = asked(ann, by="next_step", show="sum.amount", chart="pie").context["shown"]

    assert (len(shown.lines), len(shown.chart.labels), shown.chart.labels[-1]) == (12, 10, "Other")
    assert [mark.text for mark in shown.chart.series[0].marks][-1] == "¥600"
    assert shown.chart.series[0].marks[-1].url == ""
    assert shown.foot.cells == ["¥7,800"]


def test_groups_beyond_the_cap_are_in_the_total(deal: Any, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-9: so many groups are read at most, and the whole still adds up."""
    for number in range(5):
        deal(ann, f"D{number}", next_step=f"Step {number}")
    monkeypatch.setattr(engine, "CAP", 2)

    shown = asked(ann, by="next_step").context["shown"]

    assert len(shown.lines) == 2 and shown.foot.cells == ["5"]
    assert shown.chart.labels[-1] == "Other" and shown.chart.series[0].marks[-1].text == "3"


def test_a_chart_takes_one_select_however_many_records(deal: Any, ann: User) -> None:
    """PLT-9: one SELECT over the records; ten times as many ask no more."""
    client = client_of(ann)
    client.get(CHART)

    def selects() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert client.get(CHART, {"by": "stage"}).status_code == 200
        return sum(f'FROM "{Deal._meta.db_table}"' in one["sql"] for one in seen)

    deal(ann, "One")
    first = selects()
    for number in range(9):
        deal(ann, f"D{number}", stage="proposal")

    assert (first, selects()) == (1, 1)


def test_a_chart_that_takes_too_long_says_so(deals: None, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-8, PLT-9: like a list no index answers, it is stopped, and what was asked stays."""

    def slow(*_args: Any) -> Any:
        raise OperationalError("interrupted")

    monkeypatch.setattr("core.web.chart.run", slow)

    answer = asked(ann, by="stage", q="A")

    assert answer.status_code == 503
    assert "took too long" in answer.content.decode() and 'value="A"' in answer.content.decode()


def test_a_chart_is_saved_with_the_view_and_opens_with_it(deals: None, ann: User) -> None:
    """PLT-9: the display and what it shows are the view's; its list is still one press away."""
    client = client_of(ann)
    page = client.get(CHART, {"by": "stage", "show": "sum.amount", "chart": "pie", "view": "open"})
    save = f"/crm/deals/views/new{page.context['save_query']}"
    assert unescape(page.content.decode()).count(save) >= 2

    client.post(save, {"name": "Money by stage", "shared": "me", "default": "on"})

    view = SavedView.objects.get()
    assert (view.display, view.shown) == ("chart", {"by": "stage", "show": "sum.amount", "chart": "pie"})
    opened = client.get("/crm/deals/", follow=True)
    assert opened.redirect_chain == [(f"{CHART}?view=v{view.pk}&by=stage&show=sum.amount&chart=pie", 302)]
    assert lines(opened)["Proposal"] == "¥1,500"
    listed = next(one for one in opened.context["displays"] if str(one.label) == "List")
    assert client.get(listed.url).status_code == 200


def test_board_and_calendar_are_saved_with_their_own(deals: None, ann: User) -> None:
    """PLT-9: a view opens as the board or calendar it was saved from; renaming it later leaves that."""
    client = client_of(ann)

    for display, own in (("board", {"by": "type"}), ("calendar", {"by": "closing_on", "span": "week"})):
        page = client.get(f"/crm/deals/{display}", own)
        client.post(f"/crm/deals/views/new{page.context['save_query']}", {"name": display, "shared": "me"})
        view = SavedView.objects.get(name=display)
        client.post(reverse("edit-view", args=["crm", "deals", view.pk]), {"name": f"My {display}", "shared": "me"})

        assert client.get("/crm/deals/", {"view": f"v{view.pk}"}).url == f"/crm/deals/{display}?{urlencode({'view': f'v{view.pk}', **own})}"


def test_every_display_leads_to_the_others_with_the_same_filter(deals: None, ann: User) -> None:
    """PLT-9: view, filter and words go along; what belongs to one display does not."""
    query = {
        "view": "mine",
        "q": "A",
        "filter": json.dumps({"all": [{"field": "closing_on", "op": "after", "value": str(date(2026, 11, 1))}]}),
    }

    for display in ("", "board", "calendar", "chart"):
        page = client_of(ann).get(f"/crm/deals/{display}", {**query, "by": ""})

        for one in page.context["displays"]:
            assert one.url.endswith("?" + urlencode({"view": query["view"], "filter": query["filter"], "q": "A"}))
        assert [str(one.label) for one in page.context["displays"]] == ["List", "Board", "Calendar", "Chart"]


def test_the_form_above_the_chart_works_without_script(deals: None, ann: User) -> None:
    """PLT-5: plain GET; words, view and filter are kept as hidden fields."""
    page = asked(ann, q="A", view="mine", by="stage").content.decode()
    form = page[page.index('class="line report-form"') : page.index("</form>", page.index('class="line report-form"'))]

    assert 'name="view" value="mine"' in form and 'name="q" value="A"' in form
    assert all(f'name="{name}"' in form for name in ("by", "show", "chart", "order")) and "<button" in form
