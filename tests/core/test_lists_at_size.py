"""Lists over many records: words in any order by whichever way is quick, and a list without index that says so."""

from __future__ import annotations

import base64
import html
import json
import re
from contextlib import nullcontext
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.http import QueryDict

from core import clock
from core.access.gate import Reach
from core.access.models import SharingRule
from core.module import indexed, listing, parts
from core.module.paging import Order, Page
from core.module.patience import TookTooLong
from core.module.registry import module, modules
from core.search import sieve
from core.search.index import Entry, store
from core.search.sieve import Sieve
from core.stamps import bump
from core.web import neighbours
from crm.models import Lead
from tests.factories import make_lead

pytestmark = pytest.mark.django_db
LEADS = "/crm/leads/"


def filtered(*leaves: tuple[str, str, Any], **more: str) -> str:
    asked = {"all": [{"field": field, "op": op, "value": value} for field, op, value in leaves]}
    return "&".join([f"filter={quote(json.dumps(asked))}", *(f"{key}={quote(value)}" for key, value in more.items())])


@pytest.fixture
def leads(ann: Any) -> list[Lead]:
    made = [
        make_lead(ann, family_name=f"{n:02}", company="Tanaka KK" if n % 3 else "Mori KK", email=f"p{n:02}@x.example") for n in range(30)
    ]
    store("crm.lead", [Entry(one.pk, one.full_name, [one.company, one.email]) for one in made])
    return made


def walked(ann: Any, query: str) -> tuple[list[int], list[int], int, bool]:
    """The ids on all pages of a list forth, then back, its number of rows, and whether there are more than that."""
    forth: list[int] = []
    address = query
    while True:
        asked = listing.state(ann, module("crm.lead"), QueryDict(address))
        asked.size = 7
        shown, count, more = listing.fetch(asked)
        forth += [one.pk for one in shown.records]
        if not shown.after:
            break
        address = f"{query}&after={shown.cursor(asked.order, back=False).text()}"
    back = [one.pk for one in shown.records]
    while shown.before:
        asked = listing.state(ann, module("crm.lead"), QueryDict(f"{query}&before={shown.cursor(asked.order, back=True).text()}"))
        asked.size = 7
        shown, _, _ = listing.fetch(asked)
        back = [one.pk for one in shown.records] + back
    return forth, back, count, more


@pytest.mark.parametrize(
    "row, patience, reach, most",
    [
        (0, 2, 1.0, 1_000),
        (0, 0, 1.0, 1_000),
        (10**9, 2, 1.0, 1_000),
        (0.5, 2, 1.0, 1_000),
        (0, 2, 0.01, 1_000),
        (0.5, 2, 0.01, 1_000),
        (10**9, 2, 1.0, 20),
    ],
)
@pytest.mark.parametrize(
    "query",
    [
        "q=tanaka&sort=-email",
        filtered(("company", "contains", "tanaka"), sort="-email"),
        filtered(("company", "contains", "tanaka"), q="kk"),
    ],
)
def test_words_give_the_same_list_by_whichever_way_they_are_looked_up(
    ann: Any, leads: list[Lead], monkeypatch: Any, query: str, row: float, patience: float, reach: float, most: int
) -> None:
    """PLT-8: quick search and "contains", in any order and page by page, walked, cut off or gathered, one by one or
    together, counted either way."""
    for name, value in (("_ROW", row), ("_READ", row), ("_PATIENCE", patience), ("_MOST", most)):
        monkeypatch.setattr(sieve, name, value)
    monkeypatch.setattr(Reach, "share", reach)
    order = ["-email"] if "sort" in query else ["-changed_at", "-pk"]
    expected = list(Lead.objects.filter(company__icontains="tanaka").order_by(*order).values_list("pk", flat=True))

    forth, back, count, more = walked(ann, query)

    assert (forth, back, count, more) == (expected, expected, 20, False)
    monkeypatch.setattr(listing, "CAP", 12)
    assert walked(ann, query)[2:] == (12, True)


