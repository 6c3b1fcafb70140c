"""Hostile input, anywhere: no 5xx, no script, no foreign address to go to (O3, O4, N3, W1, W2, W5, H1)."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from core.module.registry import module as find_module
from core.module.registry import modules
from tests import factories
from tests.contracts.policy import POLICY
from tests.contracts.walk import addresses, build

pytestmark = pytest.mark.django_db
KEYS = [one.key for one in modules()]

NAUGHTY = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "{{7*7}}{% now 'Y' %}",
    "' OR 1=1 --",
    "%00",
    "\x00",
    "a\x00b",
    "\ud800",
    "\u202e\u200b\ufeff",
    "👩‍👩‍👧‍👦" * 40,
    "9223372036854775808",
    "-1",
    "1e400",
    "NaN",
    "Infinity",
    "0x10",
    "１２３",
    "²",
    "../../etc/passwd",
    "%s%n",
    "x" * 7_000,
    "null",
    "[]",
    "{}",
    "true",
    "\r\nX-Bad: 1",
    "ﷺ" * 500,
    "𠮷野家",
    "2026-02-30",
    "0000-00-00",
    "9999999-01-01",
    "٣",
    "",
]
LEAVES = [
    {},
    {"field": 1, "op": "is"},
    {"field": "name"},
    {"field": ["name"], "op": "is"},
    {"field": "name", "op": "is", "value": {"a": 1}},
    {"field": "name", "op": ["is"], "value": "x"},
    {"field": "name", "op": "regex", "value": "(a+)+$"},
    {"field": "password", "op": "is", "value": "x"},
    {"field": "owner__password", "op": "is", "value": "x"},
    {"field": "owner.password", "op": "is", "value": "x"},
    {"field": "owner.email", "op": "is"},
    {"field": "extra", "op": "is", "value": "x"},
    {"field": "deleted_at", "op": "filled"},
    {"field": "account.owner.email", "op": "is", "value": "x"},
    {"field": "tags", "op": "has", "value": [[]]},
    {"field": "owner", "op": "is", "value": 10**400},
    {"field": "owner", "op": "is", "value": [None]},
    {"field": "changed_at", "op": "on", "value": "9" * 50},
    {"field": "changed_at", "op": "last_n_days", "value": 10**30},
    {"field": "changed_at", "op": "last_n_days", "value": "-5"},
    {"field": "changed_at", "op": "before", "value": ["2026-01-01", None]},
]


def filters() -> list[str]:
    deep: Any = []
    for _ in range(60):
        deep = [{"all": deep}]
    trees: list[Any] = [{"all": [leaf]} for leaf in LEAVES]
    trees += [
        {"all": [{"field": "changed_at", "op": "filled"}] * 41},
        {"all": deep},
        {"all": {}},
        {"none": []},
        {"all": [], "any": []},
        [],
        1,
        "x",
    ]
    texts = [json.dumps(tree) for tree in trees]
    return [*texts, "{", "[" * 5000, '{"all":[{"field":"name","op":"is","value":"\\ud800"}]}', '{"all":NaN}', "\x00", "x" * 30_000]


@pytest.mark.parametrize("key", KEYS)
def test_an_address_may_hold_anything(key: str, admin: Any, client_of: Any) -> None:
    """I2, O4: view, filter, sort, columns, cursors, size, search, panel: all of it only ever changes what is shown."""
    factories.add_field("text", key), factories.add_field("number", key)
    module, client = find_module(key), client_of(admin)
    client.raise_request_exception = False
    wrong = []
    asked = [{"filter": text} for text in filters()]
    texts = NAUGHTY if key == "crm.lead" else NAUGHTY[5:12]
    for name in ("view", "sort", "columns", "after", "before", "size", "q", "page", "panel", "rows", "f0", "up", "more", "display", "by"):
        asked += [{name: text} for text in texts]
    asked += [{"sort": "c_number", "after": text} for text in ("WzFd", "W3RydWUsMSwxXQ", "W3RydWUsImEiLDFd", "W3RydWUsbnVsbCwxXQ")]
    for one in asked:
        query = urlencode(one, errors="surrogatepass")
        status = client.get(f"{module.url()}?{query}").status_code
        if status not in {200, 302}:
            wrong.append((status, query[:120]))

    assert wrong == []


@pytest.mark.parametrize("key", KEYS)
def test_a_field_takes_what_it_can_and_refuses_the_rest(key: str, admin: Any, client_of: Any) -> None:
    """O3, O4, H1: every naughty string into every field of every form; what is kept is shown escaped."""
    from tests.contracts.rich import add_every_kind

    add_every_kind(key)
    module, client = find_module(key), client_of(admin)
    client.raise_request_exception = False
    record = factories.make_any(key, admin)
    wrong = []
    names = [name for name, one in module.fields.items() if one.editable and not one.parts and not one.hidden]
    for text in NAUGHTY:
        text = text.encode("utf-8", "replace").decode()
        # All at once, then those again that would take it.
        refused: set[str] = set()
        for _ in range(2):
            version = type(record)._default_manager.values_list("version", flat=True).get(pk=record.pk)
            sent = {name: text for name in names if name not in refused}
            answer = client.post(module.url(record.pk, "edit"), {**sent, "version": str(version)})
            if answer.status_code not in {302, 422} or b"<script>alert" in answer.content or b"<img src=x" in answer.content:
                wrong.append((text[:40], answer.status_code))
            refused = set(answer.context["form"].errors) if answer.status_code == 422 else set()
    page = client.get(module.url(record.pk))
    assert page.status_code == 200 and b"<script>alert" not in page.content and b"<img src=x" not in page.content
    assert client.get(module.url(), {"columns": " ".join(module.fields)}).status_code == 200

    assert wrong == []


def test_every_page_takes_any_parameter(admin: Any, ann: Any, client_of: Any) -> None:
    """O4: parameters that pages read, with values that nobody types, on every address there is."""
    world, client, wrong = build(ann), client_of(admin), []
    client.raise_request_exception = False
    names = (
        "page",
        "before",
        "after",
        "q",
        "from",
        "module",
        "next",
        "back",
        "year",
        "month",
        "channel",
        "account",
        "by",
        "to",
        "tab",
        "pk",
        "id",
        "do",
    )
    values = ("\x00", "9223372036854775808", "-1", "²", "<script>alert(1)</script>", "[", "x" * 5000)
    for name, row in POLICY.items():
        if row.only == "POST" or name in {"account_logout", "readyz"}:
            continue
        for _app, address in addresses(name, row.at, world)[:2]:
            for value in values:
                answer = client.get(address, dict.fromkeys(names, value))
                said = answer.getvalue() if answer.streaming else answer.content
                if answer.status_code >= 500 or (b"<script>alert" in said and not answer.streaming):
                    wrong.append((name, value[:30], answer.status_code))

    assert wrong == []


def test_every_form_takes_any_value(admin: Any, ann: Any, client_of: Any) -> None:
    """O3, O4: every address that takes a POST, with every input of its own form filled with what nobody types."""
    world, client, wrong = build(ann), client_of(admin), []
    client.raise_request_exception = False
    for name, row in POLICY.items():
        if name.startswith("account_") or name == "readyz" or row.only == "GET":
            continue
        for _app, address in addresses(name, row.at, world)[:2]:
            for value in ("\x00", "9223372036854775808", "²", "x" * 5000, "[]"):
                sent = dict.fromkeys(
                    [*row.send, "version", "once", "token", "pk", "columns", "order", "value", "kind", "back", "act", "date"], value
                )
                answer = client.post(address, sent)
                if answer.status_code >= 500:
                    wrong.append((name, value[:30], answer.status_code))

    assert wrong == []


ELSEWHERE = [
    "//evil.example",
    "///evil.example",
    "////evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "\\/evil.example",
    "http://evil.example",
    "https:evil.example",
    "https:///evil.example",
    "HTTP://EVIL.EXAMPLE",
    "javascript:alert(1)",
    "java\nscript:alert(1)",
    "data:text/html,x",
    "/\t/evil.example",
    "/\n/evil.example",
    "\t//evil.example",
    " //evil.example",
    "http:\\\\evil.example",
    "//evil.example@testserver/",
    "https://testserver@evil.example",
    "https://testserver.evil.example",
]


@pytest.mark.parametrize("there", ELSEWHERE)
def test_nobody_is_sent_elsewhere(there: str, admin: Any, ann: Any, client_of: Any, client: Any) -> None:
    """N3: every parameter that says where to go next, with 21 forms of somewhere else."""
    signed, lead = client_of(admin), factories.make_lead(admin)
    told = [
        signed.post("/me/theme", {"theme": "dark", "back": there}),
        signed.post("/me/language", {"language": "en", "back": there}),
        signed.post(f"/crm/leads/{lead.pk}/move", {"by": "status", "to": "contacted", "version": "1", "back": there}),
        client.post("/accounts/login/", {"login": "ann@example.com", "password": factories.PASSWORD, "next": there}),
    ]
    told.append(signed.post("/me/security/again", {"current_password": factories.PASSWORD, "back": there}))
    signed.post(f"/crm/leads/{lead.pk}/delete")
    told.append(signed.post("/bin/restore", {"act": signed.session["undo"]["act"], "back": there}))

    for answer in told:
        assert answer.status_code == 302, answer.content[:300]
        where = answer.headers["Location"]
        assert where.startswith("/") and where[1:2] not in {"/", "\\", "\t", "\n"}, where


HEADERS = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin"}


def test_every_answer_carries_the_headers_that_protect(admin: Any, ann: Any, client_of: Any, client: Any, settings: Any) -> None:
    """W1, W2, W5: on every page, and on 404, 403, 422 and redirects; nothing of a signed-in page is kept by a browser."""
    world, signed, wrong = build(ann), client_of(admin), []
    found = [
        (address, signed.get(address))
        for name, row in POLICY.items()
        for _app, address in addresses(name, row.at, world)[:1]
        if name != "account_logout"
    ]
    found += [("404", signed.get("/nothing/here/")), ("404", client.get("/nothing/here/at/all")), ("login", client.get("/accounts/login/"))]
    found += [("422", signed.post("/crm/leads/new", {})), ("403", client_of(ann).get("/admin_console/")), ("redirect", client.get("/crm/"))]
    for address, answer in found:
        policy = answer.headers.get("Content-Security-Policy", "")
        if answer.streaming and answer.status_code == 200 and "sandbox; default-src 'none'" in policy:
            # Bytes somebody brought: no page of ours at all (U2). A face may be kept, by this browser alone.
            policy = policy.replace("default-src 'none'", "default-src 'self'; object-src 'none'")
            if address.startswith("/photos/") and answer.headers["Cache-Control"].startswith("private, max-age="):
                answer.headers["Cache-Control"] += ", no-store"
        if any(answer.headers.get(name) != value for name, value in HEADERS.items()):
            wrong.append((address, "headers"))
        if (
            "default-src 'self'" not in policy
            or "object-src 'none'" not in policy
            or "unsafe" not in policy.replace("unsafe-", "")
            and "unsafe-" in policy
        ):
            wrong.append((address, policy))
        if not all(word in policy for word in ("base-uri 'none'", "form-action", "frame-ancestors 'none'")):
            wrong.append((address, policy))
        if answer.wsgi_request.user.is_authenticated and "no-store" not in answer.headers.get("Cache-Control", ""):
            wrong.append((address, answer.headers.get("Cache-Control", "")))

    assert wrong == []


def test_a_host_that_is_not_ours_is_refused(client: Any) -> None:
    """N1"""
    assert client.get("/accounts/login/", headers={"host": "evil.example"}).status_code == 400


def test_an_error_says_nothing_of_the_inside(admin: Any, client_of: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """O4: the 500 page has a number to quote and no detail."""
    from core.module import listing

    def broken(*_args: Any) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr(listing, "state", broken)
    client = client_of(admin)
    client.raise_request_exception = False

    answer = client.get("/crm/leads/")

    assert answer.status_code == 500
    assert b"secret" not in answer.content and b"Traceback" not in answer.content and b"RuntimeError" not in answer.content
