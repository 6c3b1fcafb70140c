"""A field that a profile hides does not show anywhere: every field of every module gets a value that stands nowhere else, and
all pages and doors are searched for it (PLT-25, A6)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.access.models import Profile, User
from core.actor import Actor
from core.event.models import Event
from core.module.models import SavedView
from core.module.registry import module as find_module
from core.module.registry import modules
from core.record import write
from core.record.transfer_models import ExportFile
from core.work import hints
from core.work.jobs import drain
from crm.reports.models import Report
from tests import factories
from tests.contracts.policy import POLICY
from tests.contracts.walk import addresses, build

pytestmark = pytest.mark.django_db
KINDS = {
    "text": "Canary{n}zq",
    "long_text": "Canary{n}zq and more",
    "email": "canary{n}zq@example.com",
    "url": "https://canary{n}zq.example.com",
    "handle": "canary{n}zq",
    "number": "83{n:03d}17",
    "money": "83{n:03d}1700",
    "phone": "03-8317-{n:04d}",
    "postal": "999-{n:04d}",
}


@pytest.fixture
def spied(ann: Any, bob: Any, admin: Any) -> tuple[Any, dict[str, dict[str, str]], Client]:
    """A world of ann's, with a canary in every field that takes one; and bob, who leads her and from whom they all are hidden."""
    factories.add_field("text", "crm.lead", key="c_own")
    world, canaries, number = build(ann), {}, 0
    for one in modules():
        row, set_here = one.model._default_manager.get(pk=world.records[one.key]), {}
        for key, field in one.fields.items():
            if field.parts or not field.editable or field.kind.key not in KINDS or key == "annual_revenue_currency":
                continue
            number += 1
            value = KINDS[field.kind.key].format(n=number)
            try:
                write.update(row, actor=Actor(admin), **{key: value})
            except (write.Refused, LookupError):
                row.refresh_from_db()
                continue
            set_here[key] = value
        row.refresh_from_db()
        # What a record is called is no secret: it stands in every list and link.
        canaries[one.key] = {key: value for key, value in set_here.items() if value not in row.title}
    rights = {one.key: ["view", "create", "edit", "delete", "import", "export", "bulk"] for one in modules()}
    features = [key for key in Profile.objects.get(name="Administrator").features if key != "see_all"]
    hidden = {key: dict.fromkeys(held, "hidden") for key, held in canaries.items()}
    bob.profile = Profile.objects.create(name="Blind", rights=rights, features=features, fields=hidden)
    bob.save()
    client = Client()
    client.force_login(bob)
    return world, canaries, client


def signs(value: str) -> list[str]:
    """How a value may be written."""
    if value.isdigit():
        return [value, f"{int(value):,}"]
    digits = re.sub(r"\D", "", value)
    return [value, value.casefold()] + ([digits, "+81" + digits[1:]] if value.startswith("03-") else [])


def found(text: str, canaries: dict[str, dict[str, str]], but: str = "") -> list[str]:
    low = text.casefold()
    return [
        f"{key}.{name}"
        for key, held in canaries.items()
        for name, value in held.items()
        if value != but and any(sign.casefold() in low for sign in signs(value))
    ]


def body(answer: Any) -> str:
    return (answer.getvalue() if answer.streaming else answer.content).decode(errors="replace")


def test_the_canaries_are_there_for_who_may_see_them(spied: Any, admin: Any, client_of: Any) -> None:
    """The proof can fail: the admin's record pages and their history show them, and most fields take one."""
    world, canaries, _client = spied
    client, seen = client_of(admin), set()
    for key in canaries:
        module = find_module(key)
        for page in (module.url(world.records[key]), module.url(world.records[key], "timeline"), module.url(world.records[key], "edit")):
            seen |= set(found(body(client.get(page)), canaries))

    missing = {f"{key}.{name}" for key, held in canaries.items() for name in held} - seen
    assert missing == set() and len(canaries["crm.lead"]) > 15


