"""Reports: figures and lists agree, for each reader by their own rights (CRM-6)."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from core.access.models import Profile, User
from core.action.registry import run as act
from core.actor import Actor
from core.event.models import Event
from core.field.look import Look
from core.field.models import Choice, CustomField
from core.module.registry import module
from core.organisation.changing import change
from core.record import write
from core.report.definition import define, groupings, measures
from core.report.engine import run
from core.report.shown import Shown, show
from core.stamps import bump
from crm.models import Deal, Lead, StageStay
from crm.reports.conversion import conversion
from crm.reports.models import Report, Target
from crm.reports.shipped import SHIPPED, reports

from .reports_cast import *  # noqa: F403
from .reports_cast import (
    NOW,
    _english,  # noqa: F401
    client_of,
    count_of,
    fresh,
    person,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("_then")]


@pytest.fixture
def _then() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def shown(user: User, by: str, show_: str = "sum.amount count", criteria: dict[str, Any] | None = None, key: str = "crm.deal") -> Shown:
    definition = define(user, module(key), {"by": by, "show": show_, "criteria": criteria or {}, "chart": "bar"})
    return show(run(definition, user), Look.of(user))


def counts(found: Shown) -> dict[tuple[str, ...], Any]:
    return {tuple(line.headings): line.plain[-1] for line in found.lines}


def test_each_reader_gets_figures_over_their_own_rows(deals: None, ann: User, bob: User, carol: User) -> None:
    """CRM-6, PLT-24: a report counts what its reader may see and nothing else."""
    assert counts(shown(ann, "stage")) == {("Proposal",): 2, ("Negotiation",): 1, ("Won",): 1}
    assert counts(shown(bob, "stage")) == {("Proposal",): 2, ("Negotiation",): 1, ("Won",): 1, ("Lost",): 1}
    assert counts(shown(carol, "stage")) == {("Qualification",): 1, ("Proposal",): 1}


def test_amounts_are_summed_by_currency_with_the_home_currency_first(deals: None, ann: User) -> None:
    """CRM-6"""
    found = shown(ann, "stage")

    assert found.numbers == ["Amount (JPY)", "Amount (GBP)", "Number"]
    assert found.foot.cells == ["¥1,800", "£20", "4"]
    assert [line.cells for line in found.lines] == [["¥1,500", "—", "2"], ["—", "£20", "1"], ["¥300", "—", "1"]]


@pytest.mark.parametrize(
    "by",
    ["stage", "owner outcome", "type", "probability", "closing_on:month", "closing_on:week", "closing_on:quarter stage", "closed_at:day",
     "closed_at:year", "created_at:month", "account", "competitor", "lost_reason", "currency", "source type"],
)  # fmt: skip
def test_every_figure_leads_to_the_list_it_counts(deals: None, deal: Any, ann: User, bob: User, by: str) -> None:
    """CRM-6: the count of the list behind a line is the figure on the line."""
    deal(ann, "A5", competitor="Acme ", stage="won", closing_on=date(2026, 11, 30))
    deal(ann, "A6", competitor="ACME", source="web")
    client, found = client_of(bob), shown(bob, by, "count")

    assert found.lines
    for line in found.lines:
        assert count_of(client, line.url) == line.plain[0], line.headings
    assert count_of(client, found.foot.url) == found.foot.plain[0] == 7


def test_a_day_in_a_report_is_a_day_of_its_reader(deal: Any, ann: User) -> None:
    """PLT-7: a deal closed at 23:30 UTC was closed the next day in Tokyo, in the report and in the list behind it."""
    with time_machine.travel("2026-10-31T23:30:00Z", tick=False):
        deal(ann, stage="won")

    found = shown(ann, "closed_at:month")
    assert [line.headings for line in found.lines] == [["Nov 2026"]]
    assert count_of(client_of(ann), found.lines[0].url) == 1


def test_own_fields_of_an_admin_can_be_grouped_and_summed(ann: User, deal: Any) -> None:
    """PLT-17, CRM-6"""
    for key, kind in (("c1", "number"), ("c2", "date"), ("c3", "text"), ("c4", "yes_no")):
        CustomField.objects.create(module="crm.deal", key=key, kind=kind, label_en=key)
    bump("fields")
    deal(ann, "1", c1=5, c2=date(2026, 11, 3), c3="Blue", c4=True)
    deal(ann, "2", c1=7, c2=date(2026, 11, 9), c3="blue")
    deal(ann, "3")
    client = client_of(ann)

    assert shown(ann, "c2:month", "sum.c1").foot.plain == [12]
    for by in ("c1", "c2:month", "c3", "c4"):
        found = shown(ann, by, "count")
        assert sum(line.plain[0] for line in found.lines) == 3
        for line in found.lines:
            assert count_of(client, line.url) == line.plain[0], (by, line.headings)


def test_a_report_reads_the_table_once(deals: None, bob: User) -> None:
    """Performance row 14: one SELECT, whatever is grouped and summed."""
    definition = define(bob, module("crm.deal"), {"by": "owner closing_on:month", "show": "sum.amount avg.amount count"})
    bob = fresh(bob)

    with CaptureQueriesContext(
        connection,
    ) as caught:
        run(definition, bob)

    assert sum('FROM "crm_deal"' in query["sql"] for query in caught.captured_queries) == 1


def test_an_average_of_groups_is_the_average_of_their_records(ann: User, deal: Any) -> None:
    """CRM-6"""
    for stage, amount in (("proposal", 100), ("proposal", 200), ("won", 900)):
        deal(ann, amount=amount, stage=stage)

    assert shown(ann, "stage", "avg.amount").foot.cells == ["¥400"]


def test_a_hidden_field_can_be_neither_grouped_nor_summed_nor_asked(ann: User, deals: None) -> None:
    """PLT-25: a report that needs a field its reader may not see gives no figures, and says so."""
    profile = Profile.objects.create(name="No amounts", rights=ann.profile.rights, fields={"crm.deal": {"amount": "hidden"}})
    User.objects.filter(pk=ann.pk).update(profile=profile)
    ann = fresh(ann)

    for broken in (
        define(ann, module("crm.deal"), {"by": "stage", "show": "sum.amount"}),
        define(ann, module("crm.deal"), {"by": "stage", "criteria": {"all": [{"field": "amount", "op": "gt", "value": 1}]}}),
        define(ann, module("crm.deal"), {"by": "owner__password"}),
    ):
        assert broken.broken
        assert run(broken, ann).total.count == 0
    for query in ("", "?by=&show=count"):
        forecast = client_of(ann).get(reverse("crm-report", args=["forecast"]) + query).context["shown"]
        assert {line.plain[0] for line in forecast.lines} == {0}
    page = client_of(ann).get(reverse("crm-report", args=["pipeline"])).content.decode()
    assert "may not see or that no longer exists" in page
    assert "1,500" not in page


def test_series_of_one_colour_are_told_apart(deals: None, ann: User) -> None:
    """CRM-6: stages of two pipelines may have the same colour; in one chart each has its own."""
    Choice.objects.filter(module="crm.deal", field="stage").update(hue=1)
    bump("fields")

    page = client_of(ann).get(reverse("crm-report", args=["open"])).content.decode()

    legend = re.findall(r'<li><span class="state" data-hue="(\d+)">', page)
    assert len(legend) > 1 and len(set(legend)) == len(legend)


def test_only_fields_of_the_module_are_offered(ann: User) -> None:
    """A1: choices pass an allow-list."""
    known = module("crm.deal").fields
    assert {"stage", "closing_on:month", "account"} <= {one.text for one in groupings(known)}
    assert {one.field.key for one in groupings(known)}.isdisjoint({"name_key", "version", "deleted_at", "description", "tags"})
    assert [one.text for one in measures(known)] == [
        "count", "sum.amount", "avg.amount", "sum.expected_revenue", "avg.expected_revenue", "avg.probability"
    ]  # fmt: skip


@pytest.mark.parametrize("key", [one.key for one in SHIPPED])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_shipped_report_opens_and_exports(deals: None, bob: User, key: str, language: str) -> None:
    """CRM-6: these ship and work, in both languages."""
    User.objects.filter(pk=bob.pk).update(language=language)
    write.create("crm.lead", actor=Actor(bob), family_name="清水", source="web")
    client = client_of(bob)

    page = client.get(reverse("crm-report", args=[key]))
    export = client.get(reverse("crm-report-export", args=[key]))

    assert page.status_code == export.status_code == 200
    assert 'role="alert"' not in page.content.decode()
    assert "style=" not in page.content.decode()
    assert b"".join(export.streaming_content).startswith("\ufeff".encode())


def test_a_report_over_a_module_one_may_not_view_does_not_exist(dave: User, ann: User, roles: Any) -> None:
    """PLT-23: not visible is 404; without the app there are no reports at all."""
    assert client_of(dave).get(reverse("crm-report", args=["pipeline"])).status_code == 404
    rights = {**ann.profile.rights, "crm.deal": []}
    User.objects.filter(pk=ann.pk).update(profile=Profile.objects.create(name="No deals", rights=rights))
    client = client_of(ann)
    assert client.get(reverse("crm-report", args=["pipeline"])).status_code == 404
    assert client.get(reverse("crm-report", args=["new"]) + "?module=crm.deal").status_code == 404
    assert client.get(reverse("crm-report", args=["leads-status"])).status_code == 200


def test_a_report_is_changed_and_saved_under_a_name(deals: None, ann: User, carol: User) -> None:
    """CRM-6: filtered, changed, saved, made new, deleted."""
    client = client_of(ann)
    first = client.get(
        reverse("crm-report", args=["pipeline"]),
        {"by1": "type", "by2": "closing_on:month", "shown": ["count"], "chart": "line", "order": "most"},
    )
    assert first.status_code == 302
    state = first["Location"].partition("?")[2]
    answer = client.post(reverse("crm-report-save", args=["pipeline"]) + f"?{state}", {"name": "Types", "shared": "me", "once": "t1"})
    again = client.post(reverse("crm-report-save", args=["pipeline"]) + f"?{state}", {"name": "Types", "shared": "me", "once": "t1"})

    report = Report.objects.get()  # sent twice, saved once
    assert answer["Location"] == again["Location"] == reverse("crm-report", args=[f"r{report.pk}"])
    assert report.definition == {"criteria": {}, "by": "type closing_on:month", "show": "count", "chart": "line", "order": "most"}
    page = client.get(answer["Location"]).content.decode()
    assert "<h1>Types</h1>" in page
    assert client_of(carol).get(answer["Location"]).status_code == 404

    client.post(reverse("crm-report-save", args=[f"r{report.pk}"]) + "?by=stage&show=count&chart=bar&order=natural", {"keep": "1"})
    report.refresh_from_db()
    assert report.definition["by"] == "stage"
    client.post(reverse("crm-report-delete", args=[f"r{report.pk}"]))
    assert not Report.objects.exists()


def test_a_filter_of_the_panel_lands_in_the_address_and_keeps_the_grouping(deals: None, ann: User) -> None:
    """PLT-8: the state lives in the URL."""
    client, where = client_of(ann), reverse("crm-report", args=["pipeline"])
    asked = {
        "rows": "1",
        "match": "all",
        "f0": "type",
        "o0": "is",
        "v0": "new",
        "g0": "0",
        "by": "stage",
        "show": "count",
        "chart": "bar",
        "order": "natural",
    }

    moved = client.get(where, asked)["Location"]
    page = client.get(moved)

    assert "by=stage" in moved
    assert page.context["shown"].foot.plain == [2]
    assert page.context["chips"][0]["text"] == "Type is New business"


def test_others_use_a_shared_report_over_their_own_rows_and_cannot_change_it(
    deals: None, ann: User, bob: User, carol: User, roles: Any
) -> None:
    """ADM-10: shared with a role below; figures are each reader's own."""
    report = Report.objects.create(module="crm.deal", name="Ours", owner=bob, shared="some", definition={"by": "stage", "show": "count"})
    report.roles.add(roles["lead"])
    where = reverse("crm-report", args=[f"r{report.pk}"])

    assert client_of(ann).get(where).context["shown"].foot.plain == [4]
    assert client_of(ann).post(reverse("crm-report-delete", args=[f"r{report.pk}"])).status_code == 403
    assert client_of(ann).post(reverse("crm-report-save", args=[f"r{report.pk}"]), {"keep": "1"}).status_code == 403
    assert client_of(carol).get(where).status_code == 404
    assert [one.key for one in reports(fresh(carol)) if one.saved] == []


