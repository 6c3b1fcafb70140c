"""Every field of every module, built in and added, under every operator of its kind: the database's answer against a
plain reading in Python (PLT-8, PLT-17, I2, O3)."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.criteria.compile import Asker, compile_group
from core.criteria.tree import NO_VALUE, BadCriteria, read
from core.field.field import Field
from core.module.registry import module as find_module
from core.module.registry import modules
from core.record.models import Unopened
from core.text.fold import fold
from tests import factories
from tests.contracts.rich import add_every_kind, rich_records, value_for

pytestmark = pytest.mark.django_db
TODAY, TOKYO = date(2026, 5, 20), ZoneInfo("Asia/Tokyo")
NEGATED = {"is_not": "is", "not_contains": "contains", "has_not": "has", "filled": "empty"}


def lower(text: Any) -> str:
    """As both databases fold case: of the Latin alphabet alone."""
    return "".join(c.lower() if c.isascii() else c for c in str(text))


def expected(one: Field, op: str, asked: Any, record: Any, user: Any, team: list[int], given: set[int]) -> bool:  # noqa: PLR0913
    """What the operator means, in Python."""
    if op in NEGATED:
        return not expected(one, NEGATED[op], asked, record, user, team, given)
    value, kind = one.value(record), one.kind.key
    if op == "empty":
        return not any(value) if one.parts else one.kind.is_empty(value)
    if kind == "name":
        return _name(op, asked, value, record)
    if op == "me_unread":
        return value == user.pk and record.pk in given
    if op in {"me", "my_team"}:
        return value in ([user.pk, *team] if op == "my_team" else [user.pk])
    if kind in {"date", "datetime"}:
        return _day(one, op, asked, value)
    if op in {"has", "has_all"}:
        held, wanted = {fold(str(v)) for v in value}, {fold(v) for v in (asked if isinstance(asked, list) else [asked])}
        return bool(held & wanted) if op == "has" else wanted <= held
    if op == "contains":
        return lower(asked) in lower(value)
    if op == "starts":
        return lower(value).startswith(lower(asked))
    if op == "ends":
        return lower(value).endswith(lower(asked))
    if op == "is" and kind in {"text", "email", "long_text"}:
        return lower(value) == lower(asked)
    op = {"before": "lt", "after": "gt"}.get(op, op)
    if kind in {"number", "money", "percent", "running", "time"} and value is None:
        return False
    if op == "is":
        return value == one.clean(asked)
    if op == "between":
        ends = [one.clean(part) for part in asked]
        return min(ends) <= value <= max(ends)
    wanted, held = one.clean(asked), value
    return {"lt": held < wanted, "lte": held <= wanted, "gt": held > wanted, "gte": held >= wanted}[op]


def _name(op: str, asked: str, parts: tuple[str, ...], record: Any) -> bool:
    raw, key = [lower(p) for p in parts], record.sort_name
    if op == "starts":
        return key.startswith(fold(asked)) or any(p.startswith(lower(asked)) for p in raw)
    if op == "ends":
        return bool(fold(asked)) and key.endswith(fold(asked)) or any(p.endswith(lower(asked)) for p in raw)
    if op == "is":
        f, g, fk, gk = raw
        return lower(asked).replace(" ", "") in {
            (f + g).replace(" ", ""),
            (g + f).replace(" ", ""),
            (fk + gk).replace(" ", ""),
        } or key == fold(asked)
    return all((fold(w) and fold(w) in key) or any(lower(w) in p for p in raw) for w in asked.split())


def _day(one: Field, op: str, asked: Any, value: Any) -> bool:
    if value is None:
        return False
    held = value.astimezone(TOKYO).date() if one.kind.key == "datetime" else value
    if op == "between":
        return min(asked) <= held.isoformat() <= max(asked)
    if op in {"on", "before", "after"}:
        day = date.fromisoformat(asked)
        return {"on": held == day, "before": held < day, "after": held > day}[op]
    days = int(asked) if str(asked).isdigit() else 0
    return {
        "yesterday": held == date(2026, 5, 19),
        "today": held == TODAY,
        "tomorrow": held == date(2026, 5, 21),
        "last_week": date(2026, 5, 11) <= held <= date(2026, 5, 17),
        "this_week": date(2026, 5, 18) <= held <= date(2026, 5, 24),
        "next_week": date(2026, 5, 25) <= held <= date(2026, 5, 31),
        "last_month": (held.year, held.month) == (2026, 4),
        "this_month": (held.year, held.month) == (2026, 5),
        "next_month": (held.year, held.month) == (2026, 6),
        "last_quarter": held.year == 2026 and held.month <= 3,
        "this_quarter": held.year == 2026 and 4 <= held.month <= 6,
        "next_quarter": held.year == 2026 and 7 <= held.month <= 9,
        "last_year": held.year == 2025,
        "this_year": held.year == 2026,
        "next_year": held.year == 2027,
        # Without a setting, fiscal years are calendar years.
        "last_fiscal_year": held.year == 2025,
        "this_fiscal_year": held.year == 2026,
        "next_fiscal_year": held.year == 2027,
        "last_n_days": TODAY - timedelta(days) <= held <= TODAY,
        "next_n_days": TODAY <= held <= TODAY + timedelta(days),
        "older_than_days": held < TODAY - timedelta(days),
    }[op]


def questions(one: Field, op: str, dice: random.Random, users: list[Any]) -> list[Any]:
    """Values worth asking for."""
    kind = one.kind.key
    if op in NO_VALUE:
        return [None]
    if op.endswith("_days"):
        return [0, 7, "30"]
    if op == "between" and kind in {"date", "datetime"}:
        return [["2026-04-19", "2026-05-20"], ["2027-01-01", "2026-05-19"], ["2026-05-20", "2026-05-20"]]
    if kind in {"date", "datetime"}:
        return ["2026-05-20", "2026-04-19", "2027-01-01"]
    if kind == "name":
        return ["Acme", "田中", "タナカ", "acme inc", "x", "%", "a_b", "北 中", "N3"]
    if op in {"contains", "not_contains", "starts", "ends"}:
        return ["a", "me", "%", "_", "\\", "'", '"', "田", "株式会社 北", "inc", "cme", "-", "example.com", "3-12", "1234", "co.jp"]
    if kind in {"multi_picklist", "tags"}:
        known = ["red", "green", "blue"] if kind == "multi_picklist" else ["vip", "東京", "none of them"]
        return [known[0], known[1], known[:2], known]
    if kind == "yes_no":
        return ["1", "0"]
    if kind == "link":
        return [1, *find_module(one.target).model._default_manager.values_list("pk", flat=True)[:3]]
    asked = [value_for(one, dice, users) for _ in range(4)]
    if op == "between":
        return [[str(asked[0]), str(asked[1])], [str(asked[2]), str(asked[2])]]
    return [str(v) if isinstance(v, Decimal) else v for v in asked]


@pytest.fixture
def two(ann: Any, bob: Any) -> list[Any]:
    return [ann, bob]


@pytest.mark.parametrize("key", [one.key for one in modules()])
def test_every_operator_on_every_field_means_what_it_says(key: str, two: list[Any], clock: Any) -> None:
    """PLT-17: numbers compare as numbers, days as days, empty is absent, on both databases alike."""
    add_every_kind(key)
    module, dice, wrong = find_module(key), random.Random(3), []
    records = rich_records(module, 40, two)
    asker, bob = Asker(two[1]), two[1]
    Unopened.objects.all().delete()
    given = {one.pk for one in records[::2]}
    Unopened.objects.bulk_create(Unopened(user=bob, module=key, record_id=pk) for pk in given)
    for one in module.fields.values():
        if (one.kind.key == "link" and not one.custom) or one.hidden or one.live:
            continue  # ids of records: test_one_relation_far; what depends on the reader cannot be asked
        for op in one.kind.operators:
            for asked in questions(one, op, dice, two):
                leaf = {"field": one.key, "op": op, "value": asked}
                try:
                    group = read({"all": [leaf]}, module, module.fields)
                    found = set(module.model._default_manager.filter(compile_group(group, asker)).values_list("pk", flat=True))
                except BadCriteria:
                    found = None
                meant = {r.pk for r in records if expected(one, op, asked, r, bob, [two[0].pk], given)}
                if found is None or found & {r.pk for r in records} != meant:
                    wrong.append((one.key, op, asked, None if found is None else (len(found - meant), len(meant - found))))

    # An operator may refuse a value that its kind cannot hold (a handle has no %); it may never answer wrongly.
    refused = [w for w in wrong if w[3] is None]
    assert [w for w in wrong if w[3] is not None] == []
    assert [w for w in refused if module.fields[w[0]].kind.key not in {"handle", "phone", "url", "email", "postal"}] == []


def test_several_values_mean_any_of_them(two: list[Any]) -> None:
    factories.add_field("multi_picklist", choices="red green blue")
    factories.add_field("number")
    reds = factories.make_lead(two[0], c_multi_picklist=["red"], c_number=1)
    both = factories.make_lead(two[0], c_multi_picklist=["green", "blue"], c_number=2.5)
    none = factories.make_lead(two[0])
    module = find_module("crm.lead")

    def ask(**leaf: Any) -> set[int]:
        group = read({"all": [leaf]}, module, module.fields)
        return set(module.model._default_manager.filter(compile_group(group, Asker(two[0]))).values_list("pk", flat=True))

    assert ask(field="c_multi_picklist", op="has", value=["red", "blue"]) == {reds.pk, both.pk}
    assert ask(field="c_multi_picklist", op="has_not", value=["red"]) == {both.pk, none.pk}
    assert ask(field="c_number", op="is", value=["1", "2.5"]) == {reds.pk, both.pk}
    assert ask(field="c_number", op="is_not", value=["1"]) == {both.pk, none.pk}


def test_one_relation_far_is_asked_only_of_records_one_may_see(ann: Any, carol: Any, admin: Any) -> None:
    """A6: what a filter finds tells nothing of a record, or a field, that its reader may not see."""
    from core.access.models import ModuleDefault
    from core.stamps import bump

    ModuleDefault.objects.filter(module="crm.account").update(default="private")
    bump("access")
    secret = factories.make_account(carol, name="Secret Corp", employees=9)
    contact = factories.make_contact(ann, account=secret.pk, actor=_actor(admin))
    module = find_module("crm.contact")

    def ask(user: Any, **leaf: Any) -> bool:
        group = read({"all": [leaf]}, module, module.fields)
        return module.model._default_manager.filter(compile_group(group, Asker(user)), pk=contact.pk).exists()

    for op, value in (("is", "Secret Corp"), ("contains", "Secret"), ("starts", "Sec")):
        assert ask(admin, field="account.name", op=op, value=value)
        assert not ask(ann, field="account.name", op=op, value=value)
    assert ask(ann, field="account.name", op="is_not", value="Secret Corp")
    assert ask(ann, field="account.employees", op="empty")

    ann.profile.fields = {"crm.account": {"employees": "hidden"}}
    with pytest.raises(BadCriteria):
        ask(ann, field="account.employees", op="is", value=9)


def test_tags_one_relation_far_are_those_of_the_relation(ann: Any) -> None:
    account = factories.make_account(ann, tags=["vip"])
    other = factories.make_account(ann)
    mine, others = factories.make_contact(ann, account=account.pk), factories.make_contact(ann, account=other.pk)
    module = find_module("crm.contact")
    group = read({"all": [{"field": "account.tags", "op": "has", "value": "vip"}]}, module, module.fields)

    found = module.model._default_manager.filter(compile_group(group, Asker(ann)))

    assert list(found) == [mine] and others not in found


def test_days_are_those_of_the_reader(ann: Any, clock: Any) -> None:
    """PLT-17: a custom moment typed in one zone is found by the day of another."""
    factories.add_field("datetime")
    moment = datetime.combine(TODAY, time(23, 30), TOKYO)
    lead = factories.make_lead(ann, c_datetime=moment)
    early = factories.make_lead(ann, c_datetime=datetime(2026, 5, 19, 15, 0, tzinfo=UTC))  # midnight in Tokyo
    module = find_module("crm.lead")
    group = read({"all": [{"field": "c_datetime", "op": "today"}]}, module, module.fields)

    assert set(module.model._default_manager.filter(compile_group(group, Asker(ann)))) == {lead, early}

    ann.time_zone = "America/New_York"  # where it is still 19 May, and the late one lies a day ahead
    assert set(module.model._default_manager.filter(compile_group(group, Asker(ann)))) == {early}


def _actor(user: Any) -> Any:
    from core.actor import Actor

    return Actor(user)
