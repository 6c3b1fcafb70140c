"""A value that stands nowhere else in every field of every module, and somebody from whom all of them are hidden (PLT-25, A6)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.test import Client

from core.access.models import Profile, User
from core.actor import Actor
from core.field.field import Field
from core.field.models import Choice
from core.module.registry import module as find_module
from core.module.registry import modules
from core.record import write
from core.stamps import bump
from tests.contracts.walk import World

KINDS = {
    "text": "Canary{n}zq",
    "long_text": "Canary{n}zq and more",
    "email": "canary{n}zq@example.com",
    "url": "https://canary{n}zq.example.com",
    "handle": "canary{n}zq",
    "number": "83{n:03d}17",
    "money": "83{n:03d}1700",
    "phone": "03-8317-{n:04d}",
    "postal": "999-{n:04d}",
    "picklist": "canary{n}zq",
    "multi_picklist": "canary{n}zq",
    "tags": "Canary{n}zq",
}
# Long ago, a year nothing else is in: a day of its own for each field.
LONG_AGO = date(1931, 1, 5)
# What only one thing in the house has: without it there is nothing to see at all, or it says what a record is.
NOT_HIDDEN = {"owner", "annual_revenue_currency", "currency", "kind", "pipeline"}


@dataclass
class Canaries:
    """The values by module and field, as they were typed, and the client of who must never meet one."""

    world: World
    client: Client
    user: User
    held: dict[str, dict[str, str]] = field(default_factory=dict)

    def found(self, text: str, but: str = "") -> list[str]:
        """The fields whose value stands in `text`, however it is written."""
        low = text.casefold()
        return [
            f"{key}.{name}"
            for key, held in self.held.items()
            for name, value in held.items()
            if value != but and any(sign.casefold() in low for sign in signs(value))
        ]

    def title(self, key: str) -> str:
        return str(find_module(key).model._default_manager.get(pk=self.world.records[key]).title)


def signs(value: str) -> list[str]:
    """How a value may be written."""
    if value.isdigit():
        return [value, f"{int(value):,}"]
    if value.startswith("19") and value[4:5] == "-":
        day = date.fromisoformat(value[:10])
        return [f"{day:%Y-%m-%d}", f"{day:%Y%m%d}", f"{day.year}/{day.month:02}/{day.day:02}", f"{day.day} {day:%b} {day.year}"]
    digits = re.sub(r"\D", "", value)
    return [value, value.casefold()] + ([digits, "+81" + digits[1:]] if value.startswith("03-") else [])


def body(answer: Any) -> str:
    return str((answer.getvalue() if answer.streaming else answer.content).decode(errors="replace"))


def _value(one: Field, number: int) -> str:
    if one.kind.key == "date":
        return (LONG_AGO + timedelta(days=41 * number)).isoformat()
    if one.kind.key == "datetime":
        return f"{LONG_AGO + timedelta(days=41 * number)}T03:17:00+00:00"
    return KINDS[one.kind.key].format(n=number)


def _offer(module: str, one: Field, value: str) -> None:
    """A choice of this field alone, which does what the field's first one does."""
    like = Choice.objects.filter(module=module, field=one.key).first()
    Choice.objects.create(
        module=module, field=one.key, value=value, label_en=value.capitalize(), position=900, more=like.more if like else {}
    )
    bump("fields")


def plant(world: World, admin: User, user: User) -> Canaries:
    """Set the values, and hide their fields from `user`, who may do everything else that a profile allows."""
    client = Client()
    made, number = Canaries(world, client, user), 0
    for one in modules():
        row, set_here = one.model._default_manager.get(pk=world.records[one.key]), {}
        for key, found in one.fields.items():
            if found.parts or not found.editable or found.formula is not None or key in NOT_HIDDEN:
                continue
            if found.kind.key not in {*KINDS, "date", "datetime"}:
                continue
            number += 1
            value = _value(found, number)
            if "picklist" in found.kind.key:
                _offer(one.key, found, value)
            try:
                write.update(row, actor=Actor(admin), **{key: [value] if found.kind.key in {"multi_picklist", "tags"} else value})
            except (write.Refused, LookupError):
                row.refresh_from_db()
                continue
            set_here[key] = value
        row.refresh_from_db()
        # What a record is called is no secret: it stands in every list and link.
        made.held[one.key] = {key: value for key, value in set_here.items() if value not in row.title}
    rights = {one.key: ["view", "create", "edit", "delete", "import", "export", "bulk"] for one in modules()}
    features = [key for key in Profile.objects.get(name="Administrator").features if key != "see_all"]
    hidden = {key: dict.fromkeys(held, "hidden") for key, held in made.held.items()}
    user.profile = Profile.objects.create(name="Blind", rights=rights, features=features, fields=hidden)
    user.save()
    client.force_login(user)
    return made
