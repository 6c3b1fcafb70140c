"""Who is perhaps here already: the likely twins of what somebody types, brings in or looks at, among what they may see."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from operator import attrgetter, or_
from typing import Any

from django.db.models import Min, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import can, queryset
from core.access.gate import fields as gate_fields
from core.access.models import User
from core.identity.keys import HANDLE, MAIL, MAKERS, NAME, PHONE, SHARED, WEB, WEIGHTS, Get, Keys, Reader, known_modules
from core.identity.matching import Holders, Link, Shared, apart, few, first_holders, held_by_few, links, shared_keys
from core.identity.models import IdentityKey
from core.identity.names import others
from core.module.module import Module
from core.text.phones import shown_phone

SHOWN = 5
_record_id = attrgetter("record_id")
_REASONS: dict[str, tuple[Any, Any]] = {
    MAIL: (lazy("same e-mail address: %(value)s"), lazy("had the same e-mail address: %(value)s")),
    PHONE: (lazy("same telephone: %(value)s"), lazy("had the same telephone: %(value)s")),
    HANDLE: (lazy("same handle: @%(value)s"), lazy("had the same handle: @%(value)s")),
    WEB: (lazy("same website: %(value)s"), lazy("had the same website: %(value)s")),
}
_NAMES = {
    "person": (lazy("same name and company"), lazy("had the same name and company")),
    "company": (lazy("same name"), lazy("had the same name")),
}


@dataclass
class Twin:
    """A record that looks like what was asked about."""

    module: Module
    record: Any
    reasons: list[str]
    confidence: int

    @property
    def mark(self) -> str:
        """How the page says that it was shown."""
        return f"{self.module.key}:{self.record.pk}"

    @property
    def url(self) -> str:
        return self.module.url(self.record.pk)


def reason(kind: str, value: str, past: bool, of: str) -> str:
    """Why two records match, in words."""
    if kind == NAME:
        return str(_NAMES[of][past])
    return str(_REASONS[kind][past]) % {"value": shown_phone(value) if kind == PHONE else value}


def how_sure(confidence: int) -> str:
    """A confidence of 1 to 99 in words."""
    if confidence >= 90:
        return _("very likely the same")
    return _("likely the same") if confidence >= 75 else _("perhaps the same")


def open_kinds(user: User, module: Module) -> set[str]:
    """The kinds of keys all of whose fields this person may see: a match by a hidden field would tell what is in it."""
    reader, seen = Reader(module), gate_fields(user, module)
    assert module.identity is not None
    return {kind for kind in WEIGHTS[module.identity.kind] if reader.fields_of(kind) <= seen.keys()}


def twins(user: User, module: Module, get: Get, *, besides: Any = None) -> list[Twin]:
    """The records most like these values, of every module of the same kind of identity, best first.

    `besides` is the record being edited: it is no twin of its own, and what it had before finds nobody new.
    """
    if module.identity is None:
        return []
    reader = Reader(module)
    keys, who = reader.keys(get, reader.companies([get]))
    if besides is not None:
        held = IdentityKey.objects.filter(module=module.key, record_id=besides.pk).values_list("kind", "value")
        keys = {key: None for key in keys if key not in set(held)}
    return _found(user, module, keys, who, besides)


def _found(user: User, module: Module, keys: Keys, who: str, besides: Any) -> list[Twin]:
    if not keys:
        return []
    assert module.identity is not None
    kin = [one for one in known_modules() if one.identity is not None and one.identity.kind == module.identity.kind]
    found: dict[tuple[str, int], Link] = defaultdict(Link)
    doubtful: dict[tuple[str, int], Link] = defaultdict(Link)
    for (key, kind, value), rows in held_by_few([one.key for one in kin], keys).items():
        for row in rows:
            where = doubtful if kind in SHARED and others(who, row.who) else found
            where[key, row.record_id].kinds[kind] = (value, row.past)
    for at, link in doubtful.items():
        if at in found:
            found[at].kinds = link.kinds | found[at].kinds
    made: list[Twin] = []
    for other in kin:
        if can(user, other, "view"):
            mine = {pk: link for (key, pk), link in found.items() if key == other.key}
            made += _seen(user, other, mine, besides if other is module else None)
    return sorted(made, key=lambda one: (-one.confidence, one.record.pk))[:SHOWN]


def holders(
    user: User | None, asked: Mapping[str, Collection[str]], *, right: str = "view", only: Collection[str] = ()
) -> dict[tuple[str, str], list[Twin]]:
    """Who has, or ever had, an address, a telephone or a handle: for every door where somebody makes themselves known without
    a form (a post, a ticket, a conversion). `asked` holds what was said by kind; the answer stands under (kind, what was said).
    Of those modules the person may see (`only` names some), the likeliest first. None for `user` is the house itself. A fixed
    number of statements."""
    said = {(kind, value): made for kind, values in asked.items() for value in values if value and (made := MAKERS[kind](value))}
    if not said:
        return {}
    asked_of = [one for one in known_modules() if (not only or one.key in only) and (user is None or can(user, one, right))]
    held = held_by_few([one.key for one in asked_of], {(kind, made) for (kind, _value), made in said.items()})
    found: dict[tuple[str, str], list[Twin]] = defaultdict(list)
    for module in asked_of:
        mine = {(kind, value): sorted(rows, key=_record_id) for (key, kind, value), rows in held.items() if key == module.key}
        twins_by_id = _twins_by_id(user, module, mine, right)
        for (kind, value), made in said.items():
            ids = [row.record_id for row in mine.get((kind, made), ())]
            found[kind, value] += [one for pk in ids if (one := twins_by_id.get((kind, made, pk)))]
    return {at: sorted(made, key=lambda one: (-one.confidence, one.record.pk))[:SHOWN] for at, made in found.items() if made}


def _twins_by_id(
    user: User | None, module: Module, held: Mapping[tuple[str, str], Sequence[Shared]], right: str
) -> dict[tuple[str, str, int], Twin]:
    assert module.identity is not None
    of = module.identity.kind
    open_ = open_kinds(user, module) if user is not None else set(WEIGHTS[of])
    rows = [row for (kind, _value), rows in held.items() if kind in open_ for row in rows]
    if not rows:
        return {}
    seen = queryset(user, module, right) if user is not None else module.model._default_manager.filter(deleted_at__isnull=True)
    records = {record.pk: record for record in seen.filter(pk__in={row.record_id for row in rows})}
    made = {}
    for row in rows:
        if row.record_id in records:
            sure = Link({row.kind: (row.value, row.past)}).confidence(WEIGHTS[of])
            made[row.kind, row.value, row.record_id] = Twin(
                module, records[row.record_id], [reason(row.kind, row.value, row.past, of)], sure
            )
    return made


def _seen(user: User, module: Module, found: Mapping[int, Link], besides: Any) -> list[Twin]:
    assert module.identity is not None
    kinds, made = open_kinds(user, module), []
    own = besides.pk if besides is not None else None
    ruled_out = _ruled_out(module, own, found)
    for record in queryset(user, module).filter(pk__in=found) if found else []:
        shown = Link({kind: at for kind, at in found[record.pk].kinds.items() if kind in kinds})
        if shown.kinds and record.pk != own and record.pk not in ruled_out:
            words = [reason(kind, value, past, module.identity.kind) for kind, (value, past) in shown.kinds.items()]
            made.append(Twin(module, record, words, shown.confidence(WEIGHTS[module.identity.kind])))
    return made


def _ruled_out(module: Module, own: int | None, found: Collection[int]) -> set[int]:
    if own is None:
        return set()
    return {pk for pair in apart(module, [own, *found]) if own in pair for pk in pair} - {own}


def seen_links(user: User, module: Module, ids: Sequence[int]) -> dict[tuple[int, int], Link]:
    """Why these records, all of which the person may see, look like one: by what the person may see of them alone."""
    if module.identity is None:
        return {}
    within, kinds = set(ids), open_kinds(user, module)
    rows = [row for row in shared_keys(module, ids) if row.record_id in within and row.kind in kinds]
    not_twins = apart(module, within)
    return {pair: link for pair, link in links(rows).items() if pair not in not_twins}


def twins_of(user: User, module: Module, record: Any) -> list[Twin]:
    """The records of the same module that look like this one."""
    assert module.identity is not None
    rows = shared_keys(module, [record.pk])
    not_twins = apart(module, {row.record_id for row in rows})
    found = {sum(pair) - record.pk: link for pair, link in links(rows).items() if record.pk in pair and pair not in not_twins}
    return sorted(_seen(user, module, found, record), key=lambda one: (-one.confidence, one.record.pk))[:9]


def ever_held(module: Module, kind: str, values: Collection[str]) -> dict[str, list[int]]:
    """The living records that once held one of these addresses, numbers or handles and no longer do, by value."""
    made: dict[str, list[int]] = defaultdict(list)
    rows = IdentityKey.objects.filter(value__in=values, kind=kind, module=module.key, live=True, past=True)
    for value, pk in rows.order_by("-record_id").values_list("value", "record_id"):
        made[value].append(pk)
    return made


def held_as(
    module: Module, kind: str, wanted: Collection[tuple[str, str]], within: Sequence[QuerySet[Any]]
) -> dict[tuple[str, str], list[Shared]]:
    """Who holds keys under the very names given with them, the oldest among these records, under key and name: one statement."""
    made: dict[tuple[str, str], list[Shared]] = defaultdict(list)
    if not wanted:
        return made
    asked = Q(value__in={value for value, _who in wanted}, who__in={who for _value, who in wanted})
    among = reduce(or_, (Q(record_id__in=rows.order_by().values("pk")) for rows in within))
    rows = IdentityKey.objects.filter(asked, among, module=module.key, kind=kind, live=True).order_by().values("value", "who", "past")
    for value, who, past, pk in rows.annotate(first=Min("record_id")).values_list("value", "who", "past", "first"):
        made[value, who].append(Shared(kind, value, pk, who, past))
    return made


def alike(user: User, module: Module, wanted: Sequence[tuple[Any, tuple[Keys, str]]], held: Holders | None = None) -> list[tuple[Any, str]]:
    """Those of many values that look like a record of the module that the person may see, with its title: two statements,
    whatever their number. `wanted` are their keys (`keys_read`), `held` who holds these, where that was asked already."""
    kinds = open_kinds(user, module)
    if held is None:
        held = first_holders([module.key], {key for _row, (keys, _who) in wanted for key in keys if key[0] in kinds})
    held, met = few(held), []
    for row, (keys, who) in wanted:
        for kind, value in keys:
            if kind not in kinds:
                continue
            ids = [one.record_id for one in held.get((module.key, kind, value), ()) if not (kind in SHARED and others(who, one.who))]
            if ids:
                met.append((row, ids))
                break
    seen = (
        {record.pk: record.title for record in queryset(user, module).filter(pk__in={pk for _row, ids in met for pk in ids})} if met else {}
    )
    return [(row, seen[known[0]]) for row, ids in met if (known := [pk for pk in ids if pk in seen])]