def test_only_who_may_shows_a_report_to_everyone(deals: None, ann: User, roles: Any) -> None:
    """ADM-10"""
    admin = person("eve", roles["other"], profile="Administrator")
    where = reverse("crm-report-save", args=["pipeline"])

    assert client_of(ann).post(where, {"name": "Mine", "shared": "all"}).status_code == 422
    assert client_of(admin).post(where, {"name": "Ours", "shared": "all"}).status_code == 302
    assert [one.label for one in reports(fresh(ann)) if one.saved] == ["Ours"]


def test_an_export_needs_the_right_and_is_remembered(deals: None, ann: User) -> None:
    """PLT-18: an export is an event."""
    where = reverse("crm-report-export", args=["pipeline"])
    lines = b"".join(client_of(ann).get(where).streaming_content).decode("utf-8-sig").splitlines()

    assert lines[0] == "Stage,Amount (JPY),Amount (GBP),Expected revenue (JPY),Expected revenue (GBP),Number"
    assert lines[1] == "Proposal,1500,,750,,2"
    event = Event.objects.get(kind="exported")
    assert (event.module, event.actor_id, event.detail["rows"]) == ("crm.deal", ann.pk, 2)

    rights = {**ann.profile.rights, "crm.deal": ["view"]}
    User.objects.filter(pk=ann.pk).update(profile=Profile.objects.create(name="Reader", rights=rights))
    assert client_of(ann).get(where).status_code == 403
    assert b"Export" not in client_of(ann).get(reverse("crm-report", args=["pipeline"])).content


