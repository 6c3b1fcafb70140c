"""The form of a module, built from its layout: what may be edited, with labels, help and errors beside the fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse

from core.access.gate import fields, queryset
from core.access.models import User
from core.field.field import Field
from core.field.look import Look
from core.module.listing import name_records
from core.module.module import Module
from core.module.registry import module as find_module
from core.search.query import find
from core.text.numbers import whole
from core.web import refused
from core.web.seen import base_of, since
from core.web.widgets import RecordPicker, unclear


def form_of(module: Module, user: User, data: Any = None, **more: Any) -> RecordForm:
    """The module's form: its own where it declares one, else the one that follows from its layout."""
    made: RecordForm = (module.form or RecordForm)(module, user, data, **more)  # type: ignore[arg-type, assignment]
    return made


def says_the_same(title: str, label: str) -> bool:
    """Whether a section is called like the one field in it: then the page says it once."""
    return title.strip().casefold() == label.strip().casefold()


@dataclass
class Group:
    """A section of the form: its title and bound fields."""

    id: str
    title: str
    fields: list[Any]
    wrong: bool
    columns: int = 2

    @property
    def titled(self) -> bool:
        return len(self.fields) == 1 and says_the_same(self.title, str(self.fields[0].label))


class RecordForm(forms.Form):
    """A form over a module's editable fields. `cleaned` gives what was filled in, by field key."""

    def __init__(
        self,
        module: Module,
        user: User,
        data: Any = None,
        *,
        record: Any = None,
        initial: dict[str, Any] | None = None,
        only: list[str] | None = None,
        prefix: str | None = None,
    ) -> None:
        self.module, self.user, self.record = module, user, record
        self.known = {key: one for key, one in fields(user, module, edit=True, of=record).items() if not one.parts}
        self.order = [
            (laid, [f for f in laid.fields if f.key in self.known and (only is None or f.key in only)]) for laid in module.sections()
        ]
        super().__init__(data, initial=self._start(record, initial or {}), prefix=prefix)
        for _laid, members in self.order:
            for one in members:
                self.fields[one.key] = self._input(one)
                self._keep_held(one, self.fields[one.key])

    def _start(self, record: Any, initial: dict[str, Any]) -> dict[str, Any]:
        made = dict(initial)
        if record is not None:
            look = Look.of(self.user)
            for key, one in self.known.items():
                value = one.value(record)
                made[key] = look.zone and value.astimezone(look.zone) if one.kind.key == "datetime" and value else value
                if one.kind.key == "tags":
                    made[key] = ", ".join(value)
        else:
            for key, one in self.known.items():
                if key not in made and one.default is not None:
                    made[key] = one.default
            made.setdefault("owner", self.user.pk)
        return made

    def _input(self, one: Field) -> forms.Field:
        made = one.kind.form_field(one)
        made.label, made.required = one.label, False
        made.help_text = one.help or made.help_text
        made.widget.attrs.pop("required", None)
        if isinstance(made.widget, RecordPicker):
            self._name_links(one, made.widget)
        if one.kind.key == "postal" and f"{one.key.removesuffix('postal_code')}city" in self.known:
            made.widget.attrs["data-postal"] = reverse("postal")
            made.fills = True  # type: ignore[attr-defined]  # the page offers to fill the address from it
        return made

    def _keep_held(self, one: Field, made: Any) -> None:
        """What the record holds, or held when the form was opened, is always among the choices, though it is offered no more: a
        browser would send it as empty, and what somebody left alone is not theirs to mend."""
        if self.record is None or not hasattr(made, "choices"):
            return
        held, offered = one.value(self.record), set()
        for value, label in made.choices:
            offered |= {str(inner) for inner, _label in label} if isinstance(label, list | tuple) else {str(value)}
        many, values = isinstance(held, list), held if isinstance(held, list) else [held]
        for value in dict.fromkeys([*values, *self._held_before(one, offered | {str(each) for each in values})]):
            if not one.kind.is_empty(value) and str(value) not in offered:
                words = one.kind.text(one, [value] if many else value, Look.of(self.user))
                made.choices = [*made.choices, (value, words)]

    def _held_before(self, one: Field, offered: set[str]) -> list[Any]:
        """What came with the post and is not among the choices, if the record held it when the form was opened."""
        name, data = self.add_prefix(one.key), self.data
        sent = (data.getlist(name) if hasattr(data, "getlist") else [data.get(name, "")]) if self.is_bound else []
        if not set(sent) - offered - {""}:
            return []
        before = since(self.module, self.record, base_of(data)).get(one.key)
        return [value for value in (before if isinstance(before, list) else [before]) if str(value) in sent]

    def _name_links(self, one: Field, widget: RecordPicker) -> None:
        """Titles for the ids the picker may have to show: the stored one, and one that came with the address or the post."""
        ids = {self.initial.get(one.key), (self.data or {}).get(f"{self.add_prefix(one.key)}__pk")}
        wanted = {number for pk in ids if (number := whole(pk))}
        look = Look.of(self.user)
        name_records(look, {one.target: wanted})
        widget.titles = {str(pk): title for (_key, pk), title in look.names.items()}

    def clean(self) -> dict[str, Any]:
        """Every value through its kind; a link through the gate: a record one may not see cannot be linked (A2)."""
        for key, one in self.known.items():
            if key not in self.fields or key not in self.cleaned_data:
                continue
            value = self.cleaned_data[key]
            try:
                self.cleaned_data[key] = self._cleaned(one, value)
                if one.required and one.kind.is_empty(self.cleaned_data[key]):
                    from django.utils.translation import gettext as _

                    raise ValidationError(_("Please fill this in."))
            except ValidationError as error:
                self.add_error(key, error)
        return self.cleaned_data

    def _cleaned(self, one: Field, value: Any) -> Any:
        if one.kind.key == "link":
            return self._linked(one, value)
        if self.record is not None and one.kind.key in {"datetime", "tags"} and value:
            # An input shows less than is held: no seconds, nor which of two hours with one name. What was left alone stays as it is.
            shown = self.fields[one.key].widget.format_value(self.get_initial_for_field(self.fields[one.key], one.key))
            if (value.replace(" ", "T") if one.kind.key == "datetime" else value) == shown:
                return one.value(self.record)
        return one.clean(value)

    def _linked(self, one: Field, value: Any) -> int | None:
        text = str(value or "").strip()
        if not text:
            return None
        try:
            return linked(self.user, one, text)
        except ValidationError:
            if self.record is not None and one.value(self.record) is not None and text == str(one.value(self.record)):
                return int(text)  # linked by someone who may see it; left as it is
            refused.unseen(find_module(one.target), [whole(text)])
            raise

    def changed(self) -> dict[str, Any]:
        """The values that came with the post, cleaned. Fields that were not sent are not touched."""
        sent = {key for key in self.cleaned_data if any(self.add_prefix(key) + end in self.data for end in ("", "__pk", "__shown"))}
        return {key: self.cleaned_data[key] for key in sent}

    def groups(self) -> list[Group]:
        made = []
        for number, (laid, members) in enumerate(self.order):
            if members:
                bound = [self[one.key] for one in members]
                made.append(Group(f"s{number}", laid.title, bound, any(one.errors for one in bound), laid.columns))
        return made

    def problems(self) -> list[tuple[str, str, str]]:
        """(input id, label, message) of every error, for the summary on top."""
        made = []
        for key, messages in self.errors.items():
            known = key in self.fields
            said = " ".join(str(one) for one in messages)
            made.append((self[key].id_for_label if known else "", str(self.fields[key].label or "") if known else "", said))
        return made


def linked(user: User, one: Field, text: str) -> int:
    """The record that a picker's number or typed name means, through the gate. Raises ValidationError."""
    target = find_module(one.target)
    allowed = queryset(user, target, aside=True)
    if whole(text) and allowed.filter(pk=whole(text)).exists():
        return int(text)
    exact = [hit for hit in find(target.key, text, 5, allowed) if hit.title == text]
    if len(exact) != 1:
        raise ValidationError(unclear(len(exact)))
    return exact[0].record_id
