"""By what a record is known: the keys of its values, normalised so that however something was typed it is the same key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter
from typing import Any

from core.field.field import Field
from core.field.people import NAME_PARTS
from core.identity.names import who_of
from core.module.module import Module
from core.module.registry import module as find_module
from core.module.registry import modules
from core.text.companies import company_key, web_domain
from core.text.emails import is_group_address
from core.text.phones import e164
from core.text.romaji import is_latin, plain_spelling

MAIL, PHONE, HANDLE, NAME, WEB = "mail", "phone", "handle", "name", "web"
# How sure one kind alone makes us, of people and of companies, out of 100.
WEIGHTS = {"person": {MAIL: 95, HANDLE: 85, PHONE: 80, NAME: 75}, "company": {NAME: 90, HANDLE: 75, WEB: 80, PHONE: 60, MAIL: 80}}
# Several people may share one of these: other names make them other people.
SHARED = {PHONE, HANDLE}
_BY_FIELD_KIND = {"email": MAIL, "phone": PHONE, "handle": HANDLE}
# A shorter number, of a house telephone, makes nobody known.
LEAST_DIGITS = 6
_LONGEST = 200
Get = Callable[[str], Any]
Keys = dict[tuple[str, str], None]


def known_modules() -> list[Module]:
    """The modules whose records are people or companies."""
    return [one for one in modules() if one.identity is not None]


def mail_key(value: str) -> str:
    """An address for comparing; nothing for one where a desk reads: two who share info@ are two."""
    return "" if not value or is_group_address(value) else value.strip().lower()


def phone_key(value: str) -> str:
    digits = e164(value) or "".join(sign for sign in value if sign.isdigit())
    return digits if len(digits) >= LEAST_DIGITS else ""


def handle_key(value: str) -> str:
    return value.strip().lstrip("@").lower()


MAKERS: dict[str, Callable[[str], str]] = {MAIL: mail_key, PHONE: phone_key, HANDLE: handle_key, WEB: web_domain}


def company_spelling(name: str) -> str:
    """A company's name for comparing: without its legal form, kana and Latin as one."""
    return plain_spelling(company_key(name)) if name else ""


def name_forms(family: str, given: str, family_kana: str = "", given_kana: str = "") -> list[str]:
    """The spellings of a person's name as keys. Latin ones do not depend on the order."""
    return _forms(_spelled(family, given), _spelled(family_kana, given_kana))


@lru_cache(maxsize=8_192)
def name_of(family: str, given: str, family_kana: str = "", given_kana: str = "") -> str:
    """A person's name as `core.identity.names.others` compares it."""
    return who_of(_spelled(family, given), _spelled(family_kana, given_kana))


def _spelled(family: str, given: str) -> list[str]:
    return [spelled for word in f"{family} {given}".split() if (spelled := plain_spelling(word))]


def _forms(*names: list[str]) -> list[str]:
    found = [" ".join(sorted(words)) if all(map(is_latin, words)) else "".join(words) for words in names]
    return list(dict.fromkeys(form for form in found if form))


