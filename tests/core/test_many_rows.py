"""Many rows at once: stored, changed and found as one row would be (PLT-13, CRM-18)."""

from __future__ import annotations

import inspect
from datetime import date
from decimal import Decimal
from typing import Any

import phonenumbers
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st

from core.access.models import User
from core.actor import Actor
from core.event.models import Event
from core.field.models import CustomField
from core.module.registry import module, modules
from core.record import write
from core.record.importing_twins import READ, Known, getter, keys_of
from core.search.query import find
from core.stamps import bump
from core.text.phones import e164, phone_keys
from crm.models import Contact, Deal, Lead

from .transfer_cast import *  # noqa: F403

MANY = 30  # above what is copied or prepared instead of inserted by the ORM
TRICKY = ["a\tb", 'say "no"', "back\\slash", "{curly},{}", "NULL", "\\N", "O'Brien", "%s", "鬼頭 髙木", ""]


def made(kind: str, rows: list[dict[str, Any]], user: User) -> list[Any]:
    one = module(kind)
    return write.create_many(one, [write.clean(one, row) for row in rows], actor=Actor(user, "import"))


@pytest.mark.django_db
def test_many_records_are_stored_with_keys_history_and_search(ann: User) -> None:
    """PLT-13: what a load of many stores is what one record by one would have been."""
    rows = [
        {"family_name": f"Name{n}", "company": TRICKY[n % 10], "email": f"n{n}@many.example", "phone": f"03-3234-{n:04}", "owner": ann.pk}
        for n in range(MANY)
    ]

    leads = made("crm.lead", rows, ann)

    assert [one.pk for one in leads] == list(Lead.objects.order_by("pk").values_list("pk", flat=True))
    kept = Lead.objects.get(pk=leads[7].pk)
    assert (kept.company, kept.phone_key, kept.version, kept.owner_id) == ("%s", "+81332340007", 1, ann.pk)
    assert kept.created_at == leads[7].created_at
    assert [one.company for one in Lead.objects.order_by("pk")[:10]] == [
        write.clean(module("crm.lead"), {"family_name": "x", "company": t})["company"] for t in TRICKY
    ]
    assert [hit.record_id for hit in find("crm.lead", "n29@many.example")] == [leads[29].pk]
    assert [hit.record_id for hit in find("crm.lead", "0332340003")] == [leads[3].pk]
    assert Event.objects.get(module="crm.lead", record_id=leads[7].pk, kind="created").changes["family_name"] == [None, "Name7"]
    assert made("crm.lead", rows[:1], ann)[0].pk > leads[-1].pk


@pytest.mark.django_db
def test_each_of_many_records_gets_its_own_values_of_every_kind(ann: User, bob: User) -> None:
    """CRM-18, PLT-17: different values for many records in one write, empty ones and custom fields among them."""
    CustomField.objects.create(module="crm.lead", key="c1", kind="text", label_en="Colour")
    bump("fields")
    leads = made("crm.lead", [{"family_name": f"Name{n}", "employees": 5, "owner": ann.pk} for n in range(MANY)], ann)
    changes = [
        {
            "company": TRICKY[n % 10], "employees": n if n % 2 else None, "annual_revenue": Decimal(f"{n}.25") if n % 3 else None,
            "owner": bob.pk if n % 2 else None, "c1": f"{TRICKY[n % 10]}!",
        }
        for n in range(MANY)
    ]  # fmt: skip

    write.update_many(module("crm.lead"), list(zip(leads, changes, strict=True)), actor=Actor(ann, "import"))

    for before, wanted, after in zip(leads, changes, Lead.objects.order_by("pk"), strict=True):
        held = (after.company, after.employees, after.annual_revenue, after.owner_id, after.extra["c1"])
        assert held == tuple(wanted[key] for key in ("company", "employees", "annual_revenue", "owner", "c1"))
        assert (after.version, after.changed_at) == (2, before.changed_at)
    assert [hit.record_id for hit in find("crm.lead", "O'Brien")][:1]


@pytest.mark.django_db
def test_a_line_end_of_an_old_mac_stops_no_load(ann: User) -> None:
    """PLT-13: a lone CR is a line end in a text of many lines, and wherever it stands, the rows beside it are stored."""
    alone = "one\rtwo"  # beside a \n it would be quoted anyway

    assert write.clean(module("crm.lead"), {"description": f"{alone}\r\nthree"})["description"] == "one\ntwo\nthree"
    rows = [{"family_name": f"Name{n}", "description": alone if n == 7 else "", "owner": ann.pk} for n in range(MANY)]
    write.create_many(module("crm.lead"), rows, actor=Actor(ann, "import"))
    assert list(Lead.objects.exclude(description="").values_list("family_name", "description")) == [("Name7", alone)]


@pytest.mark.django_db
def test_dates_and_stages_of_many_records_are_written(ann: User) -> None:
    """CRM-18, CRM-5: dates and picklists, and what follows from them."""
    account = made("crm.account", [{"name": "Aoba", "owner": ann.pk}], ann)[0]
    deals = made("crm.deal", [{"name": f"D{n}", "account": account.pk, "closing_on": date(2026, 1, 1)} for n in range(MANY)], ann)
    people = made("crm.contact", [{"family_name": f"P{n}", "owner": ann.pk} for n in range(MANY)], ann)

    write.update_many(
        module("crm.deal"), [(one, {"closing_on": date(2026, 2, 1 + at % 28)}) for at, one in enumerate(deals)], actor=Actor(ann, "page")
    )
    write.update_many(
        module("crm.contact"), [(one, {"birthday": date(1980, 5, 1 + at % 28)}) for at, one in enumerate(people)], actor=Actor(ann, "page")
    )

    assert [one.closing_on.day for one in Deal.objects.order_by("pk")] == [1 + n % 28 for n in range(MANY)]
    assert [one.birthday.day for one in Contact.objects.order_by("pk") if one.birthday] == [1 + n % 28 for n in range(MANY)]


