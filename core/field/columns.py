"""Model columns whose class says what kind of value they hold. Everything else is Django's own."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from django.db import models

if TYPE_CHECKING:  # what a column takes and what it gives; Django's own classes cannot be asked at run time
    _Char = models.CharField[str, str]
    _Text = models.TextField[str, str]
    _Amount = models.DecimalField[Decimal | int | str | None, Decimal | None]
    _Whole = models.PositiveIntegerField[int, int]
    _Small = models.PositiveSmallIntegerField[int, int]
else:
    _Char, _Text, _Amount = models.CharField, models.TextField, models.DecimalField
    _Whole, _Small = models.PositiveIntegerField, models.PositiveSmallIntegerField


def column_of(field: models.Field[Any, Any]) -> str:
    """What a field that is stored is called in its table."""
    assert field.column is not None
    return field.column


class KeyColumn(_Text):
    """A folded text to sort and look up by. PostgreSQL compares it by code point, so that prefix ranges use the index
    and both databases order alike."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", "")
        kwargs.setdefault("blank", True)
        kwargs["editable"] = False
        super().__init__(*args, **kwargs)

    def db_parameters(self, connection: Any) -> dict[str, Any]:
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            parameters["collation"] = "C"
        return parameters


class _Blank(_Char):
    length = 200

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", self.length)
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)


class TextColumn(_Blank):
    """One line of text; empty is the empty string."""


class PhoneColumn(_Blank):
    """A phone number as people read it, width folded."""

    length = 40


class PostalColumn(_Blank):
    length = 20


class CountryColumn(_Blank):
    """ISO 3166 alpha-2."""

    length = 2


class HandleColumn(_Blank):
    """A handle on a network, without the @."""

    length = 60


class EmailColumn(_Blank):
    """An address, folded; not checked by Django since phones of the past hold odd ones (core.text.emails)."""

    length = 254


class LinkColumn(_Blank):
    """A web address."""

    length = 500


class PicklistColumn(_Blank):
    """The value of one choice of an editable picklist (core.field.choices)."""

    length = 60


class CurrencyColumn(_Blank):
    """ISO 4217."""

    length = 3


class MoneyColumn(_Amount):
    """An amount in the record's `currency`, or in the home currency where the record has none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_digits", 18)
        kwargs.setdefault("decimal_places", 2)
        kwargs.setdefault("null", True)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)


class RunningColumn(_Whole):
    """A running number that names a record: #1001."""


class PercentColumn(_Small):
    """0 to 100."""


class RepeatColumn(_Blank):
    """A repeat rule as RFC 5545 writes it (core.field.repeat)."""


class BeforeColumn(_Whole):
    """So many minutes before."""


class LongTextColumn(_Text):
    """Several lines of plain text."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("blank", True)
        kwargs.setdefault("default", "")
        super().__init__(*args, **kwargs)
