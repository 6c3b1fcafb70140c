"""Keywords in posts, Latin and Japanese."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.text.fold import fold
from core.text.keywords import Hit, Keyword, Matcher


def marked(keyword, text):
    return [text[hit.start : hit.end] for hit in Matcher([keyword]).hits(text)]


@pytest.mark.parametrize(
    "keyword, text, hits",
    [
        ("iphone", "iPhoneを買った", ["iPhone"]),
        ("iphone", "私のｉＰｈｏｎｅです", ["ｉＰｈｏｎｅ"]),
        ("iphone", "iphones and my_iphone", []),
        ("phone", "iPhone", []),
        ("京都", "東京都庁", ["京都"]),
        ("カメラ", "ｶﾒﾗとかめら", ["ｶﾒﾗ", "かめら"]),
        ("c++", "c++とc", ["c++"]),
        ("spring sale", "Spring   Sale!", ["Spring   Sale"]),
        ("株式会社", "㍿山田", ["㍿"]),
        ("5g", "15g 5g 5gb", ["5g"]),
        ("кот", "кот скот", ["кот"]),
        ("#sale", "go#sale", ["#sale"]),
        ("髙島屋", "高島屋で", ["高島屋"]),
    ],
)
def test_a_word_is_found_where_it_stands_free(keyword, text, hits):
    assert marked(Keyword(1, keyword), text) == hits


def test_a_part_is_found_anywhere():
    assert marked(Keyword(1, "phone", "part"), "iPhones") == ["Phone"]


def test_overlapping_keywords_are_all_found():
    matcher = Matcher([Keyword("a", "東京"), Keyword("b", "京都"), Keyword("c", "東京都"), Keyword("d", "京都")])

    assert [(hit.keyword.id, hit.start, hit.end) for hit in matcher.hits("東京都")] == [("a", 0, 2), ("c", 0, 3), ("b", 1, 3), ("d", 1, 3)]
    assert matcher.matching("東京都") == {"a", "b", "c", "d"}


def test_an_excluded_word_around_the_keyword_takes_that_hit_alone():
    keyword = Keyword(1, "京都", excluded=("東京都",))
    matcher = Matcher([keyword])

    assert matcher.hits("東京都庁") == []
    assert matcher.hits("東京都と京都") == [Hit(keyword, 4, 6)]


def test_another_excluded_word_takes_the_whole_text():
    matcher = Matcher([Keyword(1, "iphone", excluded=("ケース",)), Keyword(2, "iphone")])

    assert matcher.matching("iPhoneのｹｰｽ") == {2}
    assert matcher.matching("iPhoneが届いた") == {1, 2}


def test_no_keywords_find_nothing():
    assert Matcher([]).hits("text") == Matcher([Keyword(1, " ")]).hits("text") == []


LETTERS = st.text(alphabet="ab1_京都 -ｂ", max_size=12)


@given(keyword=st.text(alphabet="ab1_京都", min_size=1, max_size=3), text=LETTERS)
def test_edges_of_letters_and_digits_touch_no_others_and_eastern_edges_are_free(keyword, text):
    word, folded, touching = fold(keyword), fold(text), set("ab1_")

    expected = [
        place
        for place in range(len(folded) - len(word) + 1)
        if folded.startswith(word, place)
        and not (place and word[0] in touching and folded[place - 1] in touching)
        and not (place + len(word) < len(folded) and word[-1] in touching and folded[place + len(word)] in touching)
    ]

    assert len(Matcher([Keyword(1, keyword)]).hits(text)) == len(expected)
    assert len(Matcher([Keyword(1, keyword, "part")]).hits(text)) == sum(folded.startswith(word, place) for place in range(len(folded)))
