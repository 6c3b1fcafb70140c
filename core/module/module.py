"""Module: one kind of record, declared once as data. Its list, record page, form, search, import, export, history and
rights follow from the declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import get_script_prefix, reverse
from django.utils.text import capfirst
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from core.field.field import Field, _both, from_column
from core.field.kinds import KINDS
from core.field.people import ADDRESS_PARTS, NAME_PARTS, western
from core.module.arranged import all_fields, called, layout

if TYPE_CHECKING:
    from django.forms import BaseForm
    from django.utils.functional import _StrPromise

    from core.record.models import Record

# Columns of the record itself that people may see, sort and filter by, but never type.
_BOOKKEEPING = {"created_at": _("Created"), "changed_at": _("Changed"), "created_by": _("Created by"), "changed_by": _("Changed by")}
_NEVER = {"id", "version", "deleted_at", "deleted_with", "extra", "sort_name", "phone_key", "photo"}


class Section:
    """A titled group of fields on the record page and in the form."""

    def __init__(self, label: _StrPromise | str, fields: str) -> None:
        self.label, self.fields = label, tuple(fields.split())

    @property
    def names(self) -> tuple[str, str]:
        """Its title in English and Japanese."""
        return _both(self.label)

    @cached_property
    def key(self) -> str:
        """What added fields call their section by, whatever language an admin speaks: its English title."""
        return self.names[0]


@dataclass(frozen=True)
class Laid:
    """A section as pages show it: its fields that are not hidden, in one column or two."""

    key: str
    title: str
    fields: list[Field]
    columns: int = 2


class View:
    """A view that ships with a module: `criteria` as core.criteria reads it, `order` as a field key with - for descending."""

    def __init__(
        self, key: str, label: _StrPromise | str, criteria: Mapping[str, Any] | None = None, order: str = "", hidden: bool = False
    ) -> None:
        self.key, self.label, self.criteria, self.order, self.hidden = key, label, dict(criteria or {}), order, hidden


class Related:
    """A related list on the record page: records of `module` whose `field` points at this one. One that is not `listed`
    counts for the timeline only, since a panel shows it better. What happened to records that `rolls_up` stands in the
    timeline of this one, too (CRM-9)."""

    def __init__(
        self,
        module: str,
        field: str,
        columns: str,
        order: str = "-changed_at",
        totals: str = "",
        listed: bool = True,
        rolls_up: bool = False,
    ) -> None:
        self.module, self.field, self.columns, self.order, self.totals = module, field, tuple(columns.split()), order, totals
        self.listed, self.rolls_up = listed, rolls_up


class Identity:
    """How records of a module are known to be one: "person" or "company", and for a person the field that says where they work:
    a text, or a link to a company. All fields that are e-mail addresses, telephones and handles count, but those to `leave`.
    Modules of one kind are compared with each other."""

    def __init__(self, kind: str, company: str = "", leave: str = "") -> None:
        self.kind, self.company, self.leave = kind, company, set(leave.split())


class Module:
    """Subclass, set `model` and what deviates, and decorate with `@register`. CONTRIBUTING.md walks through one."""

    model: ClassVar[type[Record]]
    slug: ClassVar[str] = ""
    icon: ClassVar[str] = "square"
    columns: ClassVar[str] = ""
    layout: ClassVar[tuple[Section, ...]] = ()
    facts: ClassVar[str] = ""
    search: ClassVar[str] = ""
    same: ClassVar[str] = ""
    identity: ClassVar[Identity | None] = None
    order: ClassVar[str] = "-changed_at"
    views: ClassVar[tuple[View, ...]] = ()
    related: ClassVar[tuple[Related, ...]] = ()
    board: ClassVar[str] = ""
    # Picklists whose choices stand within those of another one: {"stage": "pipeline"}.
    within: ClassVar[Mapping[str, str]] = {}
    timeline: ClassVar[str] = ""
    # Modules whose records become records of this one (a Tie of kind "became"): their history is told here, too.
    origins: ClassVar[str] = ""
    aside: ClassVar[Q | None] = None
    message: ClassVar[Mapping[str, str] | None] = None
    plain: ClassVar[str] = ""
    lists: ClassVar[str] = ""
    # Fields whose value follows from rules, with the page below a record that says why it is what it is.
    explained: ClassVar[Mapping[str, str]] = {}
    form: ClassVar[type[BaseForm] | None] = None
    page: ClassVar[str] = "record/record.html"

    @cached_property
    def key(self) -> str:
        return self.model._meta.label_lower

    @cached_property
    def app(self) -> str:
        return self.model._meta.app_label

    @property
    def label(self) -> str:
        """What one record is called, as it stands inside a sentence."""
        return called(self.key, many=False) or str(self.model._meta.verbose_name)

    @property
    def plural(self) -> str:
        """What the records are called, as a title."""
        return capfirst(called(self.key, many=True) or str(self.model._meta.verbose_name_plural))

    @cached_property
    def path(self) -> str:
        """The last part of its addresses: `leads` in /crm/leads/."""
        return self.slug or f"{self.model._meta.model_name}s"

    def url(self, pk: int | None = None, page: str = "") -> str:
        """The address of the list, of one record, or of one of its pages (`edit`, `delete`, …)."""
        base = _address(self.app, self.path, get_script_prefix())
        return f"{base}{page}" if pk is None else f"{base}{pk}/{page}"

    @cached_property
    def built_in(self) -> dict[str, Field]:
        """The fields that stand in the model, compound ones (name, address) before their parts."""
        found: dict[str, Field] = {}
        names = {column.name for column in self.model._meta.concrete_fields}
        if set(NAME_PARTS) <= names:
            found["name"] = Field(
                self.key,
                "name",
                _both(pgettext_lazy("person", "name")),
                KINDS["name"],
                "sort_name",
                parts=NAME_PARTS,
                sort_path="sort_name",
                editable=False,
            )
        for prefix, label in (("", _("address")), ("billing_", _("billing address")), ("shipping_", _("shipping address"))):
            parts = tuple(prefix + part for part in ADDRESS_PARTS)
            if set(parts) <= names:
                key = f"{prefix}address"
                found[key] = Field(self.key, key, _both(label), KINDS["address"], f"{prefix}postal_code", parts=parts, editable=False)
        for column in self.model._meta.concrete_fields:
            if column.name in _NEVER or isinstance(column, models.JSONField) or column.name.endswith("_key"):
                continue
            made = from_column(self.key, column)
            if column.name in _BOOKKEEPING:
                made = replace(made, editable=False, required=False, names=_both(_BOOKKEEPING[column.name]))
            found[column.name] = made
        if hasattr(self.model, "tag_words"):
            found["tags"] = Field(self.key, "tags", _both(_("tags")), KINDS["tags"], "tags")
        return found

    @cached_property
    def by_hand(self) -> bool:
        """Whether people can make its records. A post that was read from a network has columns that nobody can type."""
        derived = {*_BOOKKEEPING, *getattr(self.model, "DERIVED", ())}
        return all(
            column.editable or column.null or column.has_default() or column.primary_key or column.name in derived
            for column in self.model._meta.concrete_fields
        )

    @property
    def fields(self) -> dict[str, Field]:
        """Every field by key, those of admins included, renamed and required as admins set them."""
        return all_fields(self.key)

    def field(self, key: str) -> Field:
        return self.fields[key]

    @cached_property
    def beside(self) -> dict[str, Field]:
        """Picklists of rows that hang on its records (`lists`: related name and column, `roles.role`), by the field their
        choices are kept under. They are in no form or list of the module; admins edit their values like those of a field."""
        made = {}
        for path in self.lists.split():
            relation, name = path.split(".")
            table: Any = self.model._meta.get_field(relation).related_model
            made[name] = replace(from_column(self.key, table._meta.get_field(name)), kind=KINDS["picklist"])
        return made

    def picklist(self, key: str) -> Field | None:
        """The field, or what stands beside the fields, whose choices have this key."""
        return self.fields.get(key) or self.beside.get(key)

    def holder(self, one: Field) -> type[models.Model]:
        """The table whose rows hold the values of a picklist."""
        return one.column.model if one.key in self.beside else self.model

    @cached_property
    def aside_keys(self) -> set[str]:
        """The fields that decide whether a record stands aside."""
        return {child[0].split("__")[0] for child in self.aside.children if isinstance(child, tuple)} if self.aside is not None else set()

    def stands_aside(self, records: Sequence[Any]) -> set[int]:
        """The ids of those records, just written, that are kept out of the module's lists."""
        if self.aside is None:
            return set()
        name, wanted = self.aside.children[0] if len(self.aside.children) == 1 else ("", None)  # type: ignore[misc]
        if str(name).endswith("__isnull"):
            column = str(name).removesuffix("__isnull")
            return {record.pk for record in records if (getattr(record, column) is None) == wanted}
        rows = self.model._default_manager.filter(self.aside, pk__in=[record.pk for record in records])
        return set(rows.values_list("pk", flat=True))

    @property
    def columns_shown(self) -> tuple[str, ...]:
        return tuple(self.columns.split())

    def sections(self) -> list[Laid]:
        """The sections of form and record page, as an admin arranged them or as they ship, without hidden fields. Those that ship
        ask for names and addresses in the order of the reader's language (PLT-6)."""
        fields, japanese = self.fields, get_language() == "ja"
        return [
            Laid(one.key, one.label, [fields[key] for key in keys if not fields[key].hidden], one.columns)
            for one in layout(self.key)
            for keys in [one.fields if japanese or not one.said else western(one.fields)]
        ]


@lru_cache(maxsize=200)
def _address(app: str, path: str, _prefix: str) -> str:
    """Where a module's list stands; its records stand below. Asked a hundred times a page."""
    return reverse("list", args=[app, path])
