"""By what a row of a file is known to be a record that is here already, and the records that are meant.

A key gives the terms to look for in one indexed column, all terms of a chunk in one query, and the token by which two are
the same: an address without its case, a number in E.164, a company without its legal form.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from django.db.models import Min, Q, QuerySet

from core.field.people import NAME_PARTS
from core.identity.keys import HANDLE, LEAST_DIGITS, MAIL, NAME, PHONE, Keys, keys_read, name_of
from core.identity.matching import MOST_SHARED, Holders, first_holders
from core.identity.names import others as two_names
from core.identity.twins import ever_held, held_as
from core.module.module import Module
from core.text.companies import company_key, web_domain
from core.text.emails import is_group_address
from core.text.fold import fold
from core.text.phones import e164

Values = Mapping[str, Any]
Get = Callable[[str], Any]
R = TypeVar("R")
Tokens = Mapping[str, list[str]]


@dataclass(frozen=True)
class Key:
    """One way to recognise a record. `tokens` reads them from anything that gives a value by column name; `terms` are what
    to look for in `column`, the tokens themselves where nothing else is said. Where a token is made of a second column too,
    `beside` names it, and `near` gives what to look for in it where it is never empty."""

    key: str
    column: str
    tokens: Callable[[Get], list[str]]
    terms: Callable[[Get], list[str]] | None = None
    sure: bool = True  # taken unless somebody says otherwise
    weak: bool = False  # several people may share it: see `others`
    ever: str = ""  # the kind of identity key under which those stand who had it once
    beside: str = ""
    near: Callable[[Get], Any] | None = None


def keys_of(module: Module) -> dict[str, Key]:
    """What two records of a module can be the same by, in the order in which they are asked."""
    columns = {column.attname for column in module.model._meta.concrete_fields}
    found = [_key(module, name, columns) for name in module.same.split()]
    if set(NAME_PARTS) <= columns:
        found.append(_person_key(columns))
    elif not module.same:
        title = next((name for name in ("name", "subject") if name in columns), "")
        found += [_text_key(title, columns, sure=False)] if title else []
    return {one.key: one for one in found}


def _key(module: Module, name: str, columns: set[str]) -> Key:
    kind = module.fields[name].kind.key
    if kind == "email":
        return Key(name, name, _emails, ever=MAIL)
    if kind == "phone" and "phone_key" in columns:
        return Key(name, "phone_key", _phones, weak=True, ever=PHONE)
    if name == "name" and "name_key" in columns:
        return _plain("name", "name_key", lambda get: company_key(get("name") or ""))
    if name == "website" and "domain_key" in columns:
        return _plain(name, "domain_key", lambda get: web_domain(get(name) or ""), sure=False)
    if kind == "handle":
        # One handle often serves a whole company, so people choose it knowingly.
        return Key(
            name,
            name,
            lambda get: [get(name).lower()] if get(name) else [],
            lambda get: list({get(name), get(name).lower()}) if get(name) else [],
            False,
            ever=HANDLE,
        )
    return _text_key(name, columns, sure=True)


def _plain(key: str, column: str, of: Callable[[Get], str], *, sure: bool = True) -> Key:
    def tokens(get: Get) -> list[str]:
        token = of(get)
        return [token] if token else []

    return Key(key, column, tokens, sure=sure)


def _emails(get: Get) -> list[str]:
    # info@ is where a desk reads: two people who share it are two people.
    return [address.lower() for address in (get("email"), get("email2")) if address and not is_group_address(address)]


def _phones(get: Get) -> list[str]:
    found = []
    for raw in (get("phone"), get("mobile")):
        if raw:
            found.append(e164(raw) or "".join(sign for sign in raw if sign.isdigit()))
    return list(dict.fromkeys(one for one in found if one))


def _person_key(columns: set[str]) -> Key:
    """The same name at the same company."""

    def token(get: Get) -> str:
        name = person(get)
        where = company_key(get("company") or "") if "company" in columns else str(get("account_id") or "")
        return f"{name}\n{where}" if name and where else ""

    def terms(get: Get) -> list[str]:
        kana = f"{get('family_kana') or ''} {get('given_kana') or ''}".strip()
        plain = f"{get('family_name') or ''} {get('given_name') or ''}".strip()
        return list({fold(name) for name in (kana, plain) if name})

    ways: dict[str, Callable[[Get], Any]] = {
        "company_key": lambda get: company_key(get("company") or ""),
        "company": lambda get: get("company"),
        "account_id": lambda get: pk if isinstance(pk := get("account_id"), int) else None,  # one that is yet to be made has nobody
    }
    beside = next((name for name in ways if name in columns), "")
    return Key("name", "sort_name", lambda get: [token(get)] if token(get) else [], terms, False, beside=beside, near=ways.get(beside))


def _text_key(name: str, columns: set[str], *, sure: bool) -> Key:
    def token(get: Get) -> list[str]:
        text = str(get(name) or "")
        return [f"{text}\n{get('account_id') or ''}" if "account_id" in columns else text] if text else []

    beside = "account_id" if "account_id" in columns else ""
    return Key(name, name, token, lambda get: [str(get(name))] if get(name) else [], sure, beside=beside)


def person(get: Get) -> str:
    """A name for comparing."""
    return fold(f"{get('family_name') or ''}{get('given_name') or ''}").replace(" ", "")


def others(get: Get, other: Get) -> bool:
    """Whether two that share a telephone are two people all the same: other names, and no address of both."""
    return two_names(_name(get), _name(other)) and not set(_emails(get)) & set(_emails(other))


def _name(get: Get) -> str:
    return name_of(*(get(key) or "" for key in NAME_PARTS))


def getter(values: Values) -> Get:
    """Values by column name, of a row: a link stands under its field's key there."""
    return lambda name: values.get(name, values.get(name.removesuffix("_id")) if name.endswith("_id") else None)