@pytest.mark.django_db
def test_a_record_someone_else_changed_stops_the_whole_write(ann: User) -> None:
    """PLT-9: of many, one that is newer in the database is a conflict, and nothing is overwritten."""
    leads = made("crm.lead", [{"family_name": f"Name{n}", "owner": ann.pk} for n in range(MANY)], ann)
    Lead.objects.filter(pk=leads[3].pk).update(version=5)

    with pytest.raises(write.Conflict):
        write.update_many(module("crm.lead"), [(one, {"company": f"C{one.pk}"}) for one in leads], actor=Actor(ann, "import"))

    assert set(Lead.objects.values_list("company", flat=True)) == {""}


@pytest.mark.django_db
def test_a_switchboard_on_many_records_makes_no_import_read_them_all(ann: User) -> None:
    """PLT-13: of a hundred records with one number only the one that is meant is read whole."""
    leads = made("crm.lead", [{"family_name": f"N{n}", "email": f"n{n}@a.example", "phone": "03-3234-5678"} for n in range(100)], ann)
    keys = [one for key, one in keys_of(module("crm.lead")).items() if key in {"email", "phone"}]
    known = Known([Lead.objects.all()], keys)
    rows = [
        getter({"family_name": "N42", "email": "n42@a.example", "phone": "0332345678"}),
        getter({"family_name": "Z", "email": "z@b.example", "phone": "0332345678"}),
    ]
    wanted = [(get, {key.key: key.tokens(get) for key in keys}) for get in rows]

    with CaptureQueriesContext(connection) as queries:
        known.load(wanted)

    assert [known.find(*one) for one in wanted] == [leads[42], None]
    assert set(known.records) == {leads[42].pk}
    assert len(queries) == 3


@pytest.mark.django_db
def test_what_recognises_a_record_asks_only_for_what_is_read() -> None:
    """PLT-13: a key that reads another column would never find anything in the values an import looks at."""
    for one in modules():
        columns = {column.attname for column in one.model._meta.concrete_fields}
        for key in keys_of(one).values():
            asked: set[str] = set()

            def get(name: str, asked: set[str] = asked) -> str:
                asked.add(name)
                return "0312345678"

            key.tokens(get)

            assert asked & columns <= {*READ, key.key, key.column}, (one.key, key.key)


@pytest.mark.django_db
def test_one_name_in_all_rows_costs_each_chunk_the_same(ann: User) -> None:
    """PLT-13: of those who share a name and a company, or an address, the oldest alone is read, however many there are."""
    made("crm.lead", [{"family_name": "N", "company": "Acme", "phone": "03-3234-5678", "email": f"n{n}@a.example"} for n in range(60)], ann)
    oldest = Lead.objects.earliest("pk")
    other = made("crm.lead", [{"family_name": "N", "company": "Zeta", "phone": "090-1111-2222", "email": "x@z.example"}], ann)[0]
    keys = [one for one in keys_of(module("crm.lead")).values() if not one.weak]
    known = Known([Lead.objects.all()], keys, module("crm.lead"))
    rows = [
        getter({"family_name": "N", "company": "Acme株式会社", "phone": "0332345678"}),
        getter({"family_name": "N", "company": "Zeta Inc."}),
        getter({"family_name": "N", "company": "Elsewhere", "phone": "0332345678", "email": "n7@a.example"}),
    ]
    wanted = [(get, {key.key: key.tokens(get) for key in keys}) for get in rows]

    known.load(wanted)

    seventh = Lead.objects.get(email="n7@a.example")
    assert known._met.keys() == {oldest.pk, other.pk, seventh.pk}
    assert [known.find(*one) for one in wanted] == [oldest, other, seventh]


def test_what_a_record_derives_from_is_said_whole() -> None:
    """PLT-16: a column that `derive` reads and `DERIVED_FROM` leaves out would keep an old key after a change."""
    for one in modules():
        said = one.model.DERIVED_FROM
        if said is None:
            continue
        read: set[str] = set()

        for text in ("", "03"):  # some are only looked at where another is empty
            one.model.derive(Watched(one.model, text, read))

        assert read == said, one.key


class Watched:
    """Stands for a record and notes which of its columns are read."""

    def __init__(self, model: Any, text: str, read: set[str]) -> None:
        self._held = (model, text, read)

    def __getattr__(self, name: str) -> Any:
        model, text, read = self._held
        found = inspect.getattr_static(model, name)
        if inspect.isfunction(found):
            return found.__get__(self)
        read.add(name)
        return text


@settings(max_examples=400, deadline=None)
@given(st.from_regex(r"(0|\+81)(120|800|50|[789]0|20|[36]|45|52|75|99[0-9]|[1-9])[0-9]{5,8}", fullmatch=True))
def test_the_short_way_to_read_a_japanese_number_says_what_the_library_says(raw: str) -> None:
    """PLT-12: numbers the plan knows take a short cut; it must lead to the same place."""
    number = phonenumbers.parse(raw, "JP")
    if not phonenumbers.is_valid_number(number):
        return
    national = "".join(sign for sign in phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL) if sign.isdigit())

    assert e164(raw) == phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    assert phone_keys(raw)[:2] == (national, e164(raw)[1:])