def test_no_page_shows_a_hidden_field(spied: Any) -> None:
    """PLT-25: every address that bob can open: record, timeline, form, board, calendar, merge, import, reports, mail, search."""
    world, canaries, client = spied
    wrong = {}
    for name, row in POLICY.items():
        if row.only == "POST" or name in {"account_logout", "readyz"}:
            continue
        for _app, address in addresses(name, row.at, world):
            if leaks := found(body(client.get(address)), canaries):
                wrong[address] = leaks

    assert wrong == {}


def test_no_list_sorts_filters_groups_or_searches_by_a_hidden_field(spied: Any) -> None:
    """A6: asked for by name in the address it is neither shown, nor does the answer depend on its value."""
    world, canaries, client = spied
    wrong = []
    for key, held in canaries.items():
        module = find_module(key)
        everything = " ".join(module.fields)
        pages = [module.url(), module.url(page="calendar"), *([module.url(page="board")] if module.board else [])]
        for page in pages:
            if leaks := found(body(client.get(page, {"columns": everything, "view": "all"})), canaries):
                wrong.append((page, leaks))
        for name, value in held.items():
            for op in ("is", "contains", "starts", "filled"):
                asked = json.dumps({"all": [{"field": name, "op": op, "value": value}]})
                answer = client.get(module.url(), {"filter": asked, "view": "all"})
                if "This filter cannot be used here" not in body(answer):
                    wrong.append((key, name, op))
            if client.get(module.url(), {"sort": name, "view": "all"}).context["asked"].order.field.key == name:
                wrong.append((key, name, "sort"))
            if found(body(client.get(module.url(), {"panel": "filter"})), canaries):
                wrong.append((key, name, "panel"))

    assert wrong == []


def test_what_is_hidden_is_not_found_by_its_words(spied: Any) -> None:
    """A6: neither by the box over everything, nor by a list's, nor by a picker: a hit would say what stands there."""
    world, canaries, client = spied
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


def test_no_file_report_or_shared_view_tells_it(spied: Any, ann: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-25: exports, reports by and over a hidden field, and views that others shared."""
    monkeypatch.setattr(hints, "send", lambda job_id: True)
    world, canaries, client = spied
    wrong: list[Any] = []
    for key, held in canaries.items():
        module = find_module(key)
        answer = client.post(module.url(page="export"), {"format": "csv", "columns": list(module.fields), "what": "all"})
        drain(clock.now())
        texts = [
            body(answer),
            *(body(client.get(f"/exports/{one.pk}")) for one in ExportFile.objects.filter(user__email="bob@example.com")),
        ]
        if leaks := [leak for text in texts for leak in found(text, canaries)]:
            wrong.append((key, "export", leaks))
        for name, value in list(held.items())[:8]:
            view = SavedView.objects.create(
                module=key, name="Shared", owner=ann, shared="all", criteria={"all": [{"field": name, "op": "is", "value": value}]}
            )
            page = client.get(module.url(), {"view": f"v{view.pk}"})
            if page.context["page"].records or found(body(page), canaries):
                wrong.append((key, name, "view"))
            if module.app == "crm":
                row = Report.objects.create(module=key, name="Shared", owner=ann, shared="all", definition={"rows": [name], "module": key})
                report = client.get(f"/crm/reports/r{row.pk}/")
                if found(body(report), canaries):
                    wrong.append((key, name, "report"))

    assert wrong == []
    assert Event.objects.filter(kind="exported").exists()


def test_duplicates_are_not_found_by_what_is_hidden(spied: Any, ann: Any) -> None:
    """PLT-16, A6: typing an address into the form of a new person does not tell that somebody has it."""
    world, canaries, client = spied
    held = canaries["crm.contact"]

    answer = client.post("/crm/contacts/twins", {"family_name": "Nobody", "email": held["email"], "phone": held["phone"]})

    title = find_module("crm.contact").model._default_manager.get(pk=world.records["crm.contact"]).title
    assert title not in body(answer) and not found(body(answer), canaries, but=held["email"])
    assert User.objects.filter(email="bob@example.com").exists()