def test_a_linked_record_one_may_not_see_is_not_named(deal: Any, account: Any, ann: User, bob: User) -> None:
    """PLT-24: a group tells no name that its reader could not read."""
    contact = write.create("crm.contact", actor=Actor(bob), family_name="Secret")
    deal(ann, "D", contact=contact.pk)

    assert [line.headings for line in shown(fresh(ann), "contact").lines] == [["A record you may not see"]]
    assert [line.headings for line in shown(fresh(bob), "contact").lines] == [["Secret"]]


def test_stage_duration_counts_stays_that_ended(deals: None, ann: User, carol: User) -> None:
    """CRM-5, CRM-6"""
    mine, hers = Deal.objects.get(name="A1"), Deal.objects.get(name="C1")
    for one, days in ((mine, 2), (mine, 4), (hers, 30)):
        StageStay.objects.create(deal=one, stage="proposal", since=NOW - timedelta(40), until=NOW, seconds=days * 86_400)
    StageStay.objects.create(deal=mine, stage="won", since=NOW)

    found = client_of(ann).get(reverse("crm-report", args=["duration"])).context["shown"]

    assert [(line.headings, line.plain) for line in found.lines if line.headings == ["Proposal"]] == [(["Proposal"], [3.0, 4.0, 2])]


def test_the_forecast_stands_against_the_target(deals: None, ann: User, bob: User, carol: User) -> None:
    """CRM-6: won and expected by closing month, in the home currency, against the targets of those one sees."""
    for who, amount in ((ann, 600), (carol, 5000)):
        Target.objects.create(owner=who, month=date(2026, 11, 1), amount=amount)

    found = client_of(bob).get(reverse("crm-report", args=["forecast"])).context["shown"]
    november = next(line for line in found.lines if line.headings == ["Nov 2026"])

    assert november.cells == ["¥300", "¥500", "¥600", "50%"]
    narrowed = client_of(bob).get(
        reverse("crm-report", args=["forecast"]), {"by": "", "filter": json.dumps({"all": [{"field": "owner", "op": "me"}]})}
    )
    assert next(line for line in narrowed.context["shown"].lines if line.headings == ["Nov 2026"]).cells == ["¥0", "¥0", "—", "—"]


