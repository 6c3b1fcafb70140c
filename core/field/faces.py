"""Faces: a person's photo in the size of its place, or initials on a colour of their own."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from core.field.look import Look
from core.html import built, escape
from core.text.companies import company_initial
from core.text.names import is_eastern

# Pixels on the screen by size of the mark; the photo is kept in 64 and 256, enough for dense screens.
_SIDES = {"large": (56, 256), "medium": (36, 64), "": (24, 64)}


def initials(family: str, given: str) -> str:
    if is_eastern(family):
        return family[:1]
    return f"{given[:1]}{family[:1]}".upper() or "?"


def face_of(record: Any, look: Look | None, size: str = "") -> SafeString:
    """The mark of a record as HTML; the name stands beside it, so it is silent for those who listen.

    Fifty on a list page: plain strings, since format_html is twenty times as dear.
    """
    person = hasattr(record, "family_name")
    if person and look is not None and (photo := look.photo(record._meta.label_lower, record.pk)):
        side, kept = _SIDES.get(size, _SIDES[""])
        # Sizes are ours, the address is made of numbers.
        return built(
            f'<img class="avatar {escape(size)}" src="{_address(photo, kept)}" alt="" width="{side}" height="{side}" loading="lazy">'
        )
    text = initials(record.family_name, record.given_name) if person else company_initial(record.title) or "?"
    square = "" if person else " square"
    return built(f'<span class="avatar {escape(size)}{square}" data-hue="{record.pk % 9 + 1}" aria-hidden="true">{escape(text)}</span>')


@lru_cache(maxsize=10_000)
def _address(photo: int, side: int) -> str:
    return reverse("photo", args=[photo, side])