@pytest.mark.parametrize("row, most", [(0, 1_000), (10**9, 20), (10**9, 1_000)])
def test_words_in_a_list_find_only_what_its_reader_may_see(
    ann: Any, carol: Any, leads: list[Lead], monkeypatch: Any, row: float, most: int
) -> None:
    """PLT-12, PLT-23: a walk asks the gate like every other way, and so do hits that are looked up one by one or together."""
    monkeypatch.setattr(sieve, "_ROW", row)
    monkeypatch.setattr(sieve, "_MOST", most)
    monkeypatch.setattr(Reach, "share", 1.0)
    hers = make_lead(carol, company="Tanaka KK")
    store("crm.lead", [Entry(hers.pk, "x", [hers.company])])

    assert walked(carol, "q=tanaka")[0] == [hers.pk]
    assert hers.pk not in walked(ann, "q=tanaka")[0]


def test_words_that_say_nothing_leave_an_empty_list(ann: Any, leads: list[Lead]) -> None:
    assert walked(ann, "q=!!!") == ([], [], 0, False)
    assert Sieve("crm.lead", "!!!", of=Lead.objects.all()).count(Lead.objects.all(), 10) == 0


@pytest.mark.parametrize(
    "query, said",
    [
        ("", ""),
        ("sort=company", ""),
        ("sort=employees", "the order by Employees"),
        (filtered(("city", "is", "Atlantis")), "the filter by City"),
        (filtered(("city", "is", "Atlantis"), ("status", "is", "new")), ""),
        (filtered(("company", "contains", "tanaka")), ""),
        (filtered(("job_title", "contains", "tanaka")), "the filter by Title"),
        (filtered(("job_title", "is", "Boss"), sort="employees"), "the order by Employees"),
    ],
)
def test_a_list_that_no_index_answers_says_so_and_which_column(
    client_of: Any, admin: Any, leads: list[Lead], monkeypatch: Any, query: str, said: str
) -> None:
    """PLT-8, performance goal 3: never a whole table in a request without saying so."""
    monkeypatch.setattr(indexed, "MANY", 20)

    page = client_of(admin).get(f"{LEADS}?{query}").content.decode()

    assert ("reads all records" in page) == bool(said)
    assert said in page
    monkeypatch.setattr(indexed, "MANY", 30)
    assert "reads all records" not in client_of(admin).get(f"{LEADS}?{query}").content.decode()


def test_a_list_that_takes_too_long_is_stopped_and_keeps_what_was_asked(
    client_of: Any, admin: Any, leads: list[Lead], settings: Any
) -> None:
    """PLT-8: a clear page instead of a hanging one; the filter, the words and the order stand where they were."""
    settings.LIST_SECONDS = 0.001
    slow = "SELECT pg_sleep(1)" if connection.vendor == "postgresql" else _LONG
    query = filtered(("city", "is", "Atlantis"), sort="employees")

    with connection.execute_wrapper(_slowly(slow)):
        page = client_of(admin).get(f"{LEADS}?{query}")
        part = client_of(admin).get(f"{LEADS}?{query}", headers={"HX-Request": "true", "HX-Target": "list-body"})

    assert (page.status_code, part.status_code) == (503, 200)
    for answer in (page.content.decode(), part.content.decode()):
        assert "This took too long" in answer
        assert "panel=filter" in answer
    assert "Atlantis" in page.content.decode()
    assert client_of(admin).get(LEADS).status_code == 200


