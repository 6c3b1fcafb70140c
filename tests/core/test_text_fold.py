"""What people type becomes one key (PLT-12)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.fold import fold, fold_with_offsets

SIGNS = st.text(
    alphabet=st.one_of(
        st.sampled_from("aAéÉßΐ ㍿ｶﾞガか゛ー－―〜髙高﨑邉辺　\u3000\t\n\u0301\u3099\u200b\ufe00각ᄀ\u1161①ﬁ"),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=30,
)


@pytest.mark.parametrize(
    "one, other",
    [
        ("ﾀﾅｶ", "たなか"),
        ("タナカ", "たなか"),
        ("ｶﾞｷﾞ", "がぎ"),
        ("ＳＭＩＴＨ", "smith"),
        ("髙橋", "高橋"),
        ("山﨑", "山崎"),
        ("齋藤", "斎藤"),
        ("渡邉", "渡辺"),
        ("渡邊", "渡辺"),
        ("濵田", "浜田"),
        ("濱田", "浜田"),
        ("德川", "徳川"),
        ("㈱", "(株)"),
        ("サーバー", "サ－バ―"),
        ("1〜2", "1～2"),
        ("José", "jose"),
        ("  山田　 太郎\n", "山田 太郎"),
        ("葛\U000e0100城", "葛城"),
        ("ジョン・スミス", "じょん すみす"),
    ],
)
def test_ways_to_type_one_thing_fold_to_one_key_plt_12(one, other):
    assert fold(one) == fold(other)


def test_voiced_sounds_stay_apart():
    assert fold("ハシ") != fold("バシ") != fold("パシ")


@given(SIGNS)
def test_folding_twice_changes_nothing(text):
    once = fold(text)

    assert fold(once) == once
    assert once == once.strip() and "  " not in once and "\n" not in once and "\x00" not in once


@given(SIGNS)
def test_offsets_lead_from_each_folded_sign_to_where_it_came_from(text):
    folded = fold_with_offsets(text)

    assert folded.text == fold(text)
    assert len(folded.text) == len(folded.starts) == len(folded.ends)
    assert folded.starts == sorted(folded.starts) and folded.ends == sorted(folded.ends)
    assert all(0 <= start < end <= len(text) for start, end in zip(folded.starts, folded.ends, strict=True))
    for place, sign in enumerate(folded.text):
        start, end = folded.span(place, place + 1)
        assert sign == " " or sign in fold(text[start:end])


def test_a_sign_that_unfolds_to_four_is_marked_whole():
    folded = fold_with_offsets("㍿山田ｶﾞ")

    assert folded.text == "株式会社山田が"
    assert folded.span(1, 3) == (0, 1)
    assert folded.span(6, 7) == (3, 5)
