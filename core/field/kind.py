"""Kind: what every kind of value can do, and the operators they share. The kinds stand in core.field.kinds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.html import escape

if TYPE_CHECKING:
    from core.field.field import Field
    from core.field.look import Look

EMPTY = ("empty", "filled")
TEXT = ("contains", "not_contains", "is", "is_not", "starts", "ends", *EMPTY)
SIZE = ("is", "is_not", "lt", "lte", "gt", "gte", "between", *EMPTY)
DAYS = (
    "on", "before", "after", "between", "yesterday", "today", "tomorrow", "last_n_days", "next_n_days", "older_than_days",
    "last_week", "this_week", "next_week", "last_month", "this_month", "next_month", "last_quarter", "this_quarter", "next_quarter",
    "last_year", "this_year", "next_year", "last_fiscal_year", "this_fiscal_year", "next_fiscal_year", *EMPTY,
)  # fmt: skip
SPACE = re.compile(r"[\s\u3000]+")
WIDE = str.maketrans(
    {chr(c): chr(c - 0xFEE0) for c in range(0xFF01, 0xFF5F)} | {"\u3000": " ", "ー": "-", "－": "-", "―": "-", "‐": "-", "−": "-", "–": "-"}
)


def one_line(value: Any) -> str:
    return SPACE.sub(" ", str(value).replace("\x00", "")).strip()


class Kind:
    """A kind of value. `empty` is what its column holds when there is nothing."""

    key = "text"
    operators: tuple[str, ...] = TEXT
    empty: Any = ""
    right = False  # numbers stand at the right edge of their column
    sortable = True
    inline = True  # may be edited in place and in bulk

    def form_field(self, field: Field) -> forms.Field:
        return forms.CharField(max_length=field.max_length or 200)

    def clean(self, field: Field, value: Any) -> Any:
        """The value as it is stored. Raises ValidationError in the user's words."""
        text = one_line(value)
        if field.max_length and len(text) > field.max_length:
            raise ValidationError(_("Use at most %(limit)d characters.") % {"limit": field.max_length})
        return text

    def is_empty(self, value: Any) -> bool:
        return value is None or value == "" or value == []

    def plain(self, value: Any) -> Any:
        return value

    def back(self, value: Any) -> Any:
        return self.empty if value is None else value

    def stored(self, value: Any) -> Any:
        """The value as a record's `extra` holds it, so that the database can compare it."""
        return self.plain(value)

    def text(self, field: Field, value: Any, look: Look) -> str:
        """The value in words for one reader."""
        return "" if value is None else str(value)

    def html(self, field: Field, value: Any, look: Look) -> str:
        """The value as safe HTML for lists and record pages."""
        return escape(self.text(field, value, look))

    def out(self, field: Field, value: Any, look: Look) -> Any:
        """The value as an export cell: reading it back gives the same value."""
        return self.text(field, value, look)
