"""The kinds of values: what each may be asked, how it is typed, checked, shown, stored and read back.

A kind knows nothing of modules or pages. `plain` and `back` are its form in JSON: in history, in undo data and, for
fields an admin added, in the record's `extra` (where empty means absent, never null).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.field.kind import EMPTY, TEXT, Kind, one_line
from core.field.kinds_size import Date, DateTime, Money, Number, Percent, Running, Time, YesNo
from core.field.kinds_text import Email, Handle, LongText, Phone, Postal, Text, Url
from core.field.kinds_time import Before, Repeat
from core.html import escape
from core.text.names import shown_name

if TYPE_CHECKING:
    from core.field.field import Field
    from core.field.look import Look


class Picklist(Kind):
    key = "picklist"
    operators = ("is", "is_not", *EMPTY)

    def form_field(self, field: Field) -> forms.Field:
        return forms.ChoiceField(choices=[("", "—"), *_offered(field)])

    def clean(self, field: Field, value: Any) -> Any:
        text = one_line(value)
        if text and text not in field.options:
            raise ValidationError(_("%(value)s is not one of the choices.") % {"value": text})
        return text

    def text(self, field: Field, value: Any, look: Look) -> str:
        option = field.options.get(value)
        return option.label if option else str(value or "")

    def html(self, field: Field, value: Any, look: Look) -> str:
        if not value:
            return ""
        option = field.options.get(value)
        if option and not option.marked:  # a grey dot before every word would say nothing
            return escape(option.label)
        return f'<span class="state" data-hue="{option.hue if option else 10}">{escape(option.label if option else value)}</span>'


def _offered(field: Field) -> list[Any]:
    """The choices to pick from: those that stand within another picklist's under the name of each."""
    around = field.outer
    groups = [(one, field.within(one.value)) for one in around.options.values() if one.active] if around else []
    if sum(bool(members) for _one, members in groups) < 2:
        return [(o.value, o.label) for o in field.options.values() if o.active]
    return [(one.label, [(o.value, o.label) for o in members.values() if o.active]) for one, members in groups if members]


class MultiPicklist(Kind):
    key = "multi_picklist"
    operators = ("has", "has_all", "has_not", *EMPTY)
    sortable = False
    inline = False

    @property
    def empty(self) -> Any:
        return []

    def form_field(self, field: Field) -> forms.Field:
        choices = [(o.value, o.label) for o in field.options.values() if o.active]
        return forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple)

    def clean(self, field: Field, value: Any) -> Any:
        if isinstance(value, str):
            value = [v.strip() for v in re.split(r"[;,、]", value) if v.strip()]
        values = list(value) if isinstance(value, list | tuple) else []
        for one in values:
            if not isinstance(one, str) or one not in field.options:
                raise ValidationError(_("%(value)s is not one of the choices.") % {"value": one})
        return [v for v in field.options if v in values]

    def text(self, field: Field, value: Any, look: Look) -> str:
        from core.field.look import many

        return many((field.options[v].label if v in field.options else v for v in value or []), look.language)

    def out(self, field: Field, value: Any, look: Look) -> Any:
        return "; ".join(field.options[v].label if v in field.options else v for v in value or [])


class Member(Kind):
    """One of our users."""

    key = "user"
    operators = ("is", "is_not", "me", "my_team", "me_unread", *EMPTY)
    empty = None

    def form_field(self, field: Field) -> forms.Field:
        from core.access.people import active_choices

        return forms.TypedChoiceField(choices=[("", "—"), *active_choices()], coerce=int, empty_value=None)

    def clean(self, field: Field, value: Any) -> Any:
        if value in (None, ""):
            return None
        pk = getattr(value, "pk", value)
        try:
            pk = int(pk)
        except (TypeError, ValueError, OverflowError) as error:
            raise ValidationError(_("There is no such user.")) from error
        from core.field.look import user_names

        if pk not in user_names():
            raise ValidationError(_("There is no such user."))
        return pk

    def text(self, field: Field, value: Any, look: Look) -> str:
        return look.person(value)


class Link(Kind):
    """Another record: an id of the target module's table."""

    key = "link"
    operators = ("is", "is_not", *EMPTY)
    empty = None
    inline = False
    sortable = False  # by id it would mean nothing to people, by name it would join a whole table

    def form_field(self, field: Field) -> forms.Field:
        from core.web.widgets import RecordPicker

        return forms.CharField(widget=RecordPicker(field), max_length=300)

    def clean(self, field: Field, value: Any) -> Any:
        if value in (None, ""):
            return None
        try:
            pk = int(getattr(value, "pk", value))
        except (TypeError, ValueError, OverflowError) as error:
            raise ValidationError(_("Choose a record from the list.")) from error
        if not 0 < pk < 2**63:
            raise ValidationError(_("Choose a record from the list."))
        return pk

    def text(self, field: Field, value: Any, look: Look) -> str:
        return look.names.get((field.target, value), "") if value else ""

    def html(self, field: Field, value: Any, look: Look) -> str:
        name = self.text(field, value, look)
        return f'<a href="{field.target_url(value)}">{escape(name)}</a>' if name else ""


class Tags(Kind):
    key = "tags"
    operators = ("has", "has_all", "has_not", *EMPTY)
    sortable = False
    inline = False

    @property
    def empty(self) -> Any:
        return []

    def form_field(self, field: Field) -> forms.Field:
        return forms.CharField(max_length=2000, help_text=_("Words separated by commas."))

    def clean(self, field: Field, value: Any) -> Any:
        """The words, each once. People type so many; what a merge or a conversion joins from several records is never cut."""
        typed = isinstance(value, str)
        words = re.split(r"[,、，;]", value) if typed else list(value or [])
        found = list(dict.fromkeys(w for w in map(one_line, words) if w))
        if (typed and len(found) > 30) or any(len(word) > 60 for word in found):
            raise ValidationError(_("Up to 30 tags of at most 60 characters."))
        return found

    def text(self, field: Field, value: Any, look: Look) -> str:
        from core.field.look import many

        return many(value or [], look.language)

    def html(self, field: Field, value: Any, look: Look) -> str:
        return " ".join(f'<span class="tag">{escape(word)}</span>' for word in value or [])


class Name(Kind):
    """A person's name from four columns; shown in the order of script and reader."""

    key = "name"
    operators = TEXT
    inline = False

    def text(self, field: Field, value: Any, look: Look) -> str:
        family, given, *_kana = value
        return shown_name(family, given)


class Address(Kind):
    """A postal address from six columns; shown in the order of its country."""

    key = "address"
    operators = EMPTY
    sortable = False
    inline = False

    def text(self, field: Field, value: Any, look: Look) -> str:
        from core.field.people import address_lines

        return (
            ("" if look.language == "ja" else ", ").join(address_lines(value)) if look.language != "ja" else " ".join(address_lines(value))
        )

    def html(self, field: Field, value: Any, look: Look) -> str:
        from core.field.people import address_lines

        return "<br>".join(escape(line) for line in address_lines(value))


_SINGLE: list[type[Kind]] = [
    Text, LongText, Email, Phone, Postal, Handle, Url, Number, Running, Percent, Money, Date, DateTime, Time, YesNo, Picklist,
    MultiPicklist, Member, Link, Tags, Name, Address, Repeat, Before,
]  # fmt: skip
KINDS: dict[str, Kind] = {kind.key: kind() for kind in _SINGLE}