@pytest.mark.parametrize("where", ["board", "calendar"])
def test_a_board_and_a_calendar_that_take_too_long_are_stopped_and_say_why(
    client_of: Any, admin: Any, leads: list[Lead], settings: Any, monkeypatch: Any, where: str
) -> None:
    """PLT-8, PLT-9: like the list; what was asked stays, the column without index is named, and the order of the list is not blamed."""
    monkeypatch.setattr(indexed, "MANY", 20)
    settings.LIST_SECONDS = 0.001
    query = filtered(("city", "is", "Atlantis"), sort="employees")
    slow = "SELECT pg_sleep(1)" if connection.vendor == "postgresql" else _LONG

    with connection.execute_wrapper(_slowly(slow)):
        page = client_of(admin).get(f"{LEADS}{where}?{query}")
        part = client_of(admin).get(f"{LEADS}{where}?{query}", headers={"HX-Request": "true", "HX-Target": "board"})

    text = page.content.decode()
    assert page.status_code == 503 and "This took too long" in text and "Atlantis" in text and "panel=filter" in text
    assert "the filter by City" in text and "Employees: this" not in text
    if where == "board":
        assert part.status_code == 200 and 'id="board"' in part.content.decode() and "This took too long" in part.content.decode()
    else:
        assert 'rel="next"' in text  # a shorter time may be chosen
    assert client_of(admin).get(f"{LEADS}{where}").status_code == 200


def in_parts(client: Any, query: str) -> tuple[list[int], list[tuple[int | None, int]], str]:
    """The ids on all parts of a list, how many records each part looked at and how many fit, and the addresses that led on."""
    ids: list[int] = []
    seen: list[tuple[int | None, int]] = []
    address, addresses = f"{LEADS}?{query}", ""
    while address:
        answer = client.get(address)
        page = answer.content.decode()
        assert "This is a part of it" in page
        ids += map(int, re.findall(r'<tr data-pk="(\d+)"', page))
        part = answer.context["asked"].part
        seen.append((part.looked, part.fit))
        assert ("records were looked at" in page) == (part.looked is not None)
        further = re.search(r'href="([^"]+)" rel="next">Look further', page)
        address = f"{LEADS}{html.unescape(further[1])}" if further else ""
        addresses += address
    return ids, seen, addresses


@pytest.mark.parametrize(
    "query, asked, order",
    [
        (filtered(("city", "is", "Osaka")), {"city": "Osaka"}, ["-changed_at", "-pk"]),
        (filtered(("city", "is", "Osaka"), sort="email"), {"city": "Osaka"}, ["email", "pk"]),
        (filtered(("city", "is", "Osaka"), sort="-employees"), {"city": "Osaka"}, ["-changed_at", "-pk"]),
        (filtered(("city", "is", "Osaka"), q="tanaka"), {"city": "Osaka", "company": "Tanaka KK"}, ["-changed_at", "-pk"]),
        (
            filtered(("city", "is", "Osaka"), ("company", "contains", "anak")),
            {"city": "Osaka", "company": "Tanaka KK"},
            ["-changed_at", "-pk"],
        ),
    ],
)
def test_a_list_that_takes_too_long_is_shown_in_parts(
    client_of: Any, ann: Any, carol: Any, leads: list[Lead], monkeypatch: Any, query: str, asked: dict[str, str], order: list[str]
) -> None:
    """PLT-8, PLT-23: each part looks at so many records and no more; together they are the list; nobody else's record is told of."""
    Lead.objects.filter(pk__in=[one.pk for one in leads[::2]]).update(city="Osaka")
    hers = [make_lead(carol, family_name=f"Secret{n}", company="Tanaka KK", city="Osaka", email=f"aa{n}@secret.example") for n in range(9)]
    store("crm.lead", [Entry(one.pk, one.full_name, [one.company, one.email]) for one in hers])
    Lead.objects.filter(pk__in=[one.pk for one in hers[:4]]).update(email="")
    monkeypatch.setattr(parts, "LOOKED_AT", 7)
    monkeypatch.setattr(listing, "page", _too_long)

    ids, looked, addresses = in_parts(client_of(ann), query)

    assert ids == list(Lead.objects.filter(owner=ann, **asked).order_by(*order).values_list("pk", flat=True))
    # 39 records are five whole parts and four more; how many are left in the last one would tell how many others have.
    assert [n for n, _fit in looked] == [7] * 5 + [None]
    assert sum(fit for _n, fit in looked) == len(ids)
    told = re.findall(r"after=([\w.-]+)", addresses)
    assert len(told) == len(looked) - 1
    for text in told:
        read = base64.urlsafe_b64decode(text.removeprefix("p.") + "===").decode(errors="replace")
        assert text.startswith("p.") and "example" not in read, "an address tells nothing of the last record"