def test_a_leader_sets_targets_and_a_seller_reads_hers(ann: User, bob: User, carol: User) -> None:
    """CRM-6: targets of one's team, not of others, not one's own."""
    where = reverse("crm-targets") + "?year=2026"
    sent = {f"t{ann.pk}-2026-11": "1,400", f"t{carol.pk}-2026-11": "9", f"t{bob.pk}-2026-11": "9"}

    assert client_of(bob).post(where, sent).status_code == 302
    assert list(Target.objects.values_list("owner_id", "month", "amount")) == [(ann.pk, date(2026, 11, 1), 1400)]
    assert client_of(ann).post(where, {f"t{ann.pk}-2026-11": "1"}).status_code == 403
    page = client_of(ann).get(where).content.decode()
    assert "¥1,400" in page
    assert f'name="t{ann.pk}-2026-11"' not in page
    wrong = client_of(bob).post(where, {f"t{ann.pk}-2026-12": "many"})
    assert wrong.status_code == 422
    assert 'value="many"' in wrong.content.decode()


def test_pinning_is_one_s_own(deals: None, ann: User, bob: User) -> None:
    """CRM-20: pinned by the user."""
    client = client_of(ann)
    client.post(reverse("crm-report-pin", args=["pipeline"]))

    assert [one.key for one in reports(fresh(ann)) if one.pinned] == ["pipeline"]
    assert [one.key for one in reports(fresh(bob)) if one.pinned] == []
    client.post(reverse("crm-report-pin", args=["pipeline"]))
    assert [one.key for one in reports(fresh(ann)) if one.pinned] == []


