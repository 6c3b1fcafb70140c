"""Long strings made to keep a pattern busy, wherever words are read: each answer takes less than two seconds (O2)."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core.module.registry import module as find_module
from tests import factories
from tests.contracts.rich import add_every_kind

pytestmark = pytest.mark.django_db


def long(piece: str, size: int = 60_000, end: str = "!") -> str:
    return piece * (size // len(piece)) + end


# Repeated beginnings that never end, nested openings, runs before a wrong last sign; 20 kB to 150 kB.
STRINGS = {
    "letters": long("a", 150_000),
    "blanks": long(" ", 150_000, "x"),
    "lines": long("\n", 150_000, "x"),
    "at": long("@", 20_000),
    "address": long("a@", 60_000),
    "dots": long("a.", 60_000, "@"),
    "domains": "x@" + long("a-", 60_000),
    "scheme": long("http://", 60_000),
    "path": "https://a/" + long("(", 60_000),
    "braces": long("{{", 60_000),
    "field": long("{{ a", 60_000),
    "tags": long("<a ", 60_000),
    "digits": long("1", 150_000, "x"),
    "dashes": long("0-", 60_000, "x"),
    "quotes": long('"\\', 60_000),
    "commas": long(", ", 60_000),
    "kana": long("ｱﾞ", 60_000),
    "entity": long("&#", 60_000),
}


def took(begin: float) -> float:
    return time.thread_time() - begin


@pytest.mark.parametrize("name", STRINGS)
def test_no_string_keeps_a_page_busy(name: str, admin: Any, client_of: Any) -> None:
    """O2: forms of every kind of field, notes, mails, templates, searches, filters, pickers, answers of tickets, sign-in."""
    text, client, lead = STRINGS[name], client_of(admin), factories.make_lead(admin)
    ticket, leads = factories.make_ticket(admin), find_module("crm.lead")
    add_every_kind("crm.lead")
    client.raise_request_exception = False
    every = {key: text for key, one in leads.fields.items() if one.editable and not one.parts}
    asked = json.dumps({"all": [{"field": "company", "op": "contains", "value": text[:20_000]}]})
    visits = {
        "form": lambda: client.post(f"/crm/leads/{lead.pk}/edit", {**every, "version": lead.version}),
        "note": lambda: client.post(f"/crm/leads/{lead.pk}/note", {"text": text}),
        "mail": lambda: client.post(f"/crm/leads/{lead.pk}/mail", {"look": "1", "to": text, "cc": text, "subject": text, "body": text}),
        "sent": lambda: client.post(f"/crm/leads/{lead.pk}/mail", {"to": text, "cc": text, "subject": "a", "body": text}),
        "template": lambda: client.post("/me/templates/new", {"name": "A", "subject": text, "body": text}),
        "search": lambda: client.get("/search", {"q": text}),
        "list": lambda: client.get("/crm/leads/", {"q": text, "filter": asked, "sort": text, "columns": text}),
        "picker": lambda: client.get("/pick", {"module": "crm.lead", "q": text}),
        "postal": lambda: client.get("/postal", {"code": text}),
        "twins": lambda: client.post("/crm/leads/twins", every),
        "ticket": lambda: client.post(f"/helpdesk/tickets/{ticket.pk}/say", {"text": text, "kind": "comment"}),
        "formula": lambda: client.post("/admin_console/fields/crm.lead/new", {"kind": "formula", "formula": text, "label_en": "A"}),
        "stop": lambda: client.post("/mail/stopped", {"email": text}),
        "sign in": lambda: client.post("/accounts/login/", {"login": text, "password": text[:3_000]}),
    }
    slow = {}
    for what, visit in visits.items():
        begin = time.thread_time()
        answer = visit()
        if (seconds := took(begin)) >= 2 or answer.status_code >= 500:
            slow[what] = (round(seconds, 1), answer.status_code)

    assert slow == {}


@pytest.mark.parametrize("name", STRINGS)
def test_no_string_keeps_an_import_busy(name: str, admin: Any, client_of: Any) -> None:
    """O2, U3: as a cell and as a heading."""
    text = STRINGS[name].replace('"', "'")
    sheet = f'Family name,E-mail,Phone,"{text[:20_000]}"\nA,"{text}","{text}",x\n'
    begin = time.thread_time()

    answer = client_of(admin).post("/crm/leads/import", {"file": SimpleUploadedFile("a.csv", sheet.encode()), "mode": "both"})
    page = client_of(admin).get(answer["Location"]) if answer.status_code == 302 else answer

    assert page.status_code in {200, 422} and took(begin) < 2