def test_a_part_with_many_that_fit_is_shown_page_by_page(client_of: Any, ann: Any, leads: list[Lead], monkeypatch: Any) -> None:
    """PLT-8: the next part begins behind the last record that is shown, not behind the last one that was looked at."""
    monkeypatch.setattr(listing, "SIZES", (4,))
    monkeypatch.setattr(listing, "page", _too_long)

    ids, looked, _addresses = in_parts(client_of(ann), "sort=employees&size=4")

    assert ids == list(Lead.objects.order_by("-changed_at", "-pk").values_list("pk", flat=True))
    assert looked[0] == (None, 30) and len(looked) == 8


@pytest.mark.parametrize("what", ["edited", "binned", "deleted"])
def test_a_list_in_parts_goes_on_where_it_stood_whatever_became_of_its_last_record(
    client_of: Any, ann: Any, leads: list[Lead], monkeypatch: Any, what: str
) -> None:
    """PLT-8: the address holds what the last record held; nothing is shown twice or left out."""
    monkeypatch.setattr(parts, "LOOKED_AT", 14)
    with monkeypatch.context() as slow:
        slow.setattr(listing, "page", _too_long)
        first = client_of(ann).get(f"{LEADS}?sort=employees")
    assert [one.pk for one in first.context["page"].records] == [one.pk for one in leads[:15:-1]]
    edge = Lead.objects.filter(pk=leads[16].pk)
    if what == "deleted":
        edge.delete()
    else:
        edge.update(**{"changed_at" if what == "edited" else "deleted_at": clock.now() + timedelta(hours=1)})

    further = first.context["further"]
    second = client_of(ann).get(f"{LEADS}?sort=employees&after={further}")

    assert [one.pk for one in second.context["page"].records] == [one.pk for one in leads[15:1:-1]]
    assert not second.context["asked"].problem
    assert client_of(ann).get(f"{LEADS}?before={further}").status_code == 200


def test_nobody_begins_a_part_where_they_like(
    client_of: Any, ann: Any, carol: Any, admin: Any, leads: list[Lead], monkeypatch: Any
) -> None:
    """PLT-23: where a part begins and how many it looks at would tell, step by step, what a record of others holds."""
    monkeypatch.setattr(parts, "LOOKED_AT", 14)
    hers = make_lead(carol, family_name="Secret", email="p15@secret.example")
    with monkeypatch.context() as slow:
        slow.setattr(listing, "page", _too_long)
        others = client_of(admin).get(f"{LEADS}?sort=email").context["further"]
        mine = client_of(ann).get(f"{LEADS}?sort=email").context["further"]
    forged = [
        _written("behind", hers.pk),
        others,
        mine[:-3] + ("AAA" if mine[-3:] != "AAA" else "BBB"),
        "p.",
        "p.x",
        "p.%C3%A9",
    ]
    for after in forged:
        page = client_of(ann).get(f"{LEADS}?sort=email&after={after}")
        assert "another order" in page.context["asked"].problem, after
        assert page.context["page"].records[0].email == "p00@x.example", after
    assert "another order" in client_of(ann).get(f"{LEADS}?sort=-email&after={mine}").context["asked"].problem
    assert client_of(ann).get(f"{LEADS}?sort=email&after={mine}").context["page"].records[0].email == "p14@x.example"

    monkeypatch.setattr(listing, "page", _too_long)
    for after in (_written(True, hers.email, hers.pk), _written(True, "p10", leads[9].pk), _written(True, "p10", 1)):
        page = client_of(ann).get(f"{LEADS}?sort=email&after={after}")
        assert "from its beginning" in page.context["asked"].problem
        assert (page.context["asked"].part.looked, page.context["page"].records[0].email) == (14, "p00@x.example")


