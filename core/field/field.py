"""Field: one value of a record. Built in or added by an admin, there is no difference anywhere else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.translation import get_language

from core.field import columns
from core.field.choices import Option, home, options
from core.field.kind import Kind
from core.field.kinds import KINDS
from core.field.models import CustomField
from core.html import escape

if TYPE_CHECKING:
    from core.field.formula.formula import Formula
    from core.field.look import Look

# The first class that fits says the kind.
_BY_COLUMN: list[tuple[type[models.Field[Any, Any]], str]] = [
    (columns.EmailColumn, "email"),
    (columns.PhoneColumn, "phone"),
    (columns.PostalColumn, "postal"),
    (columns.HandleColumn, "handle"),
    (columns.LinkColumn, "url"),
    (columns.PicklistColumn, "picklist"),
    (columns.MoneyColumn, "money"),
    (columns.PercentColumn, "percent"),
    (columns.RunningColumn, "running"),
    (columns.RepeatColumn, "repeat"),
    (columns.BeforeColumn, "before"),
    (models.BooleanField, "yes_no"),
    (models.DateTimeField, "datetime"),
    (models.DateField, "date"),
    (models.IntegerField, "number"),
    (models.TextField, "long_text"),
    (models.CharField, "text"),
]


@dataclass(frozen=True)
class Field:
    """One value of a module's records.

    `path` is where the ORM finds it (`company`, `extra__c3`); `parts` are the keys it is composed of (a name, an
    address); `target` is the module key a link points at. A formula's `kind` is that of its result; `live` is one whose value depends
    on who reads and when, so that it is worked out each time and cannot be asked for by filters, orders and groups.
    """

    module: str
    key: str
    names: tuple[str, str]  # English, Japanese
    kind: Kind
    path: str
    custom: bool = False
    required: bool = False
    hidden: bool = False
    help: str = ""
    max_length: int = 0
    parts: tuple[str, ...] = ()
    target: str = ""
    currency: str = ""
    editable: bool = True
    sort_path: str = ""
    section: str = ""
    default: Any = None
    column: Any = field(default=None, compare=False)
    is_formula: bool = False
    formula: Formula | None = field(default=None, compare=False)

    @property
    def label(self) -> str:
        return self.named(get_language())

    def named(self, language: str | None) -> str:
        """The label in one language: a page with many fields asks for the language once."""
        first, second = (self.names[1], self.names[0]) if language == "ja" else self.names
        return first or second

    @property
    def options(self) -> dict[str, Option]:
        return options(self.module, self.key)

    @property
    def outer(self) -> Field | None:
        """The picklist whose choices this one's stand within (Module.within); None for most."""
        from core.module.registry import module

        found = module(self.module)
        return found.fields.get(found.within.get(self.key, "")) if found.within else None

    def within(self, outer: str) -> dict[str, Option]:
        """The choices that stand within one choice of the outer picklist; all of them where there is none."""
        if (around := self.outer) is None:
            return self.options
        return {value: one for value, one in self.options.items() if home(one, str(around.default)) == outer}

    def told_apart(self) -> dict[str, str]:
        """Every choice by value with its label; where two are called the same, with what each stands within."""
        labels = {value: one.label for value, one in self.options.items()}
        if (around := self.outer) is None:
            return labels
        names, often = around.options, Counter(labels.values())
        for value, one in self.options.items():
            if often[one.label] > 1 and (outer := names.get(home(one, str(around.default)))):
                labels[value] = f"{one.label} ({outer.label})"
        return labels

    @property
    def live(self) -> bool:
        return self.formula is not None and bool(self.formula.live)

    @property
    def sortable(self) -> bool:
        return self.kind.sortable and bool(self.sort_path) and not self.live

    def target_url(self, pk: int) -> str:
        from core.module.registry import module

        return module(self.target).url(pk)

    def value(self, record: Any) -> Any:
        """The value as Python holds it; a link is an id. Of a live formula it is what a reader without any rights would see."""
        if self.live:
            return self._worked_out(record, None)
        if self.custom:
            return self.kind.back(record.extra.get(self.key))
        if self.parts:
            return tuple(getattr(record, part) for part in self.parts)
        if self.kind.key == "tags":
            return record.tag_words
        return getattr(record, self.path)

    def seen(self, record: Any, look: Look) -> Any:
        """The value for one reader: another one than `value` only where a formula depends on who reads."""
        return self._worked_out(record, look) if self.live else self.value(record)

    def reader(self, look: Look) -> Callable[[Any], Any]:
        """What gives the value of one record after the other: of a plain column without a question about what it is."""
        plain = not (self.live or self.custom or self.parts or self.kind.key == "tags")
        return attrgetter(self.path) if plain else lambda record: self.seen(record, look)

    def _worked_out(self, record: Any, look: Look | None) -> Any:
        found = self.formula.value(record, look) if self.formula is not None else None
        return self.kind.empty if found is None else found

    def put(self, record: Any, value: Any) -> None:
        if not self.custom:
            setattr(record, self.path, value)
            return
        if self.kind.is_empty(value) and value is not False:
            record.extra.pop(self.key, None)
        else:
            record.extra[self.key] = self.kind.stored(value)

    def clean(self, value: Any) -> Any:
        return self.kind.clean(self, value)

    def text(self, record: Any, look: Look) -> str:
        return self.kind.text(self._in_currency(record), self.seen(record, look), look)

    def html(self, record: Any, look: Look) -> str:
        return self.kind.html(self._in_currency(record), self.seen(record, look), look)

    def alone(self, record: Any, look: Look) -> str:
        """As text where no label stands beside it: a yes says what it is about, a no says nothing."""
        if self.kind.key == "yes_no":
            return self.label if self.seen(record, look) else ""
        return self.text(record, look)

    def html_alone(self, record: Any, look: Look) -> str:
        """The same as HTML; "" of what is empty."""
        words = self.alone(record, look)
        return escape(words) if self.kind.key == "yes_no" else words and self.html(record, look)

    def out(self, record: Any, look: Look) -> Any:
        return self.kind.out(self._in_currency(record), self.seen(record, look), look)

    def _in_currency(self, record: Any) -> Field:
        return self.priced(getattr(record, "currency", ""))

    def priced(self, currency: str) -> Field:
        """The field as it is read in a record of this currency; a plain added amount stays in that of the house."""
        if self.kind.key != "money" or (self.custom and not self.is_formula):
            return self
        return self if currency == self.currency else _Priced(self, currency)  # type: ignore[return-value]


