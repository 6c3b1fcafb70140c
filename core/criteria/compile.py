"""The one meaning of criteria in the database: a Q. User choices pass an allow-list of fields and operators (tree.py);
no name or value a user made reaches the ORM as a keyword."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import F, Q, Value
from django.db.models.functions import Concat, Replace
from django.db.models.lookups import IExact

from core import clock
from core.access.gate import fields, rights
from core.access.models import User
from core.criteria.tree import N_DAYS, BadCriteria, Group, Leaf
from core.field.field import Field
from core.field.look import Look
from core.module.registry import module as find_module
from core.organisation.fiscal import months_on, quarter_of, year_of
from core.record.ties import tied_to
from core.search.query import narrowing_ids
from core.search.sieve import Sieve
from core.text.fold import fold

# Operators that hold for those who have no value at all.
_HOLDS_ON_NOTHING = {"empty", "is_not", "not_contains", "has_not"}
# Kinds whose columns stand in the search index as they are; a phone number stands there by its digits.
_INDEXED = {"text", "email", "handle", "url"}


@dataclass
class Asker:
    """Whose question it is: their zone and day, and who "me" and "my team" are. None for rules of the house."""

    user: User | None = None

    @property
    def today(self) -> date:
        look = Look.of(self.user) if self.user else Look()
        return clock.now().astimezone(look.zone).date()

    def moment(self, day: date) -> datetime:
        look = Look.of(self.user) if self.user else Look()
        return datetime.combine(day, time.min, look.zone).astimezone(UTC)

    def ids(self, op: str) -> list[int]:
        if self.user is None:
            return []
        return [self.user.pk, *rights(self.user).team] if op == "my_team" else [self.user.pk]


def compile_group(group: Group, asker: Asker) -> Q:
    """The Q of a whole tree. An empty group asks nothing."""
    made = Q()
    for member in group.members:
        one = compile_leaf(member, asker) if isinstance(member, Leaf) else compile_group(member, asker)
        made = (made | one) if group.any else (made & one)
    return made


def compile_leaf(leaf: Leaf, asker: Asker) -> Q:
    """The Q of one condition. One relation far, a record the asker may not see counts as none at all (A6)."""
    if leaf.link is not None and leaf.link.custom:
        return _through_ties(leaf, leaf.link, asker)
    made = _asked(leaf, asker)
    if not leaf.prefix:
        return made
    seen = _visible(leaf, asker)
    return made | ~seen if leaf.op in _HOLDS_ON_NOTHING else made & seen


def _through_ties(leaf: Leaf, link: Field, asker: Asker) -> Q:
    """The same through a link that an admin added: the condition is asked of the other records themselves, and their ties lead here."""
    there = Leaf(leaf.field, leaf.op, leaf.value)
    seen = find_module(link.target).model._default_manager.filter(_visible(there, asker))
    found = Q(pk__in=tied_to(link, seen.filter(_asked(there, asker)).values("pk")))
    return found | ~Q(pk__in=tied_to(link, seen.values("pk"))) if leaf.op in _HOLDS_ON_NOTHING else found


def _visible(leaf: Leaf, asker: Asker) -> Q:
    """That the related record is there, not in the bin, and one the asker may see."""
    there = Q(**{f"{leaf.prefix}deleted_at__isnull": True, f"{leaf.prefix}pk__isnull": False})
    if asker.user is None:
        return there
    module = find_module(leaf.field.module)
    reach = rights(asker.user).rows(module, "view", leaf.prefix)
    if reach is None:
        return Q(pk__in=[])
    if leaf.field.key not in fields(asker.user, module):
        raise BadCriteria(leaf.field.key)
    return there & reach


def _asked(leaf: Leaf, asker: Asker) -> Q:
    kind = leaf.field.kind.key
    path = leaf.prefix + leaf.field.path
    if leaf.op in {"empty", "filled"}:
        absent = _absent(leaf, path)
        return absent if leaf.op == "empty" else ~absent
    if kind == "tags":
        return _tags(leaf)
    if kind == "name":
        return _name(leaf)
    if kind == "user" and leaf.op in {"me", "my_team"}:
        return Q(**{f"{path}__in": asker.ids(leaf.op)})
    if kind == "user" and leaf.op == "me_unread":
        return _unread(leaf, path, asker)
    if kind in {"date", "datetime"}:
        return _days(leaf, path, asker)
    if kind == "multi_picklist":
        return _holds(leaf, path)
    if kind == "link" and leaf.field.custom:
        return _linked(leaf)
    return _COMPARE[leaf.op](leaf, path)


def _unread(leaf: Leaf, path: str, asker: Asker) -> Q:
    """Mine, given to me by somebody else, and not opened by me yet."""
    from core.record.models import Unopened

    me = asker.ids("me")
    rows = Unopened.objects.filter(user_id__in=me, module=leaf.field.module)
    return Q(**{f"{path}__in": me, f"{leaf.prefix}pk__in": rows.values("record_id")})


def _holds(leaf: Leaf, path: str) -> Q:
    """Any or all of the values in a JSON list; quoted, so that "a" is not found in "ab"."""
    try:
        values = leaf.field.clean(leaf.value)
    except (ValidationError, TypeError, ValueError) as error:
        raise BadCriteria(leaf.field.key) from error
    if not values:
        raise BadCriteria(leaf.field.key)
    inside = Q()
    for value in values:
        one = Q(**{f"{path}__icontains": f'"{value}"'})
        inside = inside & one if leaf.op == "has_all" else inside | one
    return inside if leaf.op in {"has", "has_all"} else ~inside | Q(**{f"{path}__isnull": True})


def _linked(leaf: Leaf) -> Q:
    """A link that an admin added is asked for by its ties, which have an index; the value in `extra` has none."""
    tied = Q(**{f"{leaf.prefix}pk__in": tied_to(leaf.field, _values(leaf))})
    return tied if leaf.op == "is" else ~tied


def _absent(leaf: Leaf, path: str) -> Q:
    if leaf.field.kind.key == "tags":
        from core.record.models import Tagging

        return ~Q(**{f"{leaf.prefix}pk__in": Tagging.objects.filter(module=leaf.field.module).values("record_id")})
    if leaf.field.parts:
        both = Q()
        for part in leaf.field.parts:
            both &= Q(**{leaf.prefix + part: ""})
        return both
    if leaf.field.custom or leaf.field.kind.empty is None:
        return Q(**{f"{path}__isnull": True})
    return Q(**{path: leaf.field.kind.empty})


def _values(leaf: Leaf) -> list[Any]:
    """The value cleaned by its kind, several where the operator takes several. Raises BadCriteria."""
    raw = leaf.value if isinstance(leaf.value, list) else [leaf.value]
    try:
        made = [leaf.field.clean(one) for one in raw[:200]]
    except (ValidationError, TypeError, ValueError, OverflowError) as error:
        raise BadCriteria(leaf.field.key) from error
    made = [leaf.field.kind.stored(one) if leaf.field.custom else one for one in made if not leaf.field.kind.is_empty(one) or one is False]
    if not made:
        raise BadCriteria(leaf.field.key)
    return made


def _is(leaf: Leaf, path: str) -> Q:
    values = _values(leaf)
    if leaf.field.kind.key in {"text", "email", "long_text"}:
        asked = Q()
        for value in values:
            asked |= Q(**{f"{path}__iexact": value})
        return asked
    if leaf.field.custom and leaf.field.kind.key == "yes_no" and values == [False]:
        return Q(**{f"{path}__isnull": True}) | Q(**{path: False})
    return Q(**{path: values[0]}) if len(values) == 1 else Q(**{f"{path}__in": values})


def _is_not(leaf: Leaf, path: str) -> Q:
    # "Is not" holds for those without any value, too: people mean "everyone else".
    missing = leaf.field.custom or leaf.field.kind.empty is None
    return ~_is(leaf, path) | Q(**{f"{path}__isnull": True}) if missing else ~_is(leaf, path)


def _compare(lookup: str) -> Callable[[Leaf, str], Q]:
    return lambda leaf, path: Q(**{f"{path}__{lookup}": _values(leaf)[0]})


def _between(leaf: Leaf, path: str) -> Q:
    """From the one to the other, both included, whichever of them was typed first."""
    first, last = _two(leaf, _values(leaf))
    return Q(**{f"{path}__gte": first, f"{path}__lte": last})


def _two(leaf: Leaf, values: list[Any]) -> list[Any]:
    if len(values) != 2:
        raise BadCriteria(leaf.field.key)
    return sorted(values)


def _words(leaf: Leaf) -> str:
    plain = isinstance(leaf.value, str | int | float) and not isinstance(leaf.value, bool)
    text = " ".join(str(leaf.value).replace("\x00", "").split()) if plain else ""
    if not text or len(text) > 200:
        raise BadCriteria(leaf.field.key)
    return text


def _contains(leaf: Leaf, path: str) -> Q:
    said = Q(**{f"{path}__icontains": _words(leaf)})
    # The search index narrows first, so that no table is read from end to end; the column has the last word.
    narrowed = narrowing_ids(leaf.field.module, _words(leaf)) if _indexed(leaf) else None
    return Q(pk__in=narrowed) & said if narrowed is not None else said


def _indexed(leaf: Leaf) -> bool:
    """Whether the column stands in the search index as it is."""
    return leaf.link is None and leaf.field.key in find_module(leaf.field.module).search.split() and leaf.field.kind.key in _INDEXED


def sieve_of(leaf: Leaf) -> Sieve | None:
    """A condition "contains" as a sieve of the list, where the search index knows its words; None for any other condition."""
    if leaf.op != "contains" or not _indexed(leaf) or narrowing_ids(leaf.field.module, _words(leaf)) is None:
        return None
    return Sieve(leaf.field.module, _words(leaf), Q(**{f"{leaf.field.path}__icontains": _words(leaf)}))


def _not_contains(leaf: Leaf, path: str) -> Q:
    said = ~Q(**{f"{path}__icontains": _words(leaf)})
    return said | Q(**{f"{path}__isnull": True}) if leaf.field.custom else said


def _starts(leaf: Leaf, path: str) -> Q:
    return Q(**{f"{path}__istartswith": _words(leaf)})


def _ends(leaf: Leaf, path: str) -> Q:
    return Q(**{f"{path}__iendswith": _words(leaf)})


_COMPARE: dict[str, Callable[[Leaf, str], Q]] = {
    "is": _is,
    "is_not": _is_not,
    "lt": _compare("lt"),
    "lte": _compare("lte"),
    "gt": _compare("gt"),
    "gte": _compare("gte"),
    "before": _compare("lt"),
    "after": _compare("gt"),
    "between": _between,
    "contains": _contains,
    "not_contains": _not_contains,
    "starts": _starts,
    "ends": _ends,
}


def _name(leaf: Leaf) -> Q:
    """A name is asked as typed, in any order and script; the sort key (furigana, folded) and all parts answer."""
    typed = _words(leaf)
    found = _name_is(leaf, typed) if leaf.op in {"is", "is_not"} else Q()
    if leaf.op == "starts":
        found = Q(**{f"{leaf.prefix}sort_name__startswith": fold(typed)})
        for part in leaf.field.parts:
            found |= Q(**{f"{leaf.prefix}{part}__istartswith": typed})
    if leaf.op == "ends":
        found = Q(**{f"{leaf.prefix}sort_name__endswith": key}) if (key := fold(typed)) else Q(pk__in=[])
        for part in leaf.field.parts:
            found |= Q(**{f"{leaf.prefix}{part}__iendswith": typed})
    if leaf.op in {"contains", "not_contains"}:
        for word in typed.split():
            one = Q(**{f"{leaf.prefix}sort_name__contains": fold(word)}) if fold(word) else Q(pk__in=[])
            for part in leaf.field.parts:
                one |= Q(**{f"{leaf.prefix}{part}__icontains": word})
            found &= one
    if leaf.op in {"is_not", "not_contains"}:
        return ~found
    narrowed = None if leaf.prefix or " " in typed else narrowing_ids(leaf.field.module, typed)
    return Q(pk__in=narrowed) & found if narrowed is not None else found


def _name_is(leaf: Leaf, typed: str) -> Q:
    """The whole name, in either order, with or without a blank between its parts, in writing or in furigana."""
    family, given, family_kana, given_kana = (leaf.prefix + part for part in leaf.field.parts)
    wanted, found = Value(typed.replace(" ", "")), Q(**{f"{leaf.prefix}sort_name": fold(typed)})
    for first, second in ((family, given), (given, family), (family_kana, given_kana)):
        whole = Replace(Concat(F(first), F(second)), Value(" "), Value(""))
        found |= Q(IExact(whole, wanted))
    return found


def _tags(leaf: Leaf) -> Q:
    """Any, all or none of the tags."""
    from core.record.models import Tagging

    words = leaf.value if isinstance(leaf.value, list) else [leaf.value]
    keys = [fold(str(word)) for word in words if str(word or "").strip()]
    if not keys:
        raise BadCriteria(leaf.field.key)
    tagged = Q()
    for asked in [[key] for key in keys] if leaf.op == "has_all" else [keys]:
        found = Tagging.objects.filter(module=leaf.field.module, tag__key__in=asked).values("record_id")
        tagged &= Q(**{f"{leaf.prefix}pk__in": found})
    return ~tagged if leaf.op == "has_not" else tagged


def span(op: str, value: Any, today: date) -> tuple[date | None, date | None]:
    """First day and the day after the last that a date operator means; None is open. Raises BadCriteria."""
    if op in N_DAYS:
        try:
            days = int(str(value))
        except (TypeError, ValueError) as error:
            raise BadCriteria(op) from error
        if not 0 <= days <= 36_500:
            raise BadCriteria(op)
        shift = timedelta(days)
        return {"last_n_days": (today - shift, today + timedelta(1)), "next_n_days": (today, today + shift + timedelta(1))}.get(
            op, (None, today - shift)
        )
    if op in {"yesterday", "today", "tomorrow"}:
        day = today + timedelta({"yesterday": -1, "tomorrow": 1}.get(op, 0))
        return day, day + timedelta(1)
    by = {"last": -1, "this": 0, "next": 1}[op.partition("_")[0]]
    if op.endswith("_week"):
        monday = today + timedelta(7 * by - today.weekday())
        return monday, monday + timedelta(7)
    first, months = {
        "month": (today.replace(day=1), 1),
        "quarter": (quarter_of(today), 3),
        "year": (date(today.year, 1, 1), 12),
        "fiscal_year": (year_of(today), 12),
    }[op.partition("_")[2]]
    return months_on(first, by * months), months_on(first, (by + 1) * months)


def _day(leaf: Leaf, value: Any) -> date:
    from core.field.kinds import KINDS

    try:
        day: date | None = KINDS["date"].clean(leaf.field, str(value or "")[:10])
    except ValidationError as error:
        raise BadCriteria(leaf.field.key) from error
    if day is None:
        raise BadCriteria(leaf.field.key)
    return day


def _days(leaf: Leaf, path: str, asker: Asker) -> Q:
    if leaf.op in {"on", "before", "after"}:
        day = _day(leaf, leaf.value)
        first, end = {"on": (day, day + timedelta(1)), "before": (None, day), "after": (day + timedelta(1), None)}[leaf.op]
    elif leaf.op == "between":
        first, last = _two(leaf, [_day(leaf, one) for one in leaf.value if one] if isinstance(leaf.value, list) else [])
        end = last + timedelta(1)
    else:
        first, end = span(leaf.op, leaf.value, asker.today)
    clean: Callable[[date], Any] = (lambda d: d) if leaf.field.kind.key == "date" else asker.moment
    found = Q()
    for lookup, limit in (("gte", first), ("lt", end)):
        if limit is not None:
            bound = clean(limit)
            found &= Q(**{f"{path}__{lookup}": bound.isoformat() if leaf.field.custom else bound})
    return found
