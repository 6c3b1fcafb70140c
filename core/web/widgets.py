"""Inputs of our own: choosing a record by typing a part of its name, with and without script."""

from __future__ import annotations

from typing import Any

from django.forms import Widget
from django.utils.translation import gettext as _

from core.field.field import Field


class RecordPicker(Widget):
    """A text input that searches while one types. Without script the typed name or number is looked up on saving.

    The value is "id" or free text; `title` is shown for a known id.
    """

    template_name = "ui/_picker.html"

    def __init__(self, field: Field, attrs: Any = None) -> None:
        super().__init__(attrs)
        self.field = field
        self.titles: dict[str, str] = {}

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        text = "" if value is None else str(value)
        context["widget"] |= {"title": self.titles.get(text, text), "target": self.field.target, "pk": text if text in self.titles else ""}
        return context

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        # The script keeps the id in a second input, valid while the name it stands for is unchanged.
        typed, pk, meant = data.get(name, "").strip(), data.get(f"{name}__pk", ""), data.get(f"{name}__title", "")
        return pk if pk and typed == meant else typed


def unclear(found: int) -> str:
    """Why a typed name did not lead to one record."""
    return _("More than one record has this name. Choose one from the list.") if found else _("There is no such record.")