def test_a_page_that_takes_too_long_goes_on_in_parts_from_where_it_stood(
    client_of: Any, ann: Any, leads: list[Lead], monkeypatch: Any
) -> None:
    """PLT-8: not back to the beginning; where that cannot be, it says so."""
    monkeypatch.setattr(listing, "SIZES", (25, 5))
    pages = client_of(ann).get(f"{LEADS}?sort=email&size=5")
    after = pages.context["next"]
    monkeypatch.setattr(listing, "page", _too_long)

    on = client_of(ann).get(f"{LEADS}?sort=email&size=5&after={after}")

    assert [one.email for one in on.context["page"].records] == [f"p{n:02}@x.example" for n in range(5, 10)]
    assert not on.context["asked"].problem
    for query in (f"sort=email&before={after}", "sort=email&page=last", f"sort=employees&after={after}"):
        page = client_of(ann).get(f"{LEADS}?{query}")
        assert "from its beginning, in parts" in page.content.decode(), query


def test_the_usual_order_of_every_module_can_be_walked() -> None:
    """PLT-8: an index that has the primary key second; one that goes on with another column has the rows in another order."""
    for one in modules():
        order = Order(one.fields[one.order.lstrip("-")], one.order.startswith("-"))
        assert indexed.walkable(order, one.model), one.key
    fields = module("crm.lead").fields
    assert indexed.walkable(Order(fields["email"], True), Lead)
    assert not any(indexed.walkable(Order(fields[key], False), Lead) for key in ("status", "source", "employees", "owner"))


def test_the_neighbours_of_a_record_are_not_looked_for_in_a_list_in_parts(
    client_of: Any, ann: Any, leads: list[Lead], monkeypatch: Any
) -> None:
    """PLT-8: the list took too long already; each record opened from it would ask the same again. The way back to it stays."""
    monkeypatch.setattr(parts, "LOOKED_AT", 14)
    with monkeypatch.context() as slow:
        slow.setattr(listing, "page", _too_long)
        further = client_of(ann).get(f"{LEADS}?sort=employees").context["further"]
    asked: list[Any] = []
    monkeypatch.setattr(neighbours, "page", lambda *_given, **_named: asked.append(1) or Page([], False, False))
    where = f"{LEADS}{leads[3].pk}/?from="

    page = client_of(ann).get(where + quote(f"sort=employees&after={further}"))

    assert page.status_code == 200 and not asked and further in page.content.decode()
    client_of(ann).get(where + quote("sort=employees"))
    assert asked


@pytest.mark.parametrize("where", ["board", "calendar"])
@pytest.mark.parametrize("rule, leaf", [(True, ("status", "is", "new")), (False, ("city", "is", "Atlantis"))])
def test_a_board_and_a_calendar_have_the_time_of_a_list(
    client_of: Any, ann: Any, leads: list[Lead], monkeypatch: Any, where: str, rule: bool, leaf: tuple[str, str, str]
) -> None:
    """PLT-8, PLT-9: also where a rule lends records by what stands in them, and beside a condition that an index answers."""
    if rule:
        SharingRule.objects.create(
            module="crm.lead", target="all", criteria={"all": [{"field": "status", "op": "is", "value": "qualified"}]}
        )
        bump("access")
    waited: list[float] = []

    def patience(_rows: Any, seconds: float) -> Any:
        waited.append(seconds)
        return nullcontext()

    monkeypatch.setattr(listing, "patience", patience)

    client_of(ann).get(f"{LEADS}{where}?{filtered(('status', 'is', 'new'), leaf)}&by={'status' if where == 'board' else 'changed_at'}")

    assert waited == [settings.LIST_SECONDS]


def _written(*said: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")


def _too_long(*_given: Any, **_named: Any) -> None:
    raise TookTooLong


_LONG = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000000) SELECT count(*) FROM n"


def _slowly(sql: str) -> Any:
    def wrapper(execute: Any, asked: str, *rest: Any) -> Any:
        if 'FROM "crm_lead"' in asked and "Atlantis" in str(rest[0]):
            execute(sql, None, *rest[1:])
        return execute(asked, *rest)

    return wrapper
