"""Hostile input by the other ways in: the numbers and words of an address, every input of every form, bodies of any kind, headers and
cookies (O3, O4). Whatever a client sends, the answer is no error of ours."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests import factories
from tests.contracts.policy import POLICY, Row
from tests.contracts.test_policy import ROUTES
from tests.contracts.walk import World, addresses, build

pytestmark = pytest.mark.django_db
LEAVES = {"account_logout", "healthz", "readyz"}
NUMBERS = (0, 2**31, 2**63 - 1, 2**63, 10**30)
WORDS = ("x" * 300, "__class__", "..", "%2e%2e", "é", "0")


@pytest.fixture
def world(ann: Any) -> World:
    return build(ann)


@pytest.fixture
def client(admin: Any) -> Client:
    made = Client(raise_request_exception=False)
    made.force_login(admin)
    return made


def asked(client: Client, method: str, address: str, *args: Any, **more: Any) -> Any:
    """One visit whose writes are taken back."""
    with transaction.atomic():
        answer = getattr(client, method)(address, *args, **more)
        transaction.set_rollback(True)
    return answer


def walked() -> list[tuple[str, Row]]:
    return [(name, row) for name, row in POLICY.items() if name not in LEAVES]


def test_an_address_may_hold_any_number_and_any_word(client: Client, world: World) -> None:
    """O3, O4: each part of each address, GET and POST: not there, not allowed, or a page; never a fault."""
    wrong, tried = [], 0
    for name, row in walked():
        kwargs = {key: world.marks.get(value, value) for key, value in row.at.items()}
        kwargs |= {
            key: {"<module>": "leads", "<record>": world.records["crm.lead"], "<action>": "x"}.get(value, value)
            for key, value in kwargs.items()
        }
        for key, kind in ROUTES[name].pattern.converters.items():
            for value in NUMBERS if "Int" in type(kind).__name__ else WORDS:
                try:
                    address = reverse(name, kwargs={**kwargs, key: value})
                except Exception:
                    continue  # no address is made of this word
                for method in ("get", "post"):
                    tried += 1
                    if (status := asked(client, method, address).status_code) >= 500:
                        wrong.append((name, method, key, str(value)[:20], status))

    assert wrong == [] and tried > 800


_FORM = re.compile(r"<form\b([^>]*)>(.*?)</form>", re.DOTALL | re.IGNORECASE)
_NAMED = re.compile(r"""<(?:input|select|textarea|button)\b[^>]*?\bname=["']([^"']+)["']""")


def forms_of(page: str, here: str) -> list[tuple[str, frozenset[str]]]:
    """(where it is sent, the names of its inputs) of every POST form of a page."""
    found = []
    for head, inside in _FORM.findall(page):
        if not re.search(r"""method=["']?post""", head, re.IGNORECASE):
            continue
        action = re.search(r"""\baction=["']([^"']*)["']""", head)
        names = frozenset(_NAMED.findall(inside)) - {"csrfmiddlewaretoken"}
        found.append((html.unescape(action[1]) if action and action[1] else here, names))
    return found


def test_every_input_of_every_form_takes_anything(client: Client, world: World, admin: Any) -> None:
    """O3, O4, H1: the forms as the pages show them, every input with what nobody types; what comes back is escaped."""
    for module in ("crm.lead", "crm.contact"):
        factories.add_field("number", module)
    pages, forms = [], {}
    for name, row in walked():
        if row.only != "POST":
            pages += [address for _app, address in addresses(name, row.at, world)]
    for address in pages:
        answer = asked(client, "get", address)
        if answer.streaming or "html" not in answer.headers.get("Content-Type", ""):
            continue
        for where, names in forms_of(answer.content.decode(), address):
            if urlsplit(where).path not in {"/accounts/logout/"}:
                forms.setdefault((re.sub(r"\d+", "0", urlsplit(where).path), names), where)
    wrong = []
    for (_path, names), where in forms.items():
        for value in ("\x00", "9223372036854775808", "1e400", "<script>alert(1)</script>" * 40):
            answer = asked(client, "post", where, dict.fromkeys(names, value))
            said = b"" if answer.streaming else answer.content
            if answer.status_code >= 500 or b"<script>alert" in said:
                wrong.append((where, value[:20], answer.status_code))

    assert wrong == []
    assert len(forms) > 120


BODIES: tuple[tuple[str, bytes], ...] = (
    ("application/json", b'{"a": {"a": 1, "a": 2}}'),
    ("application/json", b"[" * 20_000),
    ("application/x-www-form-urlencoded", b"&".join(b"a%d=1" % n for n in range(2_500))),
    ("application/x-www-form-urlencoded", b"\xff\xfe=\xff&%zz=%&pk=%00"),
    ("application/x-www-form-urlencoded; charset=utf-16", b"a\x00=\x00"),
    ("multipart/form-data", b"--x"),
    ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data; name=a\r\n\r\n1"),
    ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="file"; filename="../\x00a"\r\n\r\n\xff\r\n--x--'),
    ("multipart/form-data; boundary=" + "y" * 400, b"--x--"),
    ("text/plain", b"\x00" * 5_000),
    ("", b"a=1"),
)


def test_a_body_may_be_of_any_kind(client: Client, world: World) -> None:
    """O4: JSON, broken multipart, wrong encodings, thousands of fields, at every address that takes a POST."""
    wrong = []
    for name, row in walked():
        if row.only == "GET":
            continue
        address = addresses(name, row.at, world)[0][1]
        for kind, body in BODIES:
            status = asked(client, "post", address, data=body, content_type=kind).status_code
            if status >= 500:
                wrong.append((name, kind[:40], status))

    assert wrong == []


HEADERS = ("\x7f", "é" * 50, "%00", "x" * 6_000, "-1", "[]", "//evil.example", "?a=1&a=2", "http://[")


@pytest.mark.parametrize(
    "header",
    [
        "HX-Request", "HX-Current-URL", "HX-Target", "HX-Trigger", "HX-Boosted", "Referer", "Origin", "User-Agent", "Accept-Language",
        "Accept", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "If-None-Match", "If-Modified-Since", "Range", "Cookie",
    ],
)  # fmt: skip
def test_a_header_may_hold_anything(header: str, client: Client, world: World) -> None:
    """O4: on a list, a record, a photo, a file, the page of signing in and what is not there."""
    places = (
        "/crm/leads/",
        f"/crm/leads/{world.records['crm.lead']}/",
        f"/photos/{world.marks['<photo>']}/64",
        "/accounts/login/",
        "/nowhere/",
    )
    wrong = []
    for value in HEADERS:
        for place in (*places, f"/files/{world.marks['<file>']}"):
            stranger = Client(raise_request_exception=False)
            for one in (client, stranger) if header != "Cookie" else (stranger,):
                if (status := one.get(place, headers={header: value}).status_code) >= 500:
                    wrong.append((place, value[:12], status))

    assert wrong == []


def test_a_cookie_may_hold_anything() -> None:
    """O4: session, token, language and device marks that we did not make."""
    wrong = []
    for name in ("enishi_session", "enishi_csrf", "django_language", "enishi_device", "messages", "theme"):
        for value in ("", "x", "%00", "a:b:c", "e" * 4_000, '{"a":1}'):
            one = Client(raise_request_exception=False)
            one.cookies[name] = value
            for answer in (one.get("/accounts/login/"), one.post("/accounts/login/", {"login": "a", "password": "b"})):
                if answer.status_code >= 500:
                    wrong.append((name, value[:10], answer.status_code))

    assert wrong == []
