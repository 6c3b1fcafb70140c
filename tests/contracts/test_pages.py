"""Every page of every module works, in both languages, on empty and on filled tables; and asks the database the same
number of questions for ten records as for two hundred (PLT-8 to PLT-11)."""

from __future__ import annotations

import json
import os
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.module.registry import module as find_module
from core.module.registry import modules
from tests.contracts.rich import add_every_kind, rich_records

pytestmark = pytest.mark.django_db
KEYS = [one.key for one in modules()]
COUNTS = Path(__file__).with_name("query_counts.json")


class FormReader(HTMLParser):
    """What a browser would send back of the page's main form."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, list[str]] = {}
        self.inside, self.name, self.kind = False, "", ""

    def add(self, name: str | None, value: str) -> None:
        if self.inside and name:
            self.values.setdefault(name, []).append(value)

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        has = dict(attrs)
        if tag == "form":
            self.inside = "data-guard" in has
        elif tag == "input" and has.get("type") in {"checkbox", "radio"}:
            if "checked" in has:
                self.add(has.get("name"), has.get("value") or "on")
        elif tag == "input":
            self.add(has.get("name"), has.get("value") or "")
        elif tag in {"select", "textarea"}:
            self.name, self.kind = has.get("name") or "", tag
            if tag == "textarea":
                self.add(self.name, "")
        elif tag == "option" and "selected" in has:
            self.add(self.name, has.get("value") or "")

    def handle_data(self, data: str) -> None:
        if self.kind == "textarea" and self.name in self.values:
            self.values[self.name][-1] += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        if tag in {"select", "textarea"}:
            if tag == "textarea" and self.name in self.values:
                self.values[self.name][-1] = self.values[self.name][-1].removeprefix("\n")
            self.name = self.kind = ""


def html_of(answer: Any) -> str:
    text = answer.content.decode()
    assert answer.status_code == 200, (answer.status_code, text[:500])
    assert text.count("<h1") == 1, "a page has one h1"
    return text


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("key", KEYS)
def test_an_empty_module_has_a_list_that_teaches(key: str, language: str, admin: Any, client_of: Any) -> None:
    admin.language = language
    admin.save()
    module = find_module(key)

    page = html_of(client_of(admin).get(module.url()))

    assert f'<html lang="{language}"' in page and 'class="empty' in page
    for view in module.views:
        html_of(client_of(admin).get(module.url(), {"view": view.key}))


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("key", KEYS)
def test_every_page_of_a_record_works_with_every_kind_of_field(key: str, language: str, admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-10, PLT-11, PLT-17: list with all columns, record, edit, delete and undo, note, timeline, filter and columns panel."""
    admin.language = language
    admin.save()
    add_every_kind(key)
    module, client = find_module(key), client_of(admin)
    record = rich_records(module, 3, [ann, admin])[0]
    everything = " ".join(module.fields)

    html_of(client.get(module.url(), {"columns": everything, "view": "all"}))
    for panel in ("filter", "columns"):
        html_of(client.get(module.url(), {"panel": panel}))
    html_of(client.get(module.url(record.pk)))
    html_of(client.get(module.url(record.pk, "timeline")))
    html_of(client.get(module.url(record.pk, "edit")))
    if module.by_hand:
        html_of(client.get(module.url(page="new")))
    assert client.post(module.url(record.pk, "note"), {"text": "<b>Hello</b>"}).status_code == 302
    assert "&lt;b&gt;Hello&lt;/b&gt;" in client.get(module.url(record.pk, "timeline")).content.decode()
    assert client.post(module.url(record.pk, "delete")).status_code == 302
    assert client.get(module.url(record.pk)).status_code == 404
    act = client.session["undo"]["act"]
    assert client.post("/bin/restore", {"act": act, "back": module.url(record.pk)}).headers["Location"] == module.url(record.pk)
    html_of(client.get(module.url(record.pk)))


@pytest.mark.parametrize("key", KEYS)
def test_a_form_saved_as_it_came_changes_nothing(key: str, admin: Any, ann: Any, client_of: Any) -> None:
    """PLT-11, PLT-18: what the form shows is what the record holds, for every kind; an untouched form leaves no history."""
    add_every_kind(key)
    module = find_module(key)
    client, wrong = client_of(admin), []
    for record in rich_records(module, 6, [ann, admin]):
        record.refresh_from_db()
        before = record.version
        reader = FormReader()
        reader.feed(client.get(module.url(record.pk, "edit")).content.decode())
        answer = client.post(module.url(record.pk, "edit"), reader.values)
        record.refresh_from_db()
        if answer.status_code != 302 or record.version != before:
            from core.event.models import Event

            event = Event.objects.filter(module=key, record_id=record.pk).order_by("-id").first()
            wrong.append((answer.status_code, event.changes if event and event.kind == "updated" else _errors(answer)))

    assert wrong == []


def _errors(answer: Any) -> list[str]:
    return re.findall(r'class="error"[^>]*>(?:<svg.*?</svg>)?([^<]*)', answer.content.decode())


def pages(key: str, record: Any) -> dict[str, str]:
    module = find_module(key)
    made = {"list": module.url() + "?view=all", "record": module.url(record.pk), "edit": module.url(record.pk, "edit")}
    made["timeline"] = module.url(record.pk, "timeline")
    if module.by_hand:
        made["new"] = module.url(page="new")
    if module.board:
        made["board"] = module.url(page="board")
    return made


def counted(client: Any, address: str) -> int:
    client.get(address)  # what is cached in the process is cached
    with CaptureQueriesContext(
        connection,
    ) as seen:
        assert client.get(address).status_code == 200, address
    return len(seen.captured_queries)


@pytest.mark.parametrize("key", KEYS)
def test_a_page_asks_as_much_for_ten_records_as_for_two_hundred(key: str, admin: Any, ann: Any, bob: Any, client_of: Any) -> None:
    """The number of queries is written down in query_counts.json; record it anew with RECORD=1, and say why in the commit."""
    module, client = find_module(key), client_of(admin)
    few = rich_records(module, 10, [ann, bob], seed=5)
    small = {name: counted(client, address) for name, address in pages(key, few[0]).items()}
    rich_records(module, 190, [ann, bob], seed=6)
    large = {name: counted(client, address) for name, address in pages(key, few[0]).items()}

    # One count of rows comes in once a list does not fit on one page; on a board, once for each lane that does not.
    lanes = len(module.field(module.board).options) if module.board else 0
    assert {name: n for name, n in large.items() if n > small[name] + (2 * lanes if name == "board" else 2)} == {}, (small, large)
    written = json.loads(COUNTS.read_text()) if COUNTS.exists() else {}
    if os.environ.get("RECORD"):
        COUNTS.write_text(json.dumps({**written, key: large}, indent=2, sort_keys=True) + "\n")
    else:
        assert {name: n for name, n in large.items() if n > written.get(key, {}).get(name, 0)} == {}, "more queries than written down"
