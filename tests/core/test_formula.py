"""Formulas: what they give, what they refuse, and that they never break a page (PLT-17)."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from core.field.field import Field
from core.field.formula.check import Checker, circle
from core.field.formula.kinds import Nothing
from core.field.formula.words import FormulaError
from core.field.kinds import KINDS
from core.field.models import Choice
from core.stamps import bump

pytestmark = pytest.mark.django_db


def _field(key: str, kind: str, label: str, ja: str = "", **more: Any) -> Field:
    return Field("crm.deal", key, (label, ja), KINDS[kind], key, **more)


FIELDS = {
    one.key: one
    for one in (
        _field("amount", "money", "Amount", "金額"),
        _field("cost", "money", "Cost", "原価"),
        _field("count", "number", "Count", "数"),
        _field("name", "text", "Deal name", "商談名"),
        _field("closing_on", "date", "Closing date", "完了予定日"),
        _field("created_at", "datetime", "Created", "作成日時"),
        _field("hot", "yes_no", "Hot", "有望"),
        _field("stage", "picklist", "Stage", "ステージ"),
        _field("tags", "tags", "Tags", "タグ"),
        _field("account", "link", "Account", "取引先", target="crm.account"),
    )
}
RECORD = SimpleNamespace(
    amount=Decimal("1000"), cost=Decimal("250.50"), count=4, name="株式会社 Acme", closing_on=date(2026, 5, 31), hot=True, stage="won",
    created_at=datetime(2026, 5, 19, 16, 0, tzinfo=UTC), account=None,
)  # fmt: skip
BEYOND = {
    "industry": _field("industry", "picklist", "Industry", "業種"),
    "parent": _field("parent", "link", "Parent", "", target="crm.account"),
}


@pytest.fixture(autouse=True)
def stages() -> None:
    Choice.objects.filter(module="crm.deal", field="stage").delete()
    Choice.objects.create(module="crm.deal", field="stage", value="won", label_en="Won", label_ja="受注")
    Choice.objects.create(module="crm.deal", field="stage", value="open", label_en="Open", label_ja="進行中")
    bump("fields")


def understood(text: str) -> Any:
    return Checker(FIELDS, lambda target: BEYOND).whole(text)


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("1 + 2 * 3 - 4 / 2", "number", 5),
        ("-2 * -(3 + 1)", "number", 8),
        ("7 % 3 + -7 % 3", "number", 3),
        ("amount - cost", "money", Decimal("749.50")),
        ("amount / cost > 3", "yes_no", True),
        ("round(amount / cost, 2)", "number", 3.99),
        ("amount * 10 / 3", "money", Decimal("3333.33")),
        ('round(2.5) & "/" & round(-2.5)', "text", "3/-3"),
        ("min(count, 7, 2.5)", "number", 2.5),
        ("max(amount, 3)", "money", Decimal("1000.00")),
        ("abs(cost - amount)", "money", Decimal("749.50")),
        ('name & " (" & count & ")"', "text", "株式会社 Acme (4)"),
        ("'it''s ' + name", "text", "it's 株式会社 Acme"),
        ('upper(name) = "株式会社 ACME"', "yes_no", True),
        ("len(name)", "number", 9),
        ('contains(name, "acme") and not contains(name, "x")', "yes_no", True),
        ('if(hot and count >= 4, "now", "later")', "text", "now"),
        ('stage = "Won"', "yes_no", True),
        ('stage != "進行中"', "yes_no", True),
        ("days_between(created_at, closing_on)", "number", 11),
        ("closing_on - created_at", "number", 11),
        ("closing_on + 1", "date", date(2026, 6, 1)),
        ("add_months(closing_on, 1)", "date", date(2026, 6, 30)),
        ("add_days(closing_on, -31)", "date", date(2026, 4, 30)),
        ("year(closing_on) * 100 + month(closing_on)", "number", 202605),
        ("date(2026, 2, 28) < closing_on", "yes_no", True),
        ('concat(name, "-", closing_on)', "text", "株式会社 Acme-2026-05-31"),
        ("empty(account) or false", "yes_no", True),
        ("{Amount} ＋ {原価}　＊　２", "money", Decimal("1501.00")),
        ("1 < 2 = true", None, None),
    ],
)
def test_a_formula_gives_what_it_says(text: str, kind: str | None, value: Any) -> None:
    """PLT-17: numbers, money, text, dates, yes and no; wide signs and labels as people type them."""
    if kind is None:
        with pytest.raises(FormulaError):
            understood(text)
        return

    made = understood(text)

    assert (made.type, made.worked_out(RECORD)) == (kind, value)


@pytest.mark.parametrize(
    ("text", "words", "place"),
    [
        ("", "Write a formula.", (0, 1)),
        ("amont * 2", "There is no “amont”. Do you mean “amount”?", (0, 5)),
        ("amount * zzz", "There is no field “zzz”.", (9, 12)),
        ("roun(1)", "There is no “roun”. Do you mean “round”?", (0, 4)),
        ('amount + "x"', "+ joins texts or adds numbers, not both. Use & to put a number or a date into a text.", (0, 6)),
        ("name * 2", "Here stands a text, but a number is needed.", (0, 4)),
        ("if(count, 1, 2)", "Here stands a number, but a yes or no is needed.", (3, 8)),
        ('if(hot, 1, "x")', "Here stands a text, but a number is needed.", (11, 14)),
        ("round(1, 2, 3)", "round takes 1 to 2 values, here are 3.", (0, 14)),
        ("(1 + 2", "This bracket is not closed.", (0, 1)),
        ("1 +", "The formula ends where a value is missing.", (2, 3)),
        ("1 2", "A sign is missing before “2”, or it is one too many.", (2, 3)),
        ('"abc', "This text has no closing quotation mark.", (0, 4)),
        ("amount # 2", "The sign “#” means nothing in a formula. Put words into quotation marks.", (7, 8)),
        ('stage = "Wno"', "“Wno” is not among the choices of “Stage”.", (8, 13)),
        ('tags & "x"', "“Tags” cannot be used in a formula; use its parts.", (0, 4)),
        ('hot & "x"', 'A yes or no has no words of its own. Say them: if(…, "yes", "no").', (0, 3)),
        ("amount * cost", "Two amounts of money cannot be multiplied.", (0, 13)),
        ("count < 1 < 2", "Compare two values at a time and join them with “and”.", (10, 11)),
        ("name.industry", "“Deal name” is no link to a record, so nothing can stand behind its dot.", (0, 13)),
        ("account.parent", "A formula reads one record further, no more: neither links nor formulas of the other record.", (0, 14)),
        ("__import__('os')", "There is no function “__import__”.", (0, 10)),
        ("amount.__class__", "“Amount” is no link to a record, so nothing can stand behind its dot.", (0, 16)),
        ("(" * 500 + "1" + ")" * 500, "This formula has too many steps. Divide it into two fields.", (30, 31)),
        ("+".join(["1"] * 900), "This formula has too many steps. Divide it into two fields.", None),
        ("1+" * 2000, "A formula has at most 2000 characters. Divide it into two fields.", None),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, words: str, place: tuple[int, int] | None) -> None:
    """PLT-17: in the admin's words; nothing typed is ever run as code, and no length of it brings the server down."""
    with pytest.raises(FormulaError) as caught:
        understood(text)

    assert str(caught.value) == words
    if place is not None:
        assert (caught.value.start, caught.value.end) == place


