"""The forms of the console."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from core.defaults import fixed
from core.field.choices import WITHIN
from core.field.field import Field
from core.field.formula.words import LONGEST, FormulaError
from core.field.models import CUSTOM_KINDS, HUES, Choice, CustomField
from core.module.arranged import layout
from core.module.module import Module
from core.module.registry import modules

from .formulas import understand

TYPES = [("open", pgettext_lazy("deals", "Open")), ("won", lazy("Won")), ("lost", lazy("Lost"))]
NEW_SECTION = "+"
# The data colours by name, in the order of --h1 to --h10 (static/css/tokens.css).
_COLOURS = (
    lazy("Blue"),
    lazy("Green"),
    lazy("Amber"),
    lazy("Red"),
    lazy("Purple"),
    lazy("Teal"),
    lazy("Pink"),
    lazy("Olive"),
    lazy("Slate"),
    lazy("Grey"),
)
COLOURS = list(zip((number for number, _number in HUES), _COLOURS, strict=True))


class Labels(forms.Form):
    """A name in both languages; one of them is enough."""

    label_en = forms.CharField(label=lazy("Name in English"), max_length=80, required=False)
    label_ja = forms.CharField(label=lazy("Name in Japanese"), max_length=80, required=False)


class CustomForm(Labels):
    """A field an admin adds, or changes: everything but its kind."""

    section = forms.ChoiceField(label=lazy("Section"), required=False)
    new_section = forms.CharField(label=lazy("New section"), max_length=80, required=False, help_text=lazy("A title of its own instead."))
    help = forms.CharField(label=lazy("Help"), max_length=200, required=False, help_text=lazy("Stands beside the field in the form."))
    required = forms.BooleanField(label=lazy("Required"), required=False)
    active = forms.BooleanField(label=lazy("Shown"), required=False)

    def __init__(self, module: Module, row: CustomField | None, data: Any = None, *, begun: dict[str, Any] | None = None) -> None:
        self.module, self.row, self.understood = module, row, None
        start = (
            {name: getattr(row, name) for name in ("label_en", "label_ja", "help", "section", "required", "active", "formula", "target")}
            if row
            else {"active": True, **(begun or {})}
        )
        super().__init__(data, initial=start)
        self.fields["section"].choices = [("", _("More")), *_sections(module, start.get("section", ""))]  # type: ignore[attr-defined]
        if row is None:
            self.fields["kind"] = forms.ChoiceField(label=lazy("Kind"), choices=CUSTOM_KINDS, help_text=lazy("Cannot be changed later."))
        self._of_kind(row.kind if row else str((data or start).get("kind", "")))
        self.order_fields(["kind", "target", "formula", "label_en", "label_ja", "help"])

    def _of_kind(self, kind: str) -> None:
        """What a link, a formula and a yes or no are asked beyond, or not asked."""
        if kind in {"formula", "yes_no"} and (self.row is not None or kind == "formula"):
            del self.fields["required"]
        if kind == "formula":
            area = forms.Textarea(attrs={"rows": 4, "spellcheck": "false", "autocapitalize": "off"})
            self.fields["formula"] = forms.CharField(label=lazy("Formula"), widget=area, max_length=LONGEST)
        if kind == "link" and self.row is None:
            offered = [(one.key, one.plural) for one in modules()]
            self.fields["target"] = forms.ChoiceField(
                label=lazy("Links to"), choices=offered, help_text=lazy("The module whose records are chosen. Cannot be changed later.")
            )

    def clean_formula(self) -> str:
        """As it is stored: fields by key, choices by value."""
        text = self.cleaned_data["formula"]
        try:
            made = understand(self.module, self.row, text)
        except FormulaError as error:
            raise ValidationError(_("At character %(place)d: %(problem)s") % {"place": error.start + 1, "problem": str(error)}) from error
        self.understood = made
        return made.text

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not values.get("label_en") and not values.get("label_ja"):
            self.add_error("label_en", _("The field needs a name in one language at least."))
        if section := values.pop("new_section", ""):
            values["section"] = section
        if values.get("kind") == "yes_no":
            values["required"] = False
        if self.understood is not None:
            values["result"] = self.understood.kind
        return values


def _sections(module: Module, held: str) -> list[tuple[str, str]]:
    """The sections of the layout, and those that admins made."""
    found = {section.key: section.label for section in layout(module.key) if section.key}
    own = CustomField.objects.filter(module=module.key).exclude(section="").values_list("section", flat=True)
    for name in [*own, held]:
        if name:
            found.setdefault(name, name)
    return list(found.items())


class BuiltInForm(Labels):
    """What an admin may say about a field that ships with Enishi."""

    required = forms.BooleanField(label=lazy("Required"), required=False)
    hidden = forms.BooleanField(label=lazy("Hidden"), required=False, help_text=lazy("Its values stay; nobody sees or asks for them."))

    def __init__(self, one: Field, base: Field, row: Any, data: Any = None, *, title: bool = False) -> None:
        self.base = base
        start = {name: getattr(row, name) for name in ("label_en", "label_ja", "hidden", "required")} if row else {}
        super().__init__(data, initial=start)
        self.fields["label_en"].widget.attrs["placeholder"], self.fields["label_ja"].widget.attrs["placeholder"] = base.names
        if title or base.parts or base.required:
            del self.fields["hidden"]
        if base.required or base.parts or not base.editable or base.kind.key == "yes_no":
            del self.fields["required"]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("hidden") and values.get("required"):
            self.add_error("hidden", _("A field that is required cannot be hidden: nobody could fill it in."))
        return values


class NamesForm(forms.Form):
    """What a module is called: one record and several, in both languages."""

    one_en = forms.CharField(label=lazy("One, in English"), max_length=60, required=False)
    many_en = forms.CharField(label=lazy("Several, in English"), max_length=60, required=False)
    one_ja = forms.CharField(label=lazy("One, in Japanese"), max_length=60, required=False)
    many_ja = forms.CharField(label=lazy("Several, in Japanese"), max_length=60, required=False)

    def __init__(self, data: Any, *, row: Any, shipped: dict[str, str]) -> None:
        super().__init__(data, initial={name: getattr(row, name) for name in self.base_fields} if row else {})
        for name, one in self.fields.items():
            one.widget.attrs["placeholder"] = shipped[name]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        for one, many in (("one_en", "many_en"), ("one_ja", "many_ja")):
            for name, other in ((one, many), (many, one)):
                if not values.get(name) and values.get(other):
                    self.add_error(name, _("Give both words of a language, or none."))
        return values


class PipelineForm(Labels):
    """A new pipeline: its name, its colour, and the one whose stages it begins with."""

    hue = forms.TypedChoiceField(label=lazy("Colour"), choices=COLOURS, coerce=int, initial=5)
    like = forms.ChoiceField(label=lazy("Begin with the stages of"), help_text=lazy("A copy, to be changed afterwards."))

    def __init__(self, outer: Field, data: Any = None) -> None:
        super().__init__(data)
        self.outer = outer
        self.fields["like"].choices = [(one.value, one.label) for one in outer.options.values()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        names = {name for name in (values.get("label_en"), values.get("label_ja")) if name}
        if not names:
            self.add_error("label_en", _("The pipeline needs a name in one language at least."))
        elif any({one.en, one.ja} & names for one in self.outer.options.values()):
            self.add_error("label_en", _("Another pipeline has this name."))
        return values


class ChoiceForm(Labels):
    """One value of a picklist; a deal stage also has a probability and says whether the deal is open, won or lost."""

    hue = forms.TypedChoiceField(label=lazy("Colour"), choices=COLOURS, coerce=int)
    active = forms.BooleanField(label=lazy("Offered"), required=False)
    probability = forms.IntegerField(label=lazy("Probability"), min_value=0, max_value=100)
    type = forms.ChoiceField(label=lazy("Kind"), choices=TYPES)

    def __init__(self, row: Choice | None, data: Any = None, *, staged: bool, held: int = 0) -> None:
        self.row, self.held, self.within = row, held, ""
        start: dict[str, Any] = {"active": True, "hue": 10, "probability": 50, "type": "open"}
        if row:
            start = {"label_en": row.label_en, "label_ja": row.label_ja, "hue": row.hue, "active": row.active, **row.more}
        super().__init__(data, initial=start, prefix=f"v-{row.value}" if row else "new")
        for name in ("probability", "type"):
            if not staged:
                del self.fields[name]
        new = _("new value")
        for name, one in self.fields.items():
            one.widget.attrs["aria-label"] = f"{one.label}: {row or new}"
            if name in {"hue", "type"}:
                one.widget.attrs["class"] = "narrow"

    @property
    def is_blank(self) -> bool:
        """Whether the row for a new value was left empty."""
        return not (self["label_en"].data or "").strip() and not (self["label_ja"].data or "").strip()

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if not values.get("label_en") and not values.get("label_ja"):
            self.add_error("label_en", _("The value needs a name in one language at least."))
        row = self.row
        if row and "type" in values and values["type"] != row.more.get("type") and self.held:
            self.add_error("type", _("Deals stand in this stage, so its kind stays. Make another stage and move them."))
        if row and not values.get("active") and row.value in fixed(row.module, row.field):
            self.add_error("active", _("Enishi itself works with this value, so it stays offered."))
        return values

    def values(self) -> dict[str, Any]:
        """The columns of the choice as they will be stored."""
        made = {name: self.cleaned_data[name] for name in ("label_en", "label_ja", "hue", "active")}
        if "type" in self.fields:
            more = {
                **(self.row.more if self.row else {}),
                "probability": self.cleaned_data["probability"],
                "type": self.cleaned_data["type"],
            }
            made["more"] = {**more, WITHIN: self.within} if self.within else more
        return made
