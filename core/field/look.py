"""How one reader sees values: language, zone, currency, and the names behind ids, gathered once a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_currency, format_decimal
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from core import clock
from core.access.models import User
from core.organisation.settings import home_currency, house_zone
from core.stamps import stamped
from core.text.eras import era_day
from core.text.names import shown_name

SYSTEM_NAME = "—"


@stamped("users")
def user_names() -> dict[int, tuple[str, str]]:
    """Family and given name of every user by id. A few hundred people: kept whole."""
    return {pk: (family, given) for pk, family, given in User.objects.values_list("pk", "family_name", "given_name")}


@lru_cache(maxsize=8)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


@lru_cache(maxsize=20_000)
def money_text(amount: Decimal, currency: str, language: str) -> str:
    """`amount` as a reader of `language` writes it; whole amounts without decimals."""
    whole = amount == amount.to_integral_value()
    return format_currency(amount, currency, "¤#,##0" if whole else None, locale=language, currency_digits=not whole)


@dataclass(frozen=True)
class Children:
    """Records that hang on the one shown: the newest, and whether these are all that the reader may see."""

    rows: list[Any]
    every: bool


@dataclass
class Look:
    """The eyes of one reader. `names` maps (module key, id) to the title of records this reader may see."""

    user: User | None = None
    language: str = "en"
    zone: ZoneInfo = field(default_factory=house_zone)
    now: datetime = field(default_factory=clock.now)
    era: bool = False  # Japanese dates in years of the era
    names: dict[tuple[str, int], str] = field(default_factory=dict)
    # Names of our own people that this page has said already.
    people: dict[int, str] = field(default_factory=dict)
    # Records that hang on the one shown, by (module key, field): read once for its lists and its timeline.
    children: dict[tuple[str, str], Children] = field(default_factory=dict)
    # Records that formulas read, by (module key, id), through the gate: None for one this reader may not see.
    records: dict[tuple[str, int], Any] = field(default_factory=dict)
    # Photos by (module key, id), None for those without; and people whose photos will be asked for.
    _photos: dict[tuple[str, int], int | None] = field(default_factory=dict)
    _faces: dict[str, set[int]] = field(default_factory=dict)

    @classmethod
    def of(cls, user: User) -> Look:
        try:
            zone = _zone(user.time_zone)
        except (KeyError, ValueError):
            zone = house_zone()
        return cls(user, user.language, zone, era=user.calendar == "era")

    def gather(self, module: str, ids: Iterable[int]) -> None:
        """Read records that formulas need, one query for all of them."""
        from core.access.gate import queryset  # the gate itself is made of fields

        missing = {pk for pk in ids if (module, pk) not in self.records}
        if not missing:
            return
        found = {} if self.user is None else {one.pk: one for one in queryset(self.user, module, aside=True).filter(pk__in=missing)}
        self.records |= {(module, pk): found.get(pk) for pk in missing}
        self.names |= {(module, pk): one.title for pk, one in found.items()}

    def want_faces(self, module: str, ids: Iterable[int]) -> None:
        """Say whose faces a page will show: the first that is drawn finds all of their photos in one query a module."""
        self._faces.setdefault(module, set()).update(ids)

    def photo(self, module: str, pk: int) -> int | None:
        """The id of a person's photo; None without one, and for people nobody announced: drawing a face never asks alone."""
        if self._faces:
            from core.files.photos import photos_of, wanted  # files stand above fields

            for key, ids in wanted(self._faces).items():
                self._photos.update(dict.fromkeys(((key, one) for one in ids), None))
                self._photos.update({(key, one): found for one, found in photos_of(key, ids).items()})
            self._faces = {}
        return self._photos.get((module, pk))

    def person(self, user_id: int | None) -> str:
        """One of us by id, in the order of this reader's language."""
        if user_id is None:
            return ""
        known = self.people.get(user_id)
        if known is None:
            known = self.people[user_id] = shown_name(*user_names().get(user_id, ("", "")))
        return known

    def money(self, amount: Decimal | None, currency: str) -> str:
        return "" if amount is None else money_text(amount, currency or home_currency(), self.language)

    def number(self, value: Any) -> str:
        return "" if value is None else format_decimal(value, "#,##0.######", locale=self.language)

    def day(self, value: Any) -> str:
        """A date: 2026/11/21 in Japanese or 令和8年11月21日 for who wants it so, 21 Nov 2026 in English."""
        if value is None:
            return ""
        if self.era and self.language == "ja" and (written := era_day(value if type(value) is date else value.date())):
            return written
        return f"{value.year}/{value.month:02}/{value.day:02}" if self.language == "ja" else f"{value.day} {value:%b} {value.year}"

    def moment(self, value: datetime | None) -> str:
        """Date and time in this reader's zone."""
        if value is None:
            return ""
        local = value.astimezone(self.zone)
        return f"{self.day(local)} {local:%H:%M}"

    def ago(self, value: datetime | None) -> str:
        """A moment as lists show it: short while recent, a date when old."""
        if value is None:
            return ""
        seconds = (self.now - value).total_seconds()
        # What a worker did while the page was made, or another machine's clock says, is a little ahead of us.
        if not -60 <= seconds < 7 * 86_400:
            return self.day(value.astimezone(self.zone))
        seconds = max(seconds, 0)
        unit = 86_400 if seconds >= 86_400 else 3600 if seconds >= 3600 else 60
        return _passed(unit, int(seconds) // unit, get_language())


@lru_cache(maxsize=1_000)
def _passed(unit: int, count: int, language: str | None) -> str:
    """Words for a short time ago, the same for many rows of a list; in the active language, which is named to keep them apart."""
    if not count:
        return _("just now")
    words = {60: _("%(count)d min ago"), 3600: _("%(count)d h ago"), 86_400: _("%(count)d d ago")}[unit]
    return words % {"count": count}


def many(values: Iterable[str], language: str) -> str:
    """A list of words as the language joins them."""
    return ("、" if language == "ja" else ", ").join(value for value in values if value)