def attributes(record: Any) -> Get:
    return lambda name: getattr(record, name, None)


class Before(Generic[R]):
    """The rows of a chunk that came before one, by key and token. Several people may share a telephone: of its first MOST_SHARED
    rows each is remembered, of further ones those of each name."""

    def __init__(self, keys: Sequence[Key]) -> None:
        self.keys = keys
        self._rows: dict[tuple[str, str], list[tuple[R, Get]]] = {}
        self._named: dict[tuple[str, str, str], tuple[R, Get]] = {}

    def add(self, row: R, get: Get, tokens: Tokens) -> None:
        """Remember a row, by what `get` gives; or that of `row` which another one was joined to."""
        for key in self.keys:
            for token in tokens[key.key]:
                held = self._rows.setdefault((key.key, token), [])
                if not held or (key.weak and len(held) < MOST_SHARED):
                    held.append((row, get))
                elif key.weak:
                    self._named.setdefault((key.key, token, _name(get)), (row, get))

    def find(self, get: Get, tokens: Tokens) -> R | None:
        """The first row that is meant by its first key."""
        for key in self.keys:
            for token in tokens[key.key]:
                further = self._named.get((key.key, token, _name(get))) if key.weak else None
                held: list[tuple[R, Get]] = [*self._rows.get((key.key, token), ()), *([further] if further else [])]
                for row, other in held:
                    if not (key.weak and others(get, other)):
                        return row
        return None


# What keys and `others` ask of a record, beside the column and the field of the key itself.
READ = ("name", "email", "email2", "phone", "mobile", "website", "company", "account_id", *NAME_PARTS)


