"""PLT-16: who is one person: the keys people and companies are known by, and the groups they make."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from core.actor import Actor
from core.identity.grouping import begin_missing, built, look, put, regroup_stale
from core.identity.keys import company_spelling, known_modules, name_forms
from core.identity.models import IdentityKey, TwinGroup, TwinMember
from core.module.registry import module
from core.record import write
from core.record.bin import empty_bin
from core.text.romaji import plain_spelling
from core.work.jobs import drain
from tests import factories

pytestmark = pytest.mark.django_db
LEADS = "crm.lead"


def groups(key: str = LEADS) -> list[set[int]]:
    """The groups as they are once everything written was looked at."""
    regroup_stale()
    found: dict[int, set[int]] = {}
    for group, pk in TwinMember.objects.filter(module=key).values_list("group_id", "record_id"):
        found.setdefault(group, set()).add(pk)
    return sorted(found.values(), key=min)


def test_spellings_of_one_japanese_name_are_one() -> None:
    """PLT-16: kana in any width and the usual Latin spellings of it are the same name."""
    assert len({plain_spelling(text) for text in ("サトウ", "さとう", "ｻﾄｳ", "Sato", "Satoh", "SATOU", "Satō")}) == 1
    assert len({plain_spelling(text) for text in ("シンイチ", "Shinichi", "Sinichi", "Shin'ichi")}) == 1
    assert len({plain_spelling(text) for text in ("ジュンコ", "Junko", "Zyunko")}) == 1
    assert len({plain_spelling(text) for text in ("ホッタ", "Hotta")}) == 1
    assert len({plain_spelling(text) for text in ("ナンバ", "Namba", "Nanba")}) == 1
    assert plain_spelling("Sato") != plain_spelling("Saito")


def test_a_name_is_known_in_every_way_it_is_written() -> None:
    """PLT-16: 渡辺 and 渡邊, 髙 and 高 are one; kana meet Latin letters in either order."""
    assert name_forms("渡辺", "健")[0] == name_forms("渡邊", "健")[0] == name_forms("渡邉", "健")[0]
    assert name_forms("髙橋", "一")[0] == name_forms("高橋", "一")[0]
    assert name_forms("渡辺", "健", "ワタナベ", "ケン")[1] == name_forms("Ken", "Watanabe")[0] == name_forms("Watanabe", "Ken")[0]
    assert name_forms("Watanabe Ken", "")[0] == name_forms("Ken", "Watanabe")[0]


def test_a_company_is_known_without_its_legal_form() -> None:
    """PLT-16: 株式会社 in all its forms, width, and kana beside Latin letters."""
    assert (
        len({company_spelling(text) for text in ("株式会社トヨタ", "㈱トヨタ", "トヨタ(株)", "ﾄﾖﾀ株式会社", "Toyota Inc.", "TOYOTA")}) == 1
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"email": "Ken@Example.com"}, {"email2": "ken@example.COM"}),
        ({"phone": "090-1234-5678"}, {"mobile": "+81 90 1234 5678"}),
        ({"phone": "０９０−１２３４−５６７８"}, {"phone": "(090) 1234-5678"}),
        ({"x_handle": "@KenW"}, {"x_handle": "https://x.com/kenw"}),
        (
            {"family_name": "渡辺", "given_name": "健", "company": "株式会社青空"},
            {"family_name": "渡邊", "given_name": "健", "company": "（株）青空"},
        ),
        (
            {"family_name": "渡辺", "given_name": "健", "family_kana": "ワタナベ", "given_kana": "ケン", "company": "トヨタ自動車"},
            {"family_name": "Ken", "given_name": "Watanabe", "family_kana": "", "given_kana": "", "company": "トヨタ自動車㈱"},
        ),
    ],
)
def test_records_that_are_one_person_are_grouped(ann: Any, one: dict[str, str], other: dict[str, str]) -> None:
    """PLT-16: by address, by a number in any format, by handle, by near name and company."""
    same = {"family_name": "Watanabe", "company": "Blue"}
    pks = {factories.make_lead(ann, **{**same, **values}).pk for values in (one, other)}
    factories.make_lead(ann, company="Elsewhere", email="else@example.com")

    assert groups() == [pks]


@pytest.mark.parametrize(
    "shared", [{"phone": "03-1234-5678"}, {"x_handle": "company"}, {"email": "info@blue.example"}, {"company": "Blue"}]
)
def test_colleagues_are_not_one_person(ann: Any, shared: dict[str, str]) -> None:
    """PLT-16: people with other names who share a switchboard, the company's handle or its desk stay apart."""
    factories.make_lead(ann, family_name="Mori", given_name="Aki", **{"company": "Blue", **shared})
    factories.make_lead(ann, family_name="Hara", given_name="Jun", **{"company": "Blue", **shared})

    assert groups() == []


