"""Inputs of our own: choosing a record by typing a part of its name, and a repeat rule; with and without script."""

from __future__ import annotations

from typing import Any

from django.forms import Widget
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.field import repeat
from core.field.field import Field
from core.field.kinds_time import WEEKDAYS


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


class RepeatInput(Widget):
    """How often, on which weekdays, and when it ends; its value is the text of a rule (core.field.repeat).

    Several inputs with one name each: what does not belong to the choice is not shown, and not read.
    """

    template_name = "ui/_repeat.html"

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_context(name, value, attrs)
        context["widget"] |= {
            "part": _parts(str(value or "")),
            "frequencies": [
                ("", _("Does not repeat")),
                ("DAILY", pgettext("repeat", "Days")),
                ("WEEKLY", pgettext("repeat", "Weeks")),
                ("MONTHLY", pgettext("repeat", "Months")),
                ("YEARLY", pgettext("repeat", "Years")),
            ],
            "weekdays": list(zip(repeat.WEEKDAYS, WEEKDAYS, strict=True)),
            "ends": [("", _("Without end")), ("until", _("Until a day")), ("count", _("So many times"))],
        }
        return context

    def id_for_label(self, id_: str | None) -> str:
        return id_ or ""

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Any:
        """The rule as text; one that cannot be is given on as it was typed, and refused where all values are checked."""
        if data.get(name):  # sent as a text, by a program
            return data.get(name)
        freq = data.get(f"{name}__freq", "")
        if not freq:
            return ""
        days = data.getlist(f"{name}__days") if hasattr(data, "getlist") else data.get(f"{name}__days", [])
        made = [f"FREQ={freq}", f"INTERVAL={data.get(f'{name}__interval', '') or 1}"]
        if freq == "WEEKLY" and days:
            made.append(f"BYDAY={','.join(days)}")
        end = data.get(f"{name}__end", "")
        if end == "until":
            made.append(f"UNTIL={data.get(f'{name}__until', '').replace('-', '').replace('/', '') or '?'}")
        elif end == "count":
            made.append(f"COUNT={data.get(f'{name}__count', '') or '?'}")
        return ";".join(made)


def _parts(text: str) -> dict[str, Any]:
    """What each input shows, also of a rule that could not be read: nothing typed is lost."""
    said = dict(part.partition("=")[::2] for part in text.upper().split(";") if part)
    until = said.get("UNTIL", "")[:8]
    return {
        "freq": said.get("FREQ", ""),
        "interval": said.get("INTERVAL", "1"),
        "days": said.get("BYDAY", "").split(","),
        "end": "until" if "UNTIL" in said else "count" if "COUNT" in said else "",
        "until": f"{until[:4]}-{until[4:6]}-{until[6:]}" if len(until) == 8 else "",
        "count": said.get("COUNT", "").strip("?"),
    }