class Reader:
    """Reads the keys of one module's records, or of values somebody is typing."""

    def __init__(self, module: Module) -> None:
        assert module.identity is not None
        self.module, self.spec = module, module.identity
        fields = module.fields
        self.contacts: list[tuple[str, Field]] = [
            (_BY_FIELD_KIND[one.kind.key], one)
            for key, one in fields.items()
            if one.kind.key in _BY_FIELD_KIND and key not in self.spec.leave
        ]
        self.person = self.spec.kind == "person"
        self.names = NAME_PARTS if self.person else tuple(key for key in ("name", "name_kana") if key in fields)
        self.web = [one for key, one in fields.items() if key == "website" and not self.person]
        self.company = fields.get(self.spec.company)
        self.linked = self.company is not None and self.company.kind.key == "link"
        # What is read of a record, in this order: the names, then whatever makes one key each, by its kind.
        self.values = (*self.names, *(one.key for _kind, one in self.contacts), *(one.key for one in self.web))
        self.makers = (*(kind for kind, _one in self.contacts), *(WEB for _one in self.web))
        # Where all of them are plain columns, they are read in one go; the company last, or what stands in for it.
        asked = [fields[key] for key in (*self.values, *([self.spec.company] if self.company else self.values[:1]))]
        plain = not any(one.custom or one.parts or one.live for one in asked)
        self._columns = attrgetter(*(one.path for one in asked)) if plain and len(asked) > 1 else None

    @property
    def fields(self) -> set[str]:
        """The fields whose change changes the keys."""
        return {one.key for _kind, one in self.contacts} | {*self.names} | {one.key for one in self.web} | {self.spec.company} - {""}

    def fields_of(self, kind: str) -> set[str]:
        """The fields a kind of key is made of."""
        if kind == NAME:
            return {*self.names, *({self.spec.company} - {""})}
        if kind == WEB:
            return {one.key for one in self.web}
        return {one.key for found, one in self.contacts if found == kind}

    def companies(self, gets: Iterable[Get]) -> dict[int, list[str]]:
        """The spellings of the companies that records link to, by id: one query."""
        if not self.linked or self.company is None:
            return {}
        ids = {value for get in gets if isinstance(value := get(self.company.key), int)}
        target = find_module(self.company.target)
        names = [key for key in ("name", "name_kana") if key in target.built_in]
        rows = target.model._default_manager.filter(pk__in=ids).values_list("pk", *names) if ids else []
        return {pk: [spelled for text in texts[:1] if (spelled := company_spelling(text))] for pk, *texts in rows}

    def keys(self, get: Get, companies: Mapping[int, Sequence[str]]) -> tuple[Keys, str]:
        """The keys of one record, and the name it is told apart by. Not to be changed: an import asks twice for each row."""
        return _made(self.makers, self.person, tuple([get(key) or "" for key in self.values]), tuple(self._where(get, companies)))

    def of(self, record: Any, companies: Mapping[int, Sequence[str]]) -> tuple[Keys, str]:
        """The same of a record at hand."""
        if self._columns is None:
            return self.keys(of_record(self.module.fields, record), companies)
        *values, where = self._columns(record)
        places = self._where({self.spec.company: where}.get, companies) if self.company is not None else ()
        return _made(self.makers, self.person, tuple([value or "" for value in values]), tuple(places))

    def _where(self, get: Get, companies: Mapping[int, Sequence[str]]) -> Sequence[str]:
        if self.company is None:
            return ()
        value = get(self.company.key)
        if self.linked:
            return companies.get(value, ()) if value else ()
        spelled = company_spelling(str(value or ""))
        return (spelled,) if spelled else ()


def keys_read(module: Module, gets: Sequence[Get]) -> list[tuple[Keys, str]]:
    """The keys of many values, with the name each is told apart by. At most one query."""
    reader = Reader(module)
    companies = reader.companies(gets)
    return [reader.keys(get, companies) for get in gets]


# As many as two steps of an import have: the one that is written, and the one that is read beside it.
@lru_cache(maxsize=8_192)
def _made(makers: tuple[str, ...], person: bool, values: tuple[Any, ...], where: tuple[str, ...]) -> tuple[Keys, str]:
    """The keys of the values of one record, the names first; `where` are the companies a person's name stands at."""
    found: Keys = {}
    names, rest = values[: len(values) - len(makers)], values[len(values) - len(makers) :]
    for kind, value in zip(makers, rest, strict=True):
        if value and (made := MAKERS[kind](str(value))):
            found[kind, made[:_LONGEST]] = None
    if not person:
        forms = list(dict.fromkeys(spelled for name in names if (spelled := company_spelling(str(name)))))
        for form in forms:
            found[NAME, form[:_LONGEST]] = None
        return found, who_of(forms[:1])
    written = [_spelled(*map(str, pair)) for pair in (names[:2], names[2:])]
    forms = _forms(*written)
    for place in where:
        for form in forms:
            found[NAME, f"{form}|{place}"[:_LONGEST]] = None
    return found, who_of(*written)


def of_record(fields: Mapping[str, Field], record: Any) -> Get:
    """A record's values by field key."""
    return lambda key: fields[key].value(record)
