"""What a person or a company carries wherever it stands: names with furigana, ways to reach, addresses by country."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

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


@lru_cache(maxsize=20_000)
def address_lines(parts: Sequence[str]) -> tuple[str, ...]:
    """The lines of an address as its country writes them. `parts` are in the order of ADDRESS_PARTS.

    Japan: 〒, then prefecture, city and street in one line, then the building. Elsewhere: building and street first,
    then city, region and postal code.
    """
    postal, region, city, street, building, country = (part.strip() for part in parts)
    if (country or ("JP" if settings.HOME_CURRENCY == "JPY" else "")) == "JP":
        lines = [f"〒{postal}" if postal else "", f"{region}{city}{street}", building]
    else:
        town = f"{city}, {region} {postal}" if region else f"{postal} {city}"
        lines = [building, street, town.strip(" ,"), country]
    return tuple(line for line in lines if line.strip())
