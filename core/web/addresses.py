"""Addresses that differ in a number alone: found once, where `reverse` would look each up anew."""

from __future__ import annotations

from functools import lru_cache

from django.urls import get_script_prefix, reverse

_NUMBER = 7_000_000_001


def numbered(name: str, pk: int) -> str:
    """The address of a route whose one argument is a number: `numbered("note-pin", 12)` is `/notes/12/pin`."""
    before, after = _around(name, get_script_prefix())
    return f"{before}{pk}{after}"


@lru_cache(maxsize=200)
def _around(name: str, _prefix: str) -> tuple[str, str]:
    before, after = reverse(name, args=[_NUMBER]).split(str(_NUMBER))
    return before, after
