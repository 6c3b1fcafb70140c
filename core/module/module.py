"""Module: one kind of record, declared once as data. Its list, record page, form, search, import, export, history and
rights follow from the declaration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from core.field.field import Field, _both, from_column, from_row
from core.field.kinds import KINDS
from core.field.models import CustomField, FieldLabel
from core.field.people import ADDRESS_PARTS, NAME_PARTS
from core.stamps import stamped

if TYPE_CHECKING:
    from django.forms import BaseForm
    from django.utils.functional import _StrPromise

# Columns of the record itself that people may see, sort and filter by, but never type.
_BOOKKEEPING = {"created_at": _("Created"), "changed_at": _("Changed"), "created_by": _("Created by"), "changed_by": _("Changed by")}
_NEVER = {"id", "version", "deleted_at", "deleted_with", "extra", "sort_name", "phone_key", "photo"}


class Section:
    """A titled group of fields on the record page and in the form."""

    def __init__(self, label: _StrPromise | str, fields: str) -> None:
        self.label, self.fields = label, tuple(fields.split())

    @cached_property
    def key(self) -> str:
        """What added fields call their section by, whatever language an admin speaks: its English title."""
        return _both(self.label)[0]


class View:
    """A view that ships with a module: `criteria` as core.criteria reads it, `order` as a field key with - for descending."""

    def __init__(
        self, key: str, label: _StrPromise | str, criteria: Mapping[str, Any] | None = None, order: str = "", hidden: bool = False
    ) -> None:
        self.key, self.label, self.criteria, self.order, self.hidden = key, label, dict(criteria or {}), order, hidden


class Related:
    """A related list on the record page: records of `module` whose `field` points at this one. One that is not `listed`
    counts for the timeline only, since a panel shows it better."""

    def __init__(self, module: str, field: str, columns: str, order: str = "-changed_at", totals: str = "", listed: bool = True) -> None:
        self.module, self.field, self.columns, self.order, self.totals = module, field, tuple(columns.split()), order, totals
        self.listed = listed


class Module:
    """Subclass, set `model` and what deviates, and decorate with `@register`. CONTRIBUTING.md walks through one."""

    model: ClassVar[type[models.Model]]
    slug: ClassVar[str] = ""
    icon: ClassVar[str] = "square"
    columns: ClassVar[str] = ""
    layout: ClassVar[tuple[Section, ...]] = ()
    facts: ClassVar[str] = ""
    search: ClassVar[str] = ""
    same: ClassVar[str] = ""
    order: ClassVar[str] = "-changed_at"
    views: ClassVar[tuple[View, ...]] = ()
    related: ClassVar[tuple[Related, ...]] = ()
    board: ClassVar[str] = ""
    timeline: ClassVar[str] = ""
    aside: ClassVar[Q | None] = None
    message: ClassVar[Mapping[str, str] | None] = None
    plain: ClassVar[str] = ""
    lists: ClassVar[str] = ""
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
        return str(self.model._meta.verbose_name)

    @property
    def plural(self) -> str:
        """What the records are called, as a title."""
        return capfirst(str(self.model._meta.verbose_name_plural))

    @cached_property
    def path(self) -> str:
        """The last part of its addresses: `leads` in /crm/leads/."""
        return self.slug or f"{self.model._meta.model_name}s"

    def url(self, pk: int | None = None, page: str = "") -> str:
        """The address of the list, of one record, or of one of its pages (`edit`, `delete`, …)."""
        if pk is None:
            return reverse("list", args=[self.app, self.path]) + page
        return reverse("record", args=[self.app, self.path, pk]) + page

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
        return _fields(self.key)

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

    def sections(self) -> list[tuple[str, list[Field]]]:
        """The layout with added fields in their sections; those of a section of their own, and those of none, stand last."""
        fields = self.fields
        keys = [section.key for section in self.layout]
        found: list[tuple[str, list[Field]]] = [
            (str(section.label), [fields[key] for key in section.fields if not fields[key].hidden]) for section in self.layout
        ]
        added: dict[str, list[Field]] = {}
        for custom in (f for f in fields.values() if f.custom and not f.hidden):
            home = found[keys.index(custom.section)][1] if custom.section in keys else added.setdefault(custom.section, [])
            home.append(custom)
        loose = added.pop("", [])
        return [*found, *added.items(), *([(str(_("More")), loose)] if loose else [])]


@stamped("fields")
def _fields(key: str) -> dict[str, Field]:
    from core.module.registry import module

    found = dict(module(key).built_in)
    for row in FieldLabel.objects.filter(module=key):
        if row.field in found:
            base = found[row.field]
            names = (row.label_en or base.names[0], row.label_ja or base.names[1])
            found[row.field] = replace(base, names=names, hidden=row.hidden, required=base.required or row.required)
    for custom in CustomField.objects.filter(module=key):
        found[custom.key] = from_row(custom)
    return found
