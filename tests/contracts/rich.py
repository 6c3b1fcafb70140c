"""Records with every kind of value in every field, ties, empties and odd signs included: what a property test needs."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from core.access.models import User
from core.actor import Actor
from core.field.field import Field
from core.field.models import CUSTOM_KINDS
from core.module.module import Module
from core.module.registry import module as find_module
from core.record import write
from tests import factories

WORDS = [
    "Acme",
    "acme",
    "ACME inc",
    "50% off",
    "a_b",
    "a\\b",
    "O'Hara",
    'say "hi"',
    "田中",
    "ﾀﾅｶ",
    "タナカ",
    "株式会社 北",
    "中",
    "x",
    "Zeta-1",
    "<b>&amp;",
]
CHOICES = "red green blue"
# By the kind of its result; those with _live are worked out for each reader.
FORMULAS = {
    "number": "c_number * 2 / (c_number - 7)",
    "money": "c_money + c_formula_number",
    "text": "c_text & '/' & c_phone",
    "date": "c_date + 3",
    "datetime": "if(c_yes_no, c_datetime, c_datetime)",
    "yes_no": 'c_picklist = "Red" or contains(c_multi_picklist, "Blue")',
    "number_live": "days_between(c_date, today())",
    "text_live": "c_link.name & c_picklist & c_user & c_link",
}
DAYS = [date(2026, 5, 20) + timedelta(days) for days in (-400, -60, -31, -20, -7, -2, -1, 0, 0, 1, 3, 7, 12, 40, 400)]


def add_every_kind(module: str) -> list[str]:
    """A custom field of each kind there is, and a formula of each kind of result; their keys."""
    kinds = [kind for kind, _label in CUSTOM_KINDS if kind != "formula"]
    for kind in kinds:
        factories.add_field(kind, module, choices=CHOICES if "picklist" in kind else "")
    for result, text in FORMULAS.items():
        factories.add_field(
            "formula", module, key=f"c_formula_{result}", formula=text, result=result.removesuffix("_live"), label_en=f"Worked {result}"
        )
    return [f"c_{kind}" for kind in kinds] + [f"c_formula_{result}" for result in FORMULAS]


def value_for(one: Field, dice: random.Random, users: list[User]) -> Any:
    """A random value of the field's kind, often the same one as another record's."""
    kind = one.kind.key
    if kind == "long_text":
        return f"{dice.choice(WORDS)}\n{dice.choice(WORDS)}"
    if kind == "email":
        return dice.choice(["ann@example.com", "Bob.B@example.co.jp", "x_y@example.com"])
    if kind == "phone":
        return dice.choice(["03-1234-5678", "090-1111-2222", "+1 415 555 2671"])
    if kind == "handle":
        return dice.choice(["ann_sells", "Bob", "x99"])
    if kind == "url":
        return dice.choice(["https://example.com/a", "http://acme.example/x?y=1%20"])
    if kind == "postal":
        return dice.choice(["1000001", "SW1A 1AA"])
    if kind == "number":
        return dice.choice([0, 1, 7, 7, 42, 100_000]) if not one.custom else dice.choice([-3, 0, 1, 7, 7, 0.5, 1.25, 10**14])
    if kind == "repeat":
        return dice.choice(["FREQ=WEEKLY;BYDAY=MO,WE", "FREQ=MONTHLY;COUNT=5", "FREQ=DAILY;INTERVAL=3;UNTIL=21000101", "FREQ=YEARLY"])
    if kind == "before":
        return dice.choice([0, 15, 15, 1440])
    if kind == "running":
        return dice.choice([1001, 1002, 1005])
    if kind == "percent":
        return dice.choice([0, 10, 50, 50, 100])
    if kind == "money":
        return dice.choice([Decimal("0"), Decimal("0.10"), Decimal("19.99"), Decimal("1000"), Decimal("1000"), Decimal("1234567.89")])
    if kind == "date":
        return dice.choice(DAYS)
    if kind == "datetime":
        return datetime.combine(dice.choice(DAYS), datetime.min.time(), UTC) + timedelta(minutes=dice.choice([0, 180, 899, 900, 1439]))
    if kind == "time":
        return dice.choice(["00:00", "09:30", "09:30", "14:05", "23:59"])
    if kind == "yes_no":
        return dice.random() < 0.5
    if kind == "picklist":
        return dice.choice(list(one.options))
    if kind == "multi_picklist":
        return dice.sample(list(one.options), dice.randint(1, 2))
    if kind == "user":
        return dice.choice(users).pk
    if kind == "tags":
        return dice.sample(["vip", "Ｖｉｐ", "東京", "x"], 1)
    return dice.choice(WORDS)[: one.max_length or None]


def rich_records(module: Module, count: int, users: list[User], seed: int = 1) -> list[Any]:
    """Records of `module`, each field filled two times of three."""
    dice = random.Random(seed)
    targets = {
        one.target: _target(one.target, users, dice)
        for one in module.fields.values()
        if one.kind.key == "link" and (one.required or one.custom)
    }
    rows = []
    for number in range(count):
        row: dict[str, Any] = {}
        for key, one in module.fields.items():
            if not one.editable or one.parts:
                continue
            if one.kind.key == "link":
                if one.required or (one.custom and dice.random() < 0.67):
                    row[key] = dice.choice(targets[one.target]).pk
            elif one.required or dice.random() < 0.67:
                row[key] = value_for(one, dice, users)
        row.setdefault("owner", users[0].pk)
        if "family_name" in module.fields and not row.get("family_name"):
            row["family_name"] = f"N{number % 7}"
        if module.key == "crm.deal":
            row["lost_reason"] = row.get("lost_reason") or "price"
        if module.key == "crm.activity":
            row.pop("ends_at", None)
            if not row.get("starts_at" if row.get("kind") == "event" else "due_on"):
                row.pop("repeat", None)
        if module.key == "social.post":
            said = {key: value_for(module.fields[key], dice, users) for key in ("text", "author_name", "author_handle", "said_at", "ours")}
            row = factories.post_values(users[0], **row, **said)
        if module.key == "social.message":
            said = {key: value_for(module.fields[key], dice, users) for key in ("text", "author_name", "author_handle", "said_at", "ours")}
            row = factories.message_values(users[0], **row, **said)
        rows.append(write.clean(module, row))
    made = write.create_many(module, rows, actor=Actor(users[0]))
    for record in made:
        moment = datetime.combine(dice.choice(DAYS), datetime.min.time(), UTC)
        module.model._default_manager.filter(pk=record.pk).update(created_at=moment, changed_at=moment)
    return list(module.model._default_manager.filter(pk__in=[record.pk for record in made]).order_by("pk"))


def _target(key: str, users: list[User], dice: random.Random) -> list[Any]:
    named = find_module(key).fields.get("name")
    if named is None or not named.editable:
        return [factories.make_any(key, users[0]) for _n in range(3)]
    return [factories.make_any(key, users[0], name=f"{dice.choice(WORDS)} {n}") for n in range(3)]