class Known:
    """The records among `rows` that a chunk of rows may mean, by key and token.

    A switchboard's number may stand on thousands of records. So what keys read comes first, as plain values, and whole
    records are read only where a row of the chunk means them. Of a number that many hold, only those are looked at who have
    the name and the company of a row; of those who share any other token the oldest alone is meant, and found by the database.
    """

    def __init__(self, rows: Sequence[QuerySet[Any]], keys: Sequence[Key], module: Module | None = None) -> None:
        self.rows, self.keys, self.module = rows, keys, module
        # Who may be meant, the likeliest first. Only a weak key has more than one: whoever it is must have the name, too.
        self.by_token: dict[tuple[str, str], list[int]] = {}
        self.records: dict[int, Any] = {}
        self._met: dict[int, Get] = {}
        # Who holds the identity keys of the rows, once it was asked.
        self.held: Holders | None = None
        wanted = {*READ, *(key.key for key in keys), *(key.column for key in keys)}
        self._read = [column.attname for column in rows[0].model._meta.concrete_fields if column.attname in wanted]

    def load(
        self, wanted: Sequence[tuple[Get, Tokens]], numbers: Iterable[int] = (), named: Sequence[tuple[Keys, str]] | None = None
    ) -> None:
        """One query a key and set of rows for the whole chunk. `named` are the identity keys of the rows, where they were read."""
        for key in self.keys:
            terms = {term for get, tokens in wanted for term in (key.terms(get) if key.terms else tokens[key.key])}
            if not terms:
                continue
            if key.weak and key.ever and self.module is not None and self.module.identity is not None:
                self._load_shared(self.module, key, wanted, named or keys_read(self.module, [get for get, _tokens in wanted]))
                continue
            for values in self._read_oldest(key, terms, wanted):
                for token in key.tokens(values.get):
                    self.by_token[key.key, token] = [values["pk"]]  # the oldest wins
            if key.ever and self.module is not None and self.module.identity is not None:
                self._load_past(self.module, key, {token for _get, tokens in wanted for token in tokens[key.key]})
        self._fetch({*numbers, *(pk for get, tokens in wanted if (pk := self._meant(get, tokens)) is not None)})

    def _read_oldest(self, key: Key, terms: set[str], wanted: Sequence[tuple[Get, Tokens]]) -> Iterator[dict[str, Any]]:
        for rows in self.rows:
            for values in self._oldest(rows, key, terms, [get for get, _tokens in wanted]):
                self._met.setdefault(values["pk"], values.get)
                yield values

    def _oldest(self, rows: QuerySet[Any], key: Key, terms: set[str], gets: Sequence[Get]) -> QuerySet[Any, dict[str, Any]]:
        """Of those that share a term the oldest one, those that are younger first."""
        # The indexes leave the empty ones out; saying so again lets the planner use them for a long list.
        asked = Q(**{f"{key.column}__in": terms}) & ~Q(**{key.column: ""})
        if key.near is not None:
            asked &= Q(**{f"{key.beside}__in": {value for get in gets if (value := key.near(get))}})
        # Where names alone are asked, the same reading may be of two names, of which the token holds one.
        names = [part for part in NAME_PARTS[:2] if key.near is not None and part in self._read]
        groups = dict.fromkeys([key.column, *([key.beside] if key.beside else []), *names])
        first = rows.filter(asked).order_by().values(*groups).annotate(first=Min("pk")).values("first")
        found: QuerySet[Any, dict[str, Any]] = rows.model._default_manager.filter(pk__in=first).order_by("-pk").values("pk", *self._read)
        return found

    def _load_shared(self, module: Module, key: Key, wanted: Sequence[tuple[Get, Tokens]], named: Sequence[tuple[Keys, str]]) -> None:
        """The holders of numbers, and those who held one once (PLT-16), of whom none has another name than the row. Of a number
        that many hold, only those who share the name at the company, too, or the very name where the row has no company."""
        self.held = first_holders([module.key], {one for keys, _who in named for one in keys})
        crowded = {
            (token, who)
            for (_get, tokens), (keys, who) in zip(wanted, named, strict=True)
            for token in tokens[key.key]
            if len(self.held.get((module.key, key.ever, token), ())) > MOST_SHARED and not any(kind == NAME for kind, _value in keys)
        }
        namesakes = held_as(module, key.ever, crowded, self.rows)
        found: dict[str, set[tuple[bool, int]]] = defaultdict(set)
        for (_get, tokens), (keys, who) in zip(wanted, named, strict=True):
            for token in tokens[key.key]:
                rows = self.held.get((module.key, key.ever, token), [])
                if (token, who) in crowded:
                    rows = namesakes.get((token, who), [])
                elif len(rows) > MOST_SHARED:
                    rows = [one for kind, value in keys if kind == NAME for one in self.held.get((module.key, kind, value), ())]
                found[token] |= {(one.past, one.record_id) for one in rows if not two_names(who, one.who)}
        self._read_of({pk for ones in found.values() for _past, pk in ones})
        for token, ones in found.items():
            self.by_token[key.key, token] = [
                pk for past, pk in sorted(ones) if pk in self._met and (past or token in key.tokens(self._met[pk]))
            ]

        self._load_short(key, wanted)

    def _load_short(self, key: Key, wanted: Sequence[tuple[Get, Tokens]]) -> None:
        """A number too short to be an identity key is known by the name beside it."""
        short = {token for _get, tokens in wanted for token in tokens[key.key] if len(token) < LEAST_DIGITS}
        if not short:
            return
        name = "family_name" if "family_name" in self._read else "name"
        for values in self._read_oldest(replace(key, beside=name, near=lambda get: get(name)), short, wanted):
            for token in short.intersection(key.tokens(values.get)):
                self.by_token[key.key, token].insert(0, values["pk"])

    def _read_of(self, ids: Collection[int]) -> set[int]:
        """Read what keys ask of these records; those of them that are among `rows`."""
        seen = set()
        for rows in self.rows if ids else ():
            for values in rows.filter(pk__in=ids).values("pk", *self._read):
                self._met.setdefault(values["pk"], values.get)
                seen.add(values["pk"])
        return seen

    def _load_past(self, module: Module, key: Key, tokens: set[str]) -> None:
        """Whoever held an address once is meant by it as long as nobody holds it now (PLT-16)."""
        held = ever_held(module, key.ever, {token for token in tokens if (key.key, token) not in self.by_token})
        seen = self._read_of({pk for found in held.values() for pk in found})
        for token, found in held.items():
            for pk in found:
                if pk in seen:
                    self.by_token[key.key, token] = [pk]

    def _fetch(self, ids: set[int]) -> None:
        for rows in self.rows:
            if missing := ids - self.records.keys():
                self.records.update({record.pk: record for record in rows.filter(pk__in=missing)})

    def _meant(self, get: Get, tokens: Tokens) -> int | None:
        for key in self.keys:
            for token in tokens[key.key]:
                for pk in self.by_token.get((key.key, token), ()):
                    if not (key.weak and others(get, self._met[pk])):
                        return pk
        return None

    def find(self, get: Get, tokens: Tokens) -> Any | None:
        """The record a row means, by its first key that finds one."""
        pk = self._meant(get, tokens)
        return None if pk is None else self.records.get(pk)
