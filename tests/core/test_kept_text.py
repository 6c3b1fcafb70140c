"""What the browser keeps of a form goes once it has arrived, and not before (PLT-11)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from core.access.models import User
from tests import factories

pytestmark = pytest.mark.django_db
ClientOf = Callable[[User], Client]


def guard(client: Client, address: str, form: str = "") -> str:
    """What the form on a page names its copy, as the script sends it."""
    page = client.get(address).content.decode()
    found = re.search(rf'<form[^>]*{form}[^>]* data-guard="([^"]+)"', page)
    assert found, page
    return found[1].replace(":", "%3A")


def saved(client: Client) -> list[str]:
    """What the next two pages say has arrived."""
    return [name for _n in (1, 2) for name in re.findall(r'data-saved="([^"]+)"', client.get("/crm/").content.decode())]


def test_whatever_form_was_sent_the_next_page_says_it_arrived(client_of: ClientOf, ann: User) -> None:
    """PLT-11: a mail, a call, a note and a record alike, and each once."""
    lead, client = factories.make_lead(ann, email="ai@example.co.jp"), client_of(ann)
    where = f"/crm/leads/{lead.pk}/"
    sent: list[tuple[str, str, dict[str, Any]]] = [
        (f"{where}mail", "", {"to": "ai@example.co.jp", "subject": "A", "body": "B", "once": "m"}),
        (f"{where}do/crm.log_call", "", {"subject": "Call", "kind": "call", "direction": "out", "once": "c"}),
        (f"{where}edit", "", {"family_name": "Sato", "company": "Beta", "version": "1"}),
    ]
    for address, form, values in sent:
        name = guard(client, address, form)
        answer = client.post(address, {**values, "_guard": name})
        assert answer.status_code == 302, answer.content.decode()
        assert saved(client) == [name]

    name = guard(client, where, 'id="note"')
    client.post(f"{where}note", {"text": "Remember", "_guard": name})
    assert saved(client) == [name]


def test_what_was_refused_may_be_put_back(client_of: ClientOf, ann: User) -> None:
    """PLT-11: neither a form that comes back nor a page that says why not has let the text go."""
    lead, client = factories.make_lead(ann), client_of(ann)
    where = f"/crm/leads/{lead.pk}/"

    assert client.post(f"{where}mail", {"to": "", "body": "Long text", "_guard": guard(client, f"{where}mail")}).status_code == 422
    assert saved(client) == []
    assert client.post(f"{where}note", {"text": " ", "_guard": guard(client, where, 'id="note"')}).status_code == 302
    assert saved(client) == []