def test_several_foreign_currencies_in_one_group_stay_apart(ann: User, deal: Any) -> None:
    """CRM-6: sums never mix currencies, and no record is counted twice."""
    for amount, currency in ((100, "JPY"), (5, "GBP"), (7, "GBP"), (3, "EUR")):
        deal(ann, amount=amount, currency=currency)

    for by in ("stage", ""):
        found = shown(ann, by, "sum.amount avg.amount count")
        assert found.foot.cells == ["¥100", "€3", "£12", "¥100", "€3", "£6", "4"]
        assert found.numbers[:3] == ["Amount (JPY)", "Amount (EUR)", "Amount (GBP)"]


def test_beyond_the_cap_the_totals_still_count_all(deals: None, ann: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """Performance: what is read has a limit, what is told is true."""
    monkeypatch.setattr("core.report.engine.CAP", 2)

    found = shown(ann, "closing_on:day", "sum.amount count")

    assert len(found.lines) == 2
    assert found.foot.cells == ["¥1,800", "£20", "4"]
    assert "the totals count them all" in found.notes[0]


YEARS = [(4, "FY2026/27", "FY2026/27 Q1"), (3, "FY2026/27", "FY2026/27 Q1"), (1, "FY2026", "Q2 2026")]


@pytest.mark.parametrize(("month", "year", "quarter"), YEARS)
def test_a_report_groups_by_the_organisations_own_year(deal: Any, ann: User, month: int, year: str, quarter: str) -> None:
    """PLT-6, CRM-6: fiscal years and their quarters, and the list behind a figure counts the same."""
    deal(ann, closing_on=date(2026, 4, 15))
    change(Actor(ann), fiscal_month=month)

    by_year, by_quarter = shown(ann, "closing_on:fiscal"), shown(ann, "closing_on:quarter")

    assert counts(by_year) == {(year,): 1}
    assert counts(by_quarter) == {(quarter,): 1}
    assert count_of(client_of(ann), by_quarter.lines[0].url) == 1


def test_conversion_counts_leads_that_left_the_lists(ann: User, carol: User) -> None:
    """CRM-15: rate and days by source, over the leads one may see; converted ones count although lists do not show them."""
    for name, source in (("田中", "web"), ("鈴木", "web"), ("佐藤", "fair")):
        write.create("crm.lead", actor=Actor(ann), family_name=name, source=source)
    write.create("crm.lead", actor=Actor(carol), family_name="高橋", source="web")
    with time_machine.travel(NOW + timedelta(days=4), tick=False):
        act("crm.convert_lead", Lead.objects.get(family_name="田中"), actor=Actor(fresh(ann)))

    found = conversion(define(ann, module("crm.lead"), {"by": "source", "show": "count"}), ann, Look.of(ann))

    assert [line.plain for line in found.lines] == [[2, 1, 50.0, 4.0, 4.0, 4.0], [1, 0, 0.0, None, None, None]]
    assert found.foot is not None
    assert found.foot.cells[:4] == ["3", "1", "33.3%", "4"]
    assert count_of(client_of(ann), found.lines[0].url) == 1


def test_conversion_is_told_by_owner_and_by_month(ann: User, bob: User) -> None:
    """CRM-15: whose leads become customers, and of which month; by the month in which they came, in its order."""
    for owner, name, days in ((ann, "田中", 0), (ann, "鈴木", 0), (bob, "佐藤", 40)):
        with time_machine.travel(NOW - timedelta(days), tick=False):
            write.create("crm.lead", actor=Actor(owner), family_name=name)
    for name in ("田中", "佐藤"):
        act("crm.convert_lead", Lead.objects.get(family_name=name), actor=Actor(fresh(bob)))

    def told(by: str) -> list[tuple[Any, ...]]:
        found = conversion(define(bob, module("crm.lead"), {"by": by, "show": "count"}), bob, Look.of(bob))
        return [(line.headings[0], *line.plain[:4]) for line in found.lines]

    assert told("owner") == [("Ann", 2, 1, 50.0, 0.0), ("Bob", 1, 1, 100.0, 40.0)]
    assert told("created_at:month") == [("Oct 2026", 1, 1, 100.0, 40.0), ("Nov 2026", 2, 1, 50.0, 0.0)]


@pytest.mark.parametrize("key", ["conversion-source", "conversion-owner", "conversion-month"])
def test_conversion_reports_open_and_export(deals: None, ann: User, key: str) -> None:
    """CRM-15, CRM-6: each ships with a page, a chart and a file."""
    write.create("crm.lead", actor=Actor(ann), family_name="田中", source="web")

    page = client_of(ann).get(f"/crm/reports/{key}/")

    assert "<svg" in page.content.decode()
    assert client_of(ann).get(f"/crm/reports/{key}/export").status_code == 200