@pytest.mark.parametrize(
    ("text", "changed", "why"),
    [
        ("amount / count", {"count": 0}, "It divides by zero."),
        ("count % (count - 4)", {}, "It divides by zero."),
        ("amount - cost", {"cost": None}, "“Cost” is empty."),
        ("closing_on + 1", {"closing_on": None}, "“Closing date” is empty."),
        ("add_days(closing_on, 99999999)", {}, "There is no such day in the calendar."),
        ("date(2026, 2, 30)", {}, "There is no such day in the calendar."),
        ("count * 999999999999999 * 99", {}, "The result is too large."),
        ("concat(name, name, name)", {"name": "x" * 200}, "The result has more than 500 characters."),
    ],
)
def test_a_formula_without_a_value_is_empty_and_says_why(text: str, changed: dict[str, Any], why: str) -> None:
    """PLT-17: a division by zero or a missing value is no error page but an empty field with its reason."""
    record = SimpleNamespace(**{**vars(RECORD), **changed})

    made = understood(text)

    assert made.value(record) is None
    assert made.why_empty(record) == why


def test_what_may_be_missing_can_be_said() -> None:
    record = SimpleNamespace(**{**vars(RECORD), "cost": None, "name": ""})

    assert understood("amount - coalesce(cost, 0)").value(record) == Decimal("1000.00")
    assert understood("empty(cost) and empty(name)").value(record) is True
    assert understood('coalesce(name, "nobody")').value(record) == "nobody"
    assert understood("hot or 1 / 0 > 1").value(record) is True  # what decides first is enough
    with pytest.raises(Nothing):
        understood("1 / 0 > 1 or hot").worked_out(record)


def test_what_is_stored_names_keys_and_values_not_labels() -> None:
    """PLT-17: renaming a field or a choice later changes no formula."""
    made = understood('if({ステージ} = "受注", {Amount}, 0) ＋ {原価}')

    assert made.text == 'if(stage = "won", amount, 0) ＋ cost'
    assert understood(made.text).text == made.text
    assert made.needs == {"stage", "amount", "cost"}


def test_why_a_value_is_not_kept_is_known() -> None:
    assert understood("amount * 2").live == frozenset()
    assert understood("closing_on - today()").live == {"day"}
    assert understood("name & stage").live == {"words"}
    assert understood("account & name").live == {"other"}
    assert understood('account.industry = "x" or hot' if False else "empty(account.industry)").live == {"other"}


def test_a_circle_is_found_with_its_way() -> None:
    """PLT-17: a formula that refers to itself, directly or round a corner."""
    fields = {**FIELDS, **{key: _field(key, "number", key.upper(), is_formula=True) for key in ("c1", "c2", "c3")}}
    texts = {"c2": "c3 + 1", "c3": "c1 * 2"}

    assert circle("c1", "c1 + 1", fields, texts) == ["c1", "c1"]
    assert circle("c1", "c2 + 1", fields, texts) == ["c1", "c2", "c3", "c1"]
    assert circle("c1", "count + 1", fields, texts) == []


def test_a_moment_lies_on_the_day_of_the_organisation() -> None:
    """PLT-17: 16:00 UTC is the next day in Tokyo and the same day in London: by the zone set in the console, for all readers alike."""
    from core.organisation.models import Organisation

    for zone, number in (("Asia/Tokyo", 20), ("Europe/London", 19)):
        Organisation.objects.update_or_create(pk=1, defaults={"time_zone": zone})
        bump("organisation")

        assert understood("day(created_at)").value(RECORD) == number
        assert understood("'at ' & created_at").value(RECORD).endswith({20: "01:00", 19: "17:00"}[number])
