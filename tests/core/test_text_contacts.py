"""Phones, addresses and company names as keys (PLT-12, PLT-16, CRM-10)."""

import pytest

from core.text.companies import company_initial, company_key, email_domain_key, web_domain
from core.text.emails import clean_email, is_group_address
from core.text.phones import e164, phone_keys, phone_query, shown_phone


@pytest.mark.parametrize(
    "raw, number",
    [
        ("０９０－１２３４－５６７８", "+819012345678"),
        ("０９０ー１２３４ー５６７８", "+819012345678"),
        ("090 1234 5678", "+819012345678"),
        ("+81 (0)90-1234-5678", "+819012345678"),
        ("TEL: 03-3234-5678", "+81332345678"),
        ("(03)3234-5678 内線12", "+81332345678"),
        ("06-6123-4567 ext. 9", "+81661234567"),
        ("0120-123-456", "+81120123456"),
        ("+1 415 555 2671", "+14155552671"),
        ("010-1-415-555-2671", "+14155552671"),
        ("12345678", ""),
        ("no phone", ""),
        ("", ""),
        ("090" * 50, ""),
    ],
)
def test_a_phone_number_has_one_form(raw, number):
    assert e164(raw) == number


def test_a_number_is_read_as_dialled_in_its_region():
    assert e164("(415) 555-2671", "US") == "+14155552671"
    assert e164("(415) 555-2671") == ""


@pytest.mark.parametrize(
    "q",
    ["０９０－１２３４－５６７８", "+81 90 1234 5678", "+81 (0)90 1234 5678", "090-1234-5678", "5678", "1234-5678", "010-81-90-1234-5678"],
)
def test_any_form_of_a_number_is_part_of_its_keys_plt_12(q):
    digits = phone_query(q)

    assert digits and any(digits in key for key in phone_keys("090-1234-5678"))


@pytest.mark.parametrize("q", ["123", "田中", "smith 5678", "", "2024年", "a@b.jp"])
def test_what_is_no_number_asks_for_no_number(q):
    assert phone_query(q) == ""


def test_an_unreadable_number_is_found_by_its_digits():
    assert phone_keys("受付 12-34") == ("1234",)


def test_people_read_home_numbers_without_the_country():
    assert shown_phone("+819012345678") == "090-1234-5678"
    assert shown_phone("+819012345678", "US") == "+81 90-1234-5678"
    assert shown_phone(" 12-34 ") == "12-34"


@pytest.mark.parametrize(
    "raw, result",
    [
        (" Taro.Tanaka@Example.CO.JP ", ("Taro.Tanaka@example.co.jp", "")),
        ("ａ@ｅｘａｍｐｌｅ.com", ("a@example.com", "")),
        ("田中@example.jp", ("田中@example.jp", "")),
        ("a..b@docomo.ne.jp", ("a..b@docomo.ne.jp", "odd")),
        ("a.@docomo.ne.jp", ("a.@docomo.ne.jp", "odd")),
        ("a..b@gmail.com", ("", "invalid")),
        ("taro", ("", "invalid")),
        ("a b@example.com", ("", "invalid")),
        ("a@localhost", ("", "invalid")),
        (f"{'a' * 65}@example.com", ("", "invalid")),
        ("", ("", "invalid")),
    ],
)
def test_an_address_is_cleaned_or_refused(raw, result):
    assert clean_email(raw) == result


def test_desks_are_told_from_people():
    assert [is_group_address(f"{who}@example.jp") for who in ("info", "Soumu", "sales-tokyo", "info2", "taro", "infotaro")] == [
        True
    ] * 4 + [False] * 2


@pytest.mark.parametrize(
    "names",
    [
        ["株式会社ABC商事", "ＡＢＣ商事㈱", "Abc商事 (株)", "ABC商事株式会社", "ＡＢＣ　商事"],
        ["Foo Trading Co., Ltd.", "FOO TRADING CO.,LTD", "Foo Trading, Inc.", "Foo Trading K.K.", "foo-trading llc", "Foo Trading (Corp.)"],
        ["(有)髙田サーバー", "有限会社 高田サ－バ－", "高田ｻｰﾊﾞｰ㈲"],
        ["ｶ)ﾄﾖﾀ", "トヨタ（カ", "カブシキガイシャ トヨタ"],
        ["一般社団法人日本協会", "(一社)日本協会"],
    ],
)
def test_one_company_has_one_key_crm_10(names):
    assert len({company_key(name) for name in names}) == 1


def test_what_only_looks_like_a_legal_form_stays():
    assert [company_key(name) for name in ("Costco", "AS Roma", "Co-op Foods", "株式会社", "Inc.", "スーパー", "スパ")] == [
        "costco",
        "asroma",
        "coopfoods",
        "株式会社",
        "inc",
        "す-ぱ-",
        "すぱ",
    ]


def test_domains_that_stand_for_a_company():
    assert [email_domain_key(address) for address in ("a@Example.co.jp", "a@gmail.com", "a@docomo.ne.jp", "a@abc.ocn.ne.jp", "none")] == [
        "example.co.jp"
    ] + [""] * 4
    assert [
        web_domain(url)
        for url in (
            "https://www.Example.co.jp/a?b",
            "example.com:80/x",
            "http://xn--wgv71a119e.jp",
            "foo",
            "http://[::1",
            "facebook.com/foo",
        )
    ] == [
        "example.co.jp",
        "example.com",
        "日本語.jp",
        "",
        "",
        "",
    ]


@pytest.mark.parametrize(
    ("name", "initial"),
    [
        ("(株)丸一商事", "丸"),
        ("㈱かきくけこ", "か"),
        ("医療法人さくらが丘会", "さ"),
        ("acme inc.", "A"),
        ("“Harbour” Ltd.", "H"),
        ("株式会社", "株"),
        ("!?", "!"),
        ("", ""),
    ],
)
def test_the_mark_of_a_company_is_what_it_is_called_by(name, initial):
    """PLT-10: not the sign of its legal form."""
    assert company_initial(name) == initial
