"""Amounts of several currencies as one sum: the only place that converts. It does so in SQL, so that a sum stays one query.

An amount counts at the rate of its own day (`MONEY_DAY` of the model, a deal's closing date), a day still to come at today's
(docs/decisions/0007-currency-rates.md). A currency without a rate is never added to another one: it stands apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_precision
from django.db.models import Case, DateField, DecimalField, Expression, F, Model, Q, Value, When
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from core import clock
from core.field.look import Look, many
from core.organisation.settings import home_currency, house_zone
from core.stamps import stamped

from .models import Rate

# Of an amount times a rate: two places of one, eight of the other.
_WORTH = DecimalField(max_digits=38, decimal_places=10)
_RATE = DecimalField(max_digits=20, decimal_places=8)
Rates = dict[str, list[tuple[date, Decimal]]]


@stamped("rates")
def _table(home: str) -> Rates:
    """All rates by currency, the newest first; those that begin in the future, too."""
    found: Rates = {}
    for code, since, rate in (
        Rate.objects.filter(home=home).order_by("currency", "-valid_from").values_list("currency", "valid_from", "rate")
    ):
        found.setdefault(code, []).append((since, rate))
    return found


def today() -> date:
    """Today where the organisation is: a figure must not depend on the zone of who reads it."""
    return clock.now().astimezone(house_zone()).date()


def rates() -> Rates:
    """The rates that have begun, by currency, the newest first."""
    now = today()
    begun = {code: [one for one in held if one[0] <= now] for code, held in _table(home_currency()).items()}
    return {code: held for code, held in begun.items() if held and code != home_currency()}


def codes() -> list[str]:
    """The currencies that can be converted."""
    return sorted(rates())


def counted() -> Q:
    """The records whose amounts can be added up in the home currency."""
    return Q(currency__in=[home_currency(), "", *codes()])


def worth(model: type[Model], path: str) -> Expression | F:
    """The amount at `path` in the home currency, as SQL. Without any rate it is the amount itself: ask for `counted` rows."""
    known = rates()
    if not known:
        return F(path)
    whens = [When(currency__in=[home_currency(), ""], then=Cast(F(path), _WORTH))]
    day: str = getattr(model, "MONEY_DAY", "")
    for code, held in known.items():
        whens.append(When(currency=code, then=Cast(F(path), _WORTH) * _rate(held, day)))
    return Case(*whens, output_field=_WORTH)


def _rate(held: list[tuple[date, Decimal]], day: str) -> Expression:
    """The rate of a record's day: the newest for one without a day; the oldest also for the days before it."""
    if not day or len(held) == 1:
        return Value(held[0][1], _RATE)
    whens = [When(**{f"{day}__isnull": True}, then=Value(held[0][1], _RATE))]
    whens += [When(**{f"{day}__gte": Value(since, DateField())}, then=Value(rate, _RATE)) for since, rate in held[:-1]]
    return Case(*whens, default=Value(held[-1][1], _RATE), output_field=_RATE)


def worth_of(record: Any, amount: Decimal) -> Decimal | None:
    """The same for a record at hand: its amount in the home currency, None where its currency has no rate."""
    if record.currency in {home_currency(), ""}:
        return amount
    held = rates().get(record.currency)
    if held is None:
        return None
    day = getattr(record, getattr(record, "MONEY_DAY", ""), None) if getattr(record, "MONEY_DAY", "") else None
    return amount * next((rate for since, rate in held if day is None or since <= day), held[-1][1])


def rounded(amount: Decimal | None) -> Decimal | None:
    """A sum to the smallest coin of the home currency. Only what was converted has more."""
    if amount is None or not rates():
        return amount
    return Decimal(amount).quantize(Decimal(1).scaleb(-get_currency_precision(home_currency())))


@dataclass
class Total:
    """Amounts of several currencies together: in the home currency what can be, and what stands apart."""

    home: Decimal | None = None
    apart: dict[str, Decimal] = field(default_factory=dict)
    converted: set[str] = field(default_factory=set)

    def add(self, currency: str, amount: Decimal | None, value: Decimal | None) -> None:
        """Add an amount of `currency` that is worth `value` at home, None if it has no rate."""
        if amount is None:
            return
        away = currency not in {"", home_currency()}
        if away and (value is None or currency not in rates()):
            self.apart[currency] = self.apart.get(currency, Decimal(0)) + amount
            return
        self.home = (self.home or Decimal(0)) + (value if value is not None else amount)
        if away:
            self.converted.add(currency)

    def texts(self, look: Look) -> list[str]:
        """The sums as a reader writes them, the home currency first."""
        home = [look.money(rounded(self.home) if self.converted else self.home, home_currency())] if self.home is not None else []
        return home + [look.money(amount, code) for code, amount in sorted(self.apart.items(), key=lambda pair: (-pair[1], pair[0]))]


def said(model: type[Model], totals: Iterable[Total], look: Look) -> str:
    """What a page says below sums: which currencies were converted and how, and which have no rate. Empty if all is home."""
    held = list(totals)
    converted = {code for one in held for code in one.converted}
    apart = {code for one in held for code in one.apart}
    return " ".join(filter(None, [converted_words(model, sorted(converted), look), apart_words(sorted(apart), look)]))


def converted_words(model: type[Model], currencies: Sequence[str], look: Look) -> str:
    """The sentence that says how amounts became home currency."""
    if not currencies:
        return ""
    names = {"currencies": many(currencies, look.language), "home": home_currency()}
    day = getattr(model, "MONEY_DAY", "")
    if not day:
        return _("Amounts in %(currencies)s are converted into %(home)s at today’s rate.") % names
    names["day"] = str(model._meta.get_field(day).verbose_name)  # type: ignore[union-attr]
    return (
        _("Amounts in %(currencies)s are converted into %(home)s at the rate of their %(day)s, or of today while that lies ahead.") % names
    )


def apart_words(currencies: Sequence[str], look: Look) -> str:
    """The sentence that says which amounts are in no sum of the home currency."""
    if not currencies:
        return ""
    return _("There is no rate for %(currencies)s, so these amounts stand apart.") % {"currencies": many(currencies, look.language)}
