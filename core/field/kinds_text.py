"""Kinds that are one text: words, addresses, numbers to call, links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext_lazy as _

from core.field.kind import EMPTY, WIDE, Kind, one_line
from core.html import escape
from core.text.emails import clean_email
from core.text.phones import dialled

if TYPE_CHECKING:
    from core.field.field import Field
    from core.field.look import Look


def breakable(text: str) -> str:
    """An address with the places where a narrow page may break it: before its signs, never inside a word. Escaped already."""
    return re.sub(r"(?<=.)(?=[@./])", "<wbr>", text)


class Text(Kind):
    pass


class LongText(Kind):
    key = "long_text"
    inline = False
    sortable = False
    operators = ("contains", "not_contains", *EMPTY)

    def form_field(self, field: Field) -> forms.Field:
        return forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), max_length=20_000)

    def clean(self, field: Field, value: Any) -> Any:
        text = str(value).replace("\x00", "").replace("\r\n", "\n").replace("\r", "\n").strip()
        if len(text) > 20_000:
            raise ValidationError(_("Use at most %(limit)d characters.") % {"limit": 20_000})
        return text


class Email(Kind):
    key = "email"

    def form_field(self, field: Field) -> forms.Field:
        # Not <input type=email>: browsers refuse addresses that old phones really have.
        return forms.CharField(max_length=254, widget=forms.TextInput(attrs={"inputmode": "email", "autocomplete": "off"}))

    def clean(self, field: Field, value: Any) -> Any:
        if not str(value).strip():
            return ""
        address, problem = clean_email(str(value))
        if problem == "invalid":
            raise ValidationError(_("This is not an e-mail address."))
        # No provider tells Sato@ from sato@, and one form makes equal addresses equal, in every index.
        return address.lower()

    def html(self, field: Field, value: Any, look: Look) -> str:
        return f'<a href="mailto:{escape(value)}">{breakable(escape(value))}</a>' if value else ""


class Phone(Kind):
    key = "phone"

    def form_field(self, field: Field) -> forms.Field:
        return forms.CharField(max_length=40, widget=forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "off"}))

    def clean(self, field: Field, value: Any) -> Any:
        text = one_line(str(value).translate(WIDE))
        if text and not any(c.isdigit() for c in text):
            raise ValidationError(_("A phone number needs digits."))
        return text[:40]

    def html(self, field: Field, value: Any, look: Look) -> str:
        return f'<a class="num" href="tel:{dialled(value)}">{escape(value)}</a>' if value else ""


class Postal(Kind):
    key = "postal"

    def clean(self, field: Field, value: Any) -> Any:
        text = one_line(str(value).translate(WIDE)).lstrip("〒").strip().upper()
        return f"{text[:3]}-{text[3:]}" if re.fullmatch(r"\d{7}", text) else text[:20]


class Handle(Kind):
    key = "handle"

    def clean(self, field: Field, value: Any) -> Any:
        text = one_line(str(value).translate(WIDE))
        text = re.sub(r"^https?://(www\.)?(x|twitter)\.com/", "", text).split("?")[0].strip("/").lstrip("@")
        if text and not re.fullmatch(r"[A-Za-z0-9_.\-]{1,60}", text):
            raise ValidationError(_("A handle has only letters, digits and _."))
        return text

    def text(self, field: Field, value: Any, look: Look) -> str:
        return f"@{value}" if value else ""


class Url(Kind):
    key = "url"
    _check = URLValidator(schemes=["http", "https"])

    def form_field(self, field: Field) -> forms.Field:
        return forms.CharField(max_length=500, widget=forms.TextInput(attrs={"inputmode": "url"}))

    def clean(self, field: Field, value: Any) -> Any:
        text = one_line(value)
        if not text:
            return ""
        if "://" not in text:
            text = f"https://{text}"
        try:
            self._check(text)
        except ValidationError as error:
            raise ValidationError(_("This is not a web address.")) from error
        return text[:500]

    def html(self, field: Field, value: Any, look: Look) -> str:
        shown = escape(re.sub(r"^https?://", "", value or "").rstrip("/"))
        return f'<a href="{escape(value)}" rel="noopener noreferrer" target="_blank">{breakable(shown)}</a>' if value else ""
