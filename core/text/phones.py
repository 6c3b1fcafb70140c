"""Phone numbers: one stored form, the digits one may look for, and the form people read."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat

_HOUSE_REGION = "JP"
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—―⁃−─━ーｰ～〜~・."), "-")
_SEPARATORS = re.compile(r"[\s\-()/]+")
_INNER_NUMBER = re.compile(r"[\s(\[]*(?:内線|ext\.?|x)\s*[:.]?\s*\d{1,8}[)\]]?\s*$", re.IGNORECASE)
_LABEL = re.compile(r"^\s*(?:tel|phone|電話|携帯|mobile|fax)\s*[:.\-]?\s*", re.IGNORECASE)
_TRUNK_ZERO = re.compile(r"^(\+\d{1,3}[\s\-]*)\(0\)")


def _japan() -> str:
    """The national part of every number of ten or eleven digits in Japan's plan: the library's own table in one expression."""
    plan = PhoneMetadata.metadata_for_region("JP", None)
    assert plan is not None and plan.general_desc is not None
    lines = (plan.fixed_line, plan.mobile, plan.toll_free, plan.premium_rate, plan.voip, plan.personal_number, plan.uan, plan.pager)
    patterns = [one.national_number_pattern for one in lines if one is not None and one.national_number_pattern]
    return rf"(?=[1-9]\d{{8,9}}$)(?={plan.general_desc.national_number_pattern})(?:{'|'.join(patterns)})"


# What the plan knows is read by one expression: parsing and formatting cost a hundred times as much.
_SURE_IN_JAPAN = re.compile(rf"0{_japan()}")
_SURE_ABROAD = re.compile(rf"\+81{_japan()}")
_DIALLED_IN_JAPAN = re.compile(r"0\d{9,10}")
_LOOKS_LIKE_PHONE = re.compile(r"\+?[\d\s\-()/]+")
_SEPARATED = re.compile(r"(?=.*\d)(?=.*\D)\+?[\d\-()/]+")
_UNDIALLED = re.compile(r"[^+0-9]")
_LEAST_DIGITS = 4


@lru_cache(maxsize=32_768)
def e164(raw: str, region: str = _HOUSE_REGION) -> str:
    """`raw` as +819012345678, read as dialled in `region`; nothing if it is no phone number."""
    text = _plain(raw)
    digits = _SEPARATORS.sub("", text)
    if region == "JP" and _SURE_IN_JAPAN.fullmatch(digits):
        return "+81" + digits[1:]
    if _SURE_ABROAD.fullmatch(digits):
        return digits
    number = _parsed(text, region)
    return phonenumbers.format_number(number, PhoneNumberFormat.E164) if number else ""


@lru_cache(maxsize=32_768)
def phone_keys(raw: str, region: str = _HOUSE_REGION) -> tuple[str, ...]:
    """The digits under which `raw` is found: as dialled in its country and as dialled from abroad; else just its digits."""
    text = _plain(raw)
    digits = _SEPARATORS.sub("", text)
    if region == "JP" and _SURE_IN_JAPAN.fullmatch(digits):
        return digits, "81" + digits[1:]
    number = _parsed(text, region)
    if number is None:
        bare = re.sub(r"\D", "", digits)
        return (bare,) if bare else ()
    national = re.sub(r"\D", "", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
    found = (national, phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:])
    # A number that no plan knows is formatted without its zero; people still type it as it stands.
    return found if not digits.isdigit() or digits in found else (*found, digits)


def phone_query(q: str, region: str = _HOUSE_REGION) -> str:
    """The digits to look for if `q` looks like a phone number or its last four or more digits, in any width; else nothing."""
    text = _plain(q)
    if not _LOOKS_LIKE_PHONE.fullmatch(text):
        return ""
    digits = _SEPARATORS.sub("", text).removeprefix("+")
    if len(digits) < _LEAST_DIGITS:
        return ""
    if len(digits) > 11 and not text.startswith("+"):
        number = _parsed(text, region)
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:] if number else digits
    return digits


def part_of_number(word: str) -> str:
    """The digits of a folded word that looks like part of a phone number: 090- while somebody types, (03), 1234-5678; else nothing.
    Two digits with a sign between them are rather a house number."""
    if not _SEPARATED.fullmatch(word):
        return ""
    digits = _SEPARATORS.sub("", word).removeprefix("+")
    return digits if len(digits) > 2 or word.strip("+-()/") == digits else ""


@lru_cache(maxsize=16_384)
def shown_phone(raw: str, region: str = _HOUSE_REGION) -> str:
    """A number as people of `region` write it, +81 … if it is abroad for them; what cannot be read stays as typed."""
    number = _parsed(_plain(raw), region)
    if number is None:
        return raw.strip()
    home = number.country_code == phonenumbers.country_code_for_region(region)
    return phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL if home else PhoneNumberFormat.INTERNATIONAL)


def dialled(raw: str) -> str:
    """What a telephone is given to dial: without an inner number, and without the (0) that is left out from abroad."""
    return _UNDIALLED.sub("", _plain(raw)) or _UNDIALLED.sub("", raw)


@lru_cache(maxsize=4_096)
def _plain(raw: str) -> str:
    text = raw if raw.isascii() else unicodedata.normalize("NFKC", raw)
    text = _INNER_NUMBER.sub("", _LABEL.sub("", text)).strip()
    return _TRUNK_ZERO.sub(r"\1", text.translate(_DASHES))


@lru_cache(maxsize=65_536)
def _parsed(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    """The number if it is a real one, or at least written in full: ranges are opened faster than tables are updated."""
    if not any(sign.isdigit() for sign in text) or len(text) > 40:
        return None
    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    number.extension = None
    if phonenumbers.is_valid_number(number):
        return number
    in_full = text.startswith("+") or (region == "JP" and _DIALLED_IN_JAPAN.fullmatch(_SEPARATORS.sub("", text)))
    return number if in_full and phonenumbers.is_possible_number(number) else None
