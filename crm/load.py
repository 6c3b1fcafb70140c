"""Invented records in any number, the same for the same seed: what `manage.py generate` loads."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from core.field.choices import options
from core.module.registry import module
from core.record.loading import load, maker
from core.record.write import entry
from core.search.index import load as load_entries

from .models import Account, Activity, Contact, Deal, Lead
from .samples import company, person, subject

THREE_YEARS = 3 * 365 * 86_400
_TARGETS = ("leads", "leads", "contacts", "contacts", "accounts", "deals")
REPEATS = ("FREQ=WEEKLY", "FREQ=DAILY;COUNT=10", "FREQ=MONTHLY", "FREQ=WEEKLY;INTERVAL=2;COUNT=6")
MODELS = {"accounts": Account, "contacts": Contact, "leads": Lead, "deals": Deal, "activities": Activity}


@dataclass
class Maker:
    """Makes record `number` of a kind. `spans` are the ids that records may point at, by kind."""

    seed: int
    now: datetime
    owners: list[int]
    spans: dict[str, Sequence[int]]
    dice: random.Random = field(default_factory=random.Random)
    makers: dict[str, Callable[..., Any]] = field(default_factory=lambda: {kind: maker(model) for kind, model in MODELS.items()})

    def load(self, kind: str, first: int, count: int) -> int:
        """Make and store `count` records from number `first` on. A part gives the same whoever makes it, and when."""
        self.dice.seed(f"{self.seed} {kind} {first}")
        one, make = module(MODELS[kind]._meta.label_lower), getattr(self, kind)
        with transaction.atomic():
            records = [self._finished(make(number), number) for number in range(first, first + count)]
            load(MODELS[kind], records)
            load_entries(one.key, (entry(one, record) for record in records))
        return count

    def _finished(self, record: Any, number: int) -> Any:
        record.pk, record.owner_id = number, self.dice.choice(self.owners)
        record.created_at = self.now - timedelta(seconds=self.dice.random() * THREE_YEARS)
        record.changed_at = record.created_at + (self.now - record.created_at) * self.dice.random()
        record.created_by_id = record.changed_by_id = record.owner_id
        record.derive()
        return record

    def _choice(self, key: str, name: str) -> str:
        return self.dice.choice(tuple(options(key, name)))

    def _one_of(self, kind: str) -> int | None:
        found = self.spans[kind]
        return self.dice.choice(found) if found else None

    def _reach(self, number: int, key: str) -> dict[str, Any]:
        one = person(number, self.dice)
        postal, region, city, street, building, country = one.place
        return {
            "family_name": one.family, "given_name": one.given, "family_kana": one.family_kana, "given_kana": one.given_kana,
            "email": one.email, "phone": one.phone, "job_title": one.job, "source": self._choice(key, "source"),
            "postal_code": postal, "region": region, "city": city, "street": street, "building": building, "country": country,
        }  # fmt: skip

    def leads(self, number: int) -> Any:
        values = self._reach(number, "crm.lead")
        return self.makers["leads"](
            **values, company=company(number, self.dice, bool(values["family_kana"])), status=self._choice("crm.lead", "status"),
            rating=self._choice("crm.lead", "rating"), industry=self._choice("crm.lead", "industry"),
            employees=self.dice.randrange(1, 5000), score=self.dice.randrange(100),
        )  # fmt: skip

    def accounts(self, number: int) -> Any:
        return self.makers["accounts"](
            name=company(number, self.dice, self.dice.random() < 0.8), phone=f"03-{self.dice.randrange(2000, 9999)}-{number % 10000:04}",
            website=f"https://a{number}.example.co.jp", industry=self._choice("crm.account", "industry"),
            type=self._choice("crm.account", "type"), employees=self.dice.randrange(1, 5000),
        )  # fmt: skip

    def contacts(self, number: int) -> Any:
        return self.makers["contacts"](**self._reach(number, "crm.contact"), account_id=self._one_of("accounts"))

    def deals(self, number: int) -> Any:
        stage = self._choice("crm.deal", "stage")
        deal = self.makers["deals"](
            name=f"{company(number, self.dice, self.dice.random() < 0.8)} {number}", account_id=self._one_of("accounts"),
            contact_id=self._one_of("contacts"), stage=stage, probability=options("crm.deal", "stage")[stage].more["probability"],
            amount=Decimal(self.dice.randrange(50, 9000) * 1000), type=self._choice("crm.deal", "type"),
            closing_on=(self.now + timedelta(days=self.dice.randrange(-700, 200))).date(), source=self._choice("crm.deal", "source"),
            lost_reason="価格" if stage == "lost" else "",
        )  # fmt: skip
        if stage in ("won", "lost"):  # over three years, not all of them this month
            deal.closed_at = self.now - timedelta(seconds=self.dice.random() * THREE_YEARS)
        # No deal of a load has moved: asking the database for each would cost more than all the rest.
        deal._stage_moved = _unmoved
        return deal

    def activities(self, number: int) -> Any:
        """Seven of ten are done; each hangs on one lead, contact, account or deal, most on people."""
        dice = self.dice
        kind, eastern = self._choice("crm.activity", "kind"), dice.random() < 0.8
        due = self.now + timedelta(minutes=15 * dice.randrange(-400 * 96, 40 * 96))
        done = due < self.now and dice.random() < 0.75
        target = dice.choice([kind for kind in _TARGETS if self.spans[kind]] or _TARGETS)
        minutes = dice.choice((15, 30, 60, 90))
        timed: dict[str, Any] = (
            {"starts_at": due, "ends_at": due + timedelta(minutes=minutes), "minutes": minutes} if kind != "task" else {}
        )
        if kind == "event":  # one of a hundred repeats, half of those without end
            timed |= {"repeat": dice.choice(REPEATS) if dice.random() < 0.01 else "", "zone": "Asia/Tokyo"}
        return self.makers["activities"](
            kind=kind, subject=subject(kind, number, dice, eastern), status="done" if done else dice.choice(("open", "open", "progress")),
            done_at=due + timedelta(minutes=minutes) if done else None, due_on=due.date(),
            priority=self._choice("crm.activity", "priority"),
            direction=self._choice("crm.activity", "direction") if kind == "call" else "", **timed,
            **{f"{target.removesuffix('s')}_id": self._one_of(target)},
        )  # fmt: skip


def _unmoved() -> bool:
    return False
