"""PLT-16: which names are near, and which are two people who share a telephone, a handle, a company."""

from __future__ import annotations

from typing import Any

import pytest

from core.identity.keys import name_of
from core.identity.models import TwinGroup
from core.identity.names import others, who_of
from tests import factories
from tests.core.test_identity import groups

Name = tuple[str, ...]  # family, given, and their readings

NEAR: list[tuple[Name, Name]] = [
    (("渡辺", "健"), ("渡邊", "健")),
    (("髙橋", "一"), ("高橋", "一")),
    (("ﾀﾅｶ", "ﾀﾛｳ"), ("タナカ", "タロウ")),
    (("田中", "太郎", "タナカ", "タロウ"), ("たなか", "たろう")),
    (("田中", "太郎", "タナカ", "タロウ"), ("Tanaka", "Taro")),
    (("Taro", "Tanaka"), ("TANAKA", "Tarou")),
    (("Ｓｍｉｔｈ", "Ｊｏｈｎ"), ("Smith", "John")),
    (("Fernandez", "María"), ("Fernandes", "Maria")),
    (("Christopher", "Ann"), ("Cristopher", "Ann")),
    (("Hasegawa", "Ken"), ("Hasegaaw", "Ken")),
    (("田中", ""), ("田中", "太郎")),
    (("", "太郎"), ("田中", "太郎")),
    (("田中太郎", ""), ("田中", "太郎")),
    (("山", "田太郎"), ("山田", "太郎")),
    (("佐藤", "裕子", "サトウ", "ヒロコ"), ("佐藤", "裕子", "サトウ", "ユウコ")),
    (("田中", "太郎"), ("Tanaka", "Taro")),
]
TWO: list[tuple[Name, Name]] = [
    (("山田", "名5"), ("佐藤", "名5005")),
    (("山田", "名5"), ("山田", "名55")),
    (("森", "山一"), ("森", "山一郎")),
    (("田中", "太郎"), ("田中", "次郎")),
    (("渡辺", "健", "ワタナベ", "ケン"), ("渡部", "健", "ワタナベ", "ケン")),
    (("渡辺", "健", "ワタナベ", "ケン"), ("Sato", "Hanako")),
    (("Suzuki", "Yumi"), ("Suzuki", "Yuma")),
    (("Suzuki", "Takashi"), ("Suzuki", "Takeshi")),
    (("Suzuki", "Takao"), ("Suzuki", "Takako")),
    (("Suzuki", "Masahiro"), ("Suzuki", "Masahito")),
    (("Smith", "John"), ("Smith", "Joan")),
]


@pytest.mark.parametrize(("one", "other"), NEAR)
def test_ways_to_write_one_name_are_not_two(one: Name, other: Name) -> None:
    """PLT-16: variants of kanji, width, readings, Latin spellings, a slip in a long name, half a name."""
    assert not others(name_of(*one), name_of(*other)) and not others(name_of(*other), name_of(*one))


@pytest.mark.parametrize(("one", "other"), TWO)
def test_names_that_share_a_sign_are_two(one: Name, other: Name) -> None:
    """PLT-16: colleagues with short given names stay two; a letter makes another name of a short one."""
    assert others(name_of(*one), name_of(*other)) and others(name_of(*other), name_of(*one))


def test_the_name_of_a_company_is_compared_as_it_is() -> None:
    """PLT-16: two companies behind one switchboard; a name that goes on is the same, as 青葉 is 青葉物流."""
    assert others(who_of(["青葉物流"]), who_of(["東雲電子"]))
    assert not others(who_of(["青葉物流"]), who_of(["青葉"]))


@pytest.mark.django_db
def test_a_company_of_twenty_behind_one_number_makes_no_group(ann: Any) -> None:
    """PLT-16: seven family names, given names that begin alike, one switchboard: nobody is anybody's twin but who is."""
    families = "山田 佐藤 鈴木 高橋 田中 伊藤 渡辺".split()
    for number in range(18):
        factories.make_lead(
            ann, family_name=families[number % 7], given_name=f"名{number * 5000 + 5}", company="株式会社青葉", phone="03-3000-0005"
        )
    twin = [
        factories.make_lead(ann, family_name="渡邊", given_name="健", company=c, phone="03-3000-0005").pk for c in ("青葉", "Aoba Inc.")
    ]

    assert groups() == [set(twin)]
    assert TwinGroup.objects.get().size == 2
