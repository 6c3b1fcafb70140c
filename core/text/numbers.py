"""Whole numbers out of addresses and forms, where anything may stand."""

from __future__ import annotations


def whole(text: object, default: int = 0) -> int:
    """The number `text` spells in plain digits, at most 18 of them; else `default`. (`"²".isdigit()` is true and no number.)"""
    spelled = str(text)
    return int(spelled) if spelled.isascii() and spelled.isdigit() and len(spelled) < 19 else default
