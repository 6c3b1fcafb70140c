"""A field that a profile hides does not show anywhere: every field of every module gets a value that stands nowhere else, and
all pages and doors are searched for it (PLT-25, A6)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from core import clock
from core.access.models import User
from core.event.models import Event
from core.module.models import SavedView
from core.module.registry import module as find_module
from core.record.transfer_models import ExportFile
from core.work import hints
from core.work.jobs import drain
from crm.reports.models import Report
from tests.contracts.canaries import Canaries, body
from tests.contracts.policy import POLICY
from tests.contracts.walk import addresses

pytestmark = pytest.mark.django_db


def test_the_canaries_are_there_for_who_may_see_them(spied: Canaries, admin: Any, client_of: Any) -> None:
    """The proof can fail: the admin's record pages and their history show them, and most fields take one."""
    world, canaries = spied.world, spied.held
    client, seen = client_of(admin), set()
    for key in canaries:
        module = find_module(key)
        for page in (module.url(world.records[key]), module.url(world.records[key], "timeline"), module.url(world.records[key], "edit")):
            seen |= set(spied.found(body(client.get(page))))

    missing = {f"{key}.{name}" for key, held in canaries.items() for name in held} - seen
    assert missing == set() and len(canaries["crm.lead"]) > 20
    kinds = {find_module(key).fields[name].kind.key for key, held in canaries.items() for name in held}
    assert kinds >= {"date", "datetime", "picklist", "multi_picklist", "tags", "money", "phone"}


def test_no_page_shows_a_hidden_field(spied: Canaries) -> None:
    """PLT-25: every address that bob can open: record, timeline, form, board, calendar, merge, import, reports, mail, search."""
    world, client = spied.world, spied.client
    wrong = {}
    for name, row in POLICY.items():
        # The form of a rule offers the departments and priorities there are: it tells of no ticket.
        if row.only == "POST" or name in {"account_logout", "readyz", "new-rule", "edit-rule"}:
            continue
        for _app, address in addresses(name, row.at, world):
            if leaks := spied.found(body(client.get(address))):
                wrong[address] = leaks

    assert not wrong, "\n".join(f"{address}: {' '.join(leaks)}" for address, leaks in wrong.items())


def test_no_list_sorts_filters_groups_or_searches_by_a_hidden_field(spied: Canaries) -> None:
    """A6: asked for by name in the address it is neither shown, nor does the answer depend on its value."""
    canaries, client = spied.held, spied.client
    wrong = []
    for key, held in canaries.items():
        module = find_module(key)
        everything = " ".join(module.fields)
        pages = [module.url(), module.url(page="calendar"), *([module.url(page="board")] if module.board else [])]
        for page in pages:
            if leaks := spied.found(body(client.get(page, {"columns": everything, "view": "all"}))):
                wrong.append((page, leaks))
        for name, value in held.items():
            for op in ("filled", *module.fields[name].kind.operators[:2]):
                asked = json.dumps({"all": [{"field": name, "op": op, "value": value}]})
                answer = client.get(module.url(), {"filter": asked, "view": "all"})
                if "This filter cannot be used here" not in body(answer):
                    wrong.append((key, name, op))
            if client.get(module.url(), {"sort": name, "view": "all"}).context["asked"].order.field.key == name:
                wrong.append((key, name, "sort"))
            if spied.found(body(client.get(module.url(), {"panel": "filter"}))):
                wrong.append((key, name, "panel"))

    assert wrong == []


def test_what_is_hidden_is_not_found_by_its_words(spied: Canaries) -> None:
    """A6: neither by the box over everything, nor by a list's, nor by a picker: a hit would say what stands there."""
    canaries, client = spied.held, spied.client
    wrong = []
    for key, held in canaries.items():
        module = find_module(key)
        for name in held.keys() & {part for one in module.search.split() for part in (one, *module.fields[one].parts)}:
            q = held[name]
            hits = [one for group in client.get("/search", {"q": q}).context["groups"] for one in group["lines"]]
            listed = client.get(module.url(), {"q": q, "view": "all"}).context["page"].records
            picked = client.get("/pick", {"module": key, "q": q}).json()
            if hits or listed or picked:
                wrong.append((key, name, len(hits), len(listed), len(picked)))

    assert wrong == []


def one_of_each_kind(module: Any, held: dict[str, str]) -> dict[str, str]:
    """A field of each kind, and what was added."""
    kinds = {module.fields[name].kind.key: name for name in reversed(held)}
    return {name: held[name] for name in held if name in kinds.values() or module.fields[name].custom}


def test_no_file_report_or_shared_view_tells_it(spied: Canaries, ann: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-25: exports, reports by and over a hidden field, and views that others shared."""
    monkeypatch.setattr(hints, "send", lambda job_id: True)
    canaries, client = spied.held, spied.client
    wrong: list[Any] = []
    for key, held in canaries.items():
        module = find_module(key)
        answer = client.post(f"{module.url(page='export')}?view=all", {"format": "csv", "columns": "all"})
        drain(clock.now())
        texts = [
            body(answer),
            *(body(client.get(f"/exports/{one.pk}")) for one in ExportFile.objects.filter(user__email="bob@example.com")),
        ]
        if leaks := [leak for text in texts for leak in spied.found(text)]:
            wrong.append((key, "export", leaks))
        for name, value in one_of_each_kind(module, held).items():
            view = SavedView.objects.create(
                module=key, name="Shared", owner=ann, shared="all", criteria={"all": [{"field": name, "op": "is", "value": value}]}
            )
            page = client.get(module.url(), {"view": f"v{view.pk}"})
            if page.context["page"].records or spied.found(body(page)):
                wrong.append((key, name, "view"))
            if module.app == "crm":
                row = Report.objects.create(module=key, name="Shared", owner=ann, shared="all", definition={"rows": [name], "module": key})
                report = client.get(f"/crm/reports/r{row.pk}/")
                texts = [
                    body(report),
                    body(client.get(f"/crm/reports/r{row.pk}/chart")),
                    body(client.get(f"/crm/reports/r{row.pk}/export")),
                ]
                if any(spied.found(text) for text in texts):
                    wrong.append((key, name, "report"))
                chart = client.get(module.url(page="chart"), {"by": name, "of": name, "view": "all"})
                if spied.found(body(chart)):
                    wrong.append((key, name, "chart"))

    assert wrong == []
    assert Event.objects.filter(kind="exported").exists()


def test_duplicates_are_not_found_by_what_is_hidden(spied: Canaries, ann: Any) -> None:
    """PLT-16, A6: typing an address into the form of a new person does not tell that somebody has it."""
    client, held = spied.client, spied.held["crm.contact"]

    answer = client.post("/crm/contacts/twins", {"family_name": "Nobody", "email": held["email"], "phone": held["phone"]})

    assert spied.title("crm.contact") not in body(answer) and not spied.found(body(answer), but=held["email"])
    assert User.objects.filter(email="bob@example.com").exists()
