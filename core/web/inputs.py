"""The inputs of forms, drawn in Python. Django asks a template for each input, one for each choice in it, and one more for the
attributes of both: a hundred and fifty templates for the form of a lead. What stands here says the same, letter for letter
(tests/core/test_inputs.py); every other widget still comes from its template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from django.forms.renderers import TemplatesSetting
from django.utils.formats import localize
from django.utils.safestring import SafeString

from core.html import built, shown

Widget = Mapping[str, Any]


def _attributes(widget: Widget) -> str:
    made = []
    for name, value in widget["attrs"].items():
        if value is True:
            made.append(f" {shown(name)}")
        elif value is not False:
            made.append(f' {shown(name)}="{shown(value)}"')
    return "".join(made)


def _input(widget: Widget) -> str:
    value = widget["value"]
    held = "" if value is None else f' value="{shown(value)}"'
    return f'<input type="{shown(widget["type"])}" name="{shown(widget["name"])}"{held}{_attributes(widget)}>'


def _textarea(widget: Widget) -> str:
    return f'<textarea name="{shown(widget["name"])}"{_attributes(widget)}>\n{shown(widget["value"] or "")}</textarea>'


def _select(widget: Widget) -> str:
    made = [f'<select name="{shown(widget["name"])}"{_attributes(widget)}>']
    for title, options, _number in widget["optgroups"]:
        if title:
            made.append(f'\n  <optgroup label="{shown(title)}">')
        for one in options:
            made.append(f'\n  <option value="{shown(one["value"])}"{_attributes(one)}>{shown(localize(one["label"]))}</option>\n')
        if title:
            made.append("\n  </optgroup>")
    return "".join([*made, "\n</select>"])


_INPUTS = ("text", "number", "email", "url", "tel", "search", "password", "hidden", "date", "datetime", "time", "checkbox")
_DRAWN: dict[str, Callable[[Widget], str]] = {
    **{f"django/forms/widgets/{name}.html": _input for name in _INPUTS},
    "django/forms/widgets/textarea.html": _textarea,
    "django/forms/widgets/select.html": _select,
}


class Renderer(TemplatesSetting):
    """Draws the usual inputs itself, and leaves the others to templates/."""

    def render(self, template_name: str, context: dict[str, Any], request: Any = None) -> SafeString:
        draw = _DRAWN.get(template_name)
        # Every value is escaped above unless it was vouched for, as in a template.
        return built(draw(context["widget"]) if draw else super().render(template_name, context, request))