def test_what_was_ever_held_still_tells(ann: Any) -> None:
    """PLT-16: an address given up long ago joins its holder and whoever comes with it now."""
    first = factories.make_lead(ann, email="old@example.com")
    write.update(first, actor=Actor(ann), email="new@example.com")
    second = factories.make_lead(ann, email="old@example.com", company="Other")

    assert groups() == [{first.pk, second.pk}]
    assert set(IdentityKey.objects.filter(record_id=first.pk, kind="mail").values_list("value", "past")) == {
        ("old@example.com", True),
        ("new@example.com", False),
    }


def test_groups_follow_every_change(ann: Any) -> None:
    """PLT-16: the duplicates page keeps itself up: changing, binning, restoring and erasing records changes the groups."""
    one, two, three = (factories.make_lead(ann, email="a@example.com", company=f"C{n}") for n in range(3))
    assert groups() == [{one.pk, two.pk, three.pk}]

    act = write.delete(three, actor=Actor(ann))
    assert groups() == [{one.pk, two.pk}]
    write.restore(act, actor=Actor(ann))
    assert groups() == [{one.pk, two.pk, three.pk}]
    write.delete(three, actor=Actor(ann))
    empty_bin(None, actor=Actor.system())
    assert groups() == [{one.pk, two.pk}]
    assert not IdentityKey.objects.filter(record_id=three.pk, module=LEADS).exists()


def test_a_lead_that_was_converted_is_no_duplicate(ann: Any) -> None:
    """CRM-12: a converted lead stands in no group."""
    from core.action.registry import run

    one, _two = (factories.make_lead(ann, email="a@example.com") for _n in range(2))
    assert len(groups()) == 1

    run("crm.convert_lead", one, actor=Actor(ann), account="none", contact="new")

    assert groups() == []


def test_a_company_that_is_renamed_takes_its_people_along(ann: Any) -> None:
    """PLT-16: the name of a contact's company stands at the account."""
    blue, sky = (factories.make_account(ann, name=name) for name in ("Blue Ltd.", "Sky Ltd."))
    pks = {factories.make_contact(ann, family_name="Mori", given_name="Aki", account=one.pk).pk for one in (blue, sky)}
    assert groups("crm.contact") == []

    write.update(sky, actor=Actor(ann), name="BLUE")

    assert groups("crm.contact") == [pks]
    assert groups("crm.account") == [{blue.pk, sky.pk}]


def test_a_key_that_everybody_holds_says_nothing(ann: Any) -> None:
    """PLT-16: a placeholder in a telephone column does not make one person of thirty."""
    for number in range(30):
        factories.make_lead(ann, family_name="", given_name=f"N{number}", company="", phone="03-0000-0000")

    assert groups() == []


def test_the_first_pass_finds_what_was_there_before(ann: Any) -> None:
    """PLT-16: records without keys (loaded past the product, or older than it) are gone through once, as a job."""
    pks = {factories.make_lead(ann, email="a@example.com", company=f"C{n}").pk for n in range(2)}
    for key in ("crm.contact", "crm.account"):
        factories.make_any(key, ann)
    IdentityKey.objects.all().delete()
    TwinGroup.objects.all().delete()
    assert not built(module(LEADS))

    begin_missing()
    drain()

    assert built(module(LEADS)) and groups() == [pks]
    assert {one.key for one in known_modules() if not built(one)} == set(), "those that keep nothing aside, too"


def test_a_look_that_came_too_late_is_taken_again() -> None:
    """PLT-16: what was found is written after others wrote; who came to the group meanwhile is not lost from it."""
    ann = factories.make_user("ann")
    first, second = (factories.make_lead(ann, email="ken@example.com") for _ in range(2))
    regroup_stale()
    seen = look(module(LEADS), [first.pk])
    third = factories.make_lead(ann, email="ken@example.com")
    regroup_stale()

    put(module(LEADS), seen)

    assert groups() == [{first.pk, second.pk, third.pk}]


@pytest.mark.django_db(transaction=True)
def test_looking_for_twins_keeps_no_writer_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-16, PLT-1: SQLite has one writer; the long part of the work is done outside of any transaction."""
    from core.identity import grouping

    inside = []
    asked = grouping.shared_keys
    monkeypatch.setattr(grouping, "shared_keys", lambda *given: (inside.append(connection.in_atomic_block), asked(*given))[1])
    ann = factories.make_user("ann")
    for _number in range(2):
        factories.make_lead(ann, email="ken@example.com")

    assert len(groups()) == 1 and inside and not any(inside)
