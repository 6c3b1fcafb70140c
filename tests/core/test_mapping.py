"""Columns find their fields, names their parts and cells their values."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.record import cells
from core.record.cells import BadCell, Choice
from core.record.mapping import Field, guess, split_name
from core.record.mapping_words import WORDS
from core.record.reading import Limits, open_table
from tests.data import make

KINDS = {"email": "email", "email2": "email", "phone": "phone", "mobile": "phone", "fax": "phone", "amount": "money", "closing_on": "date"}
PERSON = [Field(key, kind=KINDS.get(key, "text")) for key in WORDS if key not in ("name", "account", "outside_id")]
DEAL_KEYS = ("name", "account", "amount", "currency", "stage", "closing_on", "probability", "owner")
DEAL = [Field(key, kind=KINDS.get(key, "text")) for key in DEAL_KEYS]


def mapped(headers: str, fields: list[Field], *rows: str) -> dict[str, str]:
    names = headers.split(",")
    return {names[at]: key for at, key in guess(names, [row.split(",") for row in rows], fields).items()}


def test_every_column_of_a_japanese_lead_list_is_found() -> None:
    """PLT-13."""
    table = open_table(io.BytesIO(make.text(",").encode("cp932")), "a.csv", Limits())

    found = guess(table.headers, table.sample(), PERSON)

    assert [found[at] for at in range(16)] == [
        *("family_name", "given_name", "family_kana", "given_kana", "company", "title", "email", "phone", "postal_code"),
        *("region", "city", "street", "source", "status", "x_handle", "description"),
    ]


@pytest.mark.parametrize(
    ("headers", "keys"),
    [
        (
            "Salutation,First Name,Last Name,Title,Account Name,Mailing Street,Mailing City,Mailing State/Province,Mailing Zip/Postal Code,"
            "Mailing Country,Phone,Fax,Mobile,Email,Account Owner",
            "salutation given_name family_name title company street city region postal_code country phone fax mobile email owner",
        ),
        (
            "First Name,Last Name,Email,Phone Number,Contact owner,Associated Company,Last Activity Date,Lead Status,Create Date,"
            "Mobile Phone Number,Website URL,State/Region,Country/Region,Number of Employees",
            "given_name family_name email phone owner company last_contact_at status created_at mobile website region country employees",
        ),
        (
            "見込み客の所有者,会社,名,姓,役職,メール,電話番号,FAX,携帯電話,Webサイト,見込み客のデータ元,見込み客のステータス,業種,"
            "従業員数,年間売上,評価,メールのオプトアウト,セカンダリのメール,Twitter,番地,市区町村,都道府県,郵便番号,国,説明,タグ",
            "owner company given_name family_name title email phone fax mobile website source status industry "
            "employees annual_revenue rating email_opt_out email2 x_handle street city region postal_code country description tags",
        ),
        (
            "氏名（必須）,ﾌﾘｶﾞﾅ,御社名,ご担当部署,E-MAIL,ＴＥＬ,携帯番号,住所,ビル名,お問い合わせ内容,弊社担当者,X",
            "full_name full_kana company department email phone mobile street building description owner x_handle",
        ),
    ],
)
def test_the_exports_of_others_are_understood(headers: str, keys: str) -> None:
    """PLT-13."""
    assert list(mapped(headers, PERSON).values()) == keys.split()


def test_deals_have_words_of_their_own() -> None:
    """PLT-13."""
    assert tuple(mapped("商談名,取引先名,金額,通貨,フェーズ,完了予定日,確度(%),担当者", DEAL).values()) == DEAL_KEYS
    assert list(mapped("Deal Name,Company,Amount,Stage,Close Date,Deal owner", DEAL).values()) == [
        *("name", "account", "amount", "stage", "closing_on", "owner")
    ]


def test_content_decides_where_headings_do_not() -> None:
    """PLT-13."""
    rows = ("a@x.jp,03-1234-5678,090-1234-5678,150-0002,田中", "b@x.jp,03-1234-5679,090-1234-5670,1500003,林")

    assert mapped("Column 1,Column 2,Column 3,Column 4,Column 5", PERSON, *rows) == {
        **{"Column 1": "email", "Column 2": "phone", "Column 3": "mobile", "Column 4": "postal_code"}
    }


def test_a_heading_is_not_believed_against_its_column() -> None:
    assert mapped("メール,連絡先メール", PERSON, "あり,a@x.jp", "なし,b@x.jp") == {"連絡先メール": "email"}


def test_custom_fields_are_found_by_label_and_each_field_once() -> None:
    fields = [*PERSON, Field("f7", "Shoe size", "靴のサイズ", "number", ("shoes",))]

    assert mapped("靴のサイズ,Email,E-mail", fields) == {"靴のサイズ": "f7", "Email": "email"}
    assert mapped("Shoes", fields) == {"Shoes": "f7"}


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("田中 太郎", ("田中", "太郎")),
        ("田中　太郎 様", ("田中", "太郎")),
        ("田中太郎", None),
        ("ジョン・スミス", ("スミス", "ジョン")),
        ("John Smith", ("Smith", "John")),
        ("Smith, John", ("Smith", "John")),
        ("SUZUKI Ichiro", ("SUZUKI", "Ichiro")),
        ("Dr. Anne-Marie Müller", ("Müller", "Anne-Marie")),
        ("Ludwig van Beethoven", ("van Beethoven", "Ludwig")),
        ("John F. Kennedy", ("Kennedy", "John F.")),
        ("Maria Carmen Lopez", None),
        ("株式会社 田中", None),
        ("Acme Inc", None),
        ("Smith, John, Jr", None),
        ("a@example.com", None),
        ("", None),
    ],
)
def test_names_are_split_only_when_it_is_certain(text: str, parts: tuple[str, str] | None) -> None:
    """PLT-13."""
    assert split_name(text) == parts


@pytest.mark.parametrize(
    ("text", "value"),
    [
        *(("1,234", "1234"), ("￥1,200", "1200"), ("１２３", "123"), ("1200円", "1200"), ("$1,234.50", "1234.50"), ("-5", "-5")),
        *(("△1,000", "-1000"), ("(500)", "-500"), ("1.234,56", "1234.56"), ("1.234.567", "1234567"), ("12,5", "12.5"), ("−3", "-3")),
        *(("1 234 567", "1234567"), ("\\100", "100"), ("12.50", "12.50"), ("-¥30", "-30"), ("1e3", "1000")),
    ],
)
def test_numbers_are_read_as_people_write_them(text: str, value: str) -> None:
    """PLT-13."""
    assert cells.number(text) == Decimal(value)


@pytest.mark.parametrize("text", ["abc", "1,23,4", "12a", "NaN", "Infinity", "--5", "1.2億", "£"])
def test_what_is_no_number_is_said(text: str) -> None:
    with pytest.raises(BadCell) as caught:
        cells.number(text)
    assert str(caught.value) == f"“{text}” is not a number."


def test_empty_cells_are_nothing() -> None:
    assert [read("  ") for read in (cells.number, cells.integer, cells.boolean, cells.date, cells.moment)] == [None] * 5
    assert (cells.choice(" ", []), cells.several("　", [])) == (None, [])


def test_yes_and_no_in_both_languages() -> None:
    """PLT-13."""
    assert [cells.boolean(text) for text in ("yes", "はい", "TRUE", "1", "○", "✓", "有")] == [True] * 7
    assert [cells.boolean(text) for text in ("no", "いいえ", "false", "0", "×", "無", "Ｎｏ")] == [False] * 7
    with pytest.raises(BadCell):
        cells.boolean("maybe")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-21",
        "2026/11/21",
        "21.11.2026",
        "11/21/2026",
        "21/11/2026",
        "2026年11月21日",
        "令和8年11月21日",
        "R8.11.21",
        "20261121",
        "46347",
    ]
    + [
        "46347",
        "２０２６／１１／２１",
        "21 Nov 2026",
        "November 21, 2026",
        "2026/11/21(土)",
        "2026-11-21T10:00:00+09:00",
        "2026/11/21 9:05",
    ],
)
def test_days_are_read_as_people_write_them(text: str) -> None:
    """PLT-13."""
    assert cells.date(text) == date(2026, 11, 21)


def test_the_order_of_day_and_month_is_decided_for_the_whole_column() -> None:
    """PLT-13."""
    assert cells.day_order(["01/02/2026", "25/12/2026", ""]) == "dmy"
    assert cells.day_order(["01/02/2026", "12/25/2026"]) == "mdy"
    assert cells.day_order(["01/02/2026", "2026-01-01"]) is None
    assert cells.date("01/02/2026", "dmy") == date(2026, 2, 1)
    assert cells.date("01/02/2026", "mdy") == date(2026, 1, 2)
    with pytest.raises(BadCell, match="could be two dates"):
        cells.date("01/02/2026")


@pytest.mark.parametrize("text", ["2026-02-30", "tomorrow", "令和8年13月1日", "99999999", "2026-11-21 25:00", "31.11.2026", "0000-01-01"])
def test_what_is_no_day_is_said(text: str) -> None:
    with pytest.raises(BadCell) as caught:
        cells.date(text)
    assert text in str(caught.value)


def test_moments_have_a_time_and_perhaps_a_zone() -> None:
    """PLT-13."""
    assert cells.moment("2026/11/21 13:05") == datetime(2026, 11, 21, 13, 5)
    assert cells.moment("2026年11月21日 午後1時5分") == datetime(2026, 11, 21, 13, 5)
    assert cells.moment("21.11.2026 1:05 pm") == datetime(2026, 11, 21, 13, 5)
    assert cells.moment("2026-11-21T04:05:06Z") == datetime(2026, 11, 21, 4, 5, 6, tzinfo=UTC)
    assert cells.moment("46347.5") == datetime(2026, 11, 21, 12)
    assert cells.moment("2026-11-21") == datetime(2026, 11, 21)


def test_choices_are_named_by_value_or_label() -> None:
    """PLT-13."""
    choices = [Choice("not_contacted", "Not contacted", "未対応"), Choice("hot", "Hot", "見込みあり"), Choice("a,b", "A, B", "")]

    assert [cells.choice(text, choices) for text in ("NOT CONTACTED", "未対応", "not-contacted".replace("-", "_"))] == ["not_contacted"] * 3
    assert cells.several("見込みあり; Not contacted;hot", choices) == ["hot", "not_contacted"]
    assert cells.several("未対応、見込みあり", choices) == ["not_contacted", "hot"]
    assert cells.several("A, B", choices) == ["a,b"]
    assert cells.several("hot, 未対応", choices) == ["hot", "not_contacted"]
    with pytest.raises(BadCell, match="not one of the choices"):
        cells.several("hot; cold", choices)


@settings(max_examples=300)
@given(st.text(max_size=40) | st.from_regex(r"[0-9./:年月日 T+-]{1,25}", fullmatch=True))
def test_no_cell_gives_anything_but_a_value_or_a_reason(text: str) -> None:
    """PLT-13: a bad row never stops the rest."""
    for read in (cells.number, cells.integer, cells.percentage, cells.boolean, cells.date, cells.moment):
        try:
            read(text)
        except BadCell as error:
            assert str(error)
    split_name(text)
    guess([text, text], [[text, text]], PERSON)