class _Priced:
    """A money field seen through one record's currency: an attribute wrapper, since a list has thousands of them."""

    __slots__ = ("currency", "field")

    def __init__(self, base: Field, currency: str) -> None:
        self.field, self.currency = base, currency

    def __getattr__(self, name: str) -> Any:
        return getattr(self.field, name)


def _both(words: Any) -> tuple[str, str]:
    """A lazy label in both languages, fixed once."""
    from django.utils.translation import override

    with override("en"):
        english = str(words)
    with override("ja"):
        japanese = str(words)
    return english[:1].upper() + english[1:], japanese[:1].upper() + japanese[1:]


def from_column(module: str, column: models.Field[Any, Any]) -> Field:
    """The Field of one model column."""
    # What a model keeps for itself (INNER) is stored like any value, but shown to nobody.
    attname, kind, target, inner = column.attname, "", "", column.name in getattr(column.model, "INNER", ())
    if isinstance(column, models.ForeignKey):
        other = column.remote_field.model
        label = other._meta.label_lower
        # A link to what is no record (a channel, a delivery) is stored like any value, but shown to nobody.
        inner = inner or (label != "core.user" and not hasattr(other, "deleted_with"))
        kind, target = ("user", "") if label == "core.user" else ("number", "") if inner else ("link", label)
    else:
        kind = next((key for cls, key in _BY_COLUMN if isinstance(column, cls)), "text")
    default = column.default if column.has_default() and not callable(column.default) else None
    return Field(
        module=module,
        key=column.name,
        names=_both(column.verbose_name),
        kind=KINDS[kind],
        path=attname,
        required=column.editable and not column.blank and kind != "yes_no" and not inner,
        hidden=inner,
        help=column.help_text,  # type: ignore[arg-type] # lazy: read in the language of each reader
        max_length=getattr(column, "max_length", None) or 0,
        target=target,
        editable=column.editable and not inner,
        sort_path=attname,
        default=None if default in ("", None) else default,
        column=column,
    )


def from_row(row: CustomField) -> Field:
    """The Field an admin added."""
    is_formula = row.kind == "formula"
    kind = KINDS[(row.result or "text") if is_formula else row.kind]
    path = f"extra__{row.key}"
    return Field(
        module=row.module,
        key=row.key,
        names=(row.label_en or row.label_ja, row.label_ja or row.label_en),
        kind=kind,
        path=path,
        custom=True,
        required=row.required and not is_formula,
        hidden=not row.active,
        help=row.help,
        max_length=0 if row.kind == "long_text" else 500,
        target=row.target,
        editable=not is_formula,
        sort_path=path if kind.sortable else "",
        section=row.section,
        is_formula=is_formula,
    )
