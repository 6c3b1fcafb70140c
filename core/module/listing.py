"""What a list shows: the state that stands in its address, the rows that answer it, and the cells, prepared here since a
template loop over them would be the largest cost of the page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.access.gate import ALL_OF_THEM, Reach, queryset, rights, within
from core.access.gate import fields as gate_fields
from core.access.models import User
from core.criteria.compile import Asker, compile_group, sieve_of
from core.criteria.told import told_by
from core.criteria.tree import NOTHING, BadCriteria, Group, Leaf, load, read
from core.field.faces import face_of
from core.field.field import Field
from core.field.look import Look
from core.html import escape
from core.module import indexed
from core.module.module import Module
from core.module.owned import Owned
from core.module.paging import BadCursor, Cursor, Order, Page, Way, page
from core.module.parts import Part, Seal, part
from core.module.patience import TookTooLong, patience
from core.module.registry import module as find_module
from core.module.saved import ListView, pick, views
from core.record.tags import load_tags
from core.search.sieve import Sieve
from core.text.numbers import whole
from core.worded import worded

SIZES = (25, 50, 100, 200)
CAP = 1000
MOST_TICKED = 1_000
_REPEATED = {"picklist", "user", "yes_no", "link"}


@dataclass
class State:
    """Everything a list's address says, checked against what its reader may see."""

    module: Module
    user: User
    fields: dict[str, Field]
    view: ListView
    views: list[ListView]
    columns: list[Field]
    order: Order
    own: Group  # the filter in the address, on top of the view's
    own_data: dict[str, Any]
    q: str
    size: int
    cursor: Cursor | None
    last: bool
    problem: str = ""
    ids: tuple[int, ...] = ()  # of a file that is made of these rows alone
    only: Q | None = None  # what a page that is no list of the module asks beside the address
    slow: bool = False  # whether that may have no index
    part: Part | None = None  # set by `fetch`, where the list was looked at in parts

    @property
    def order_text(self) -> str:
        return ("-" if self.order.down else "") + self.order.field.key


def state(user: User, module: Module, asked: Any) -> State:
    """Read the query parameters of a list. What is unknown or not allowed falls back, and `problem` says so."""
    known = gate_fields(user, module)
    found = views(user, module)
    view = pick(found, asked.get("view", ""))
    problem, own_data, own = "", {}, NOTHING
    try:
        own_data = load(asked.get("filter", ""))
        own = read(own_data, module, known)
    except BadCriteria as error:
        own_data, problem = {}, unusable(known.get(str(error).partition(" ")[0]))
    cursor = None
    for word in ("after", "before"):
        if asked.get(word):
            try:
                cursor = Cursor.read(asked[word], back=word == "before")
            except BadCursor:
                problem = _elsewhere()
    wished = known.get(asked.get("sort", "").lstrip("-"))
    if wished is not None and wished.live and wished.formula is not None and not problem:
        words = {"field": wished.label, "why": wished.formula.why_live}
        problem = _("The list cannot be sorted by %(field)s: it is worked out when it is shown, since %(why)s.") % words
    last = asked.get("page") == "last"
    size = whole(asked.get("size", "")) if whole(asked.get("size", "")) in SIZES else 50
    columns = [known[key] for key in (asked.get("columns", "").split() or view.columns or module.columns_shown) if key in known]
    return State(
        module, user, known, view, found, columns or [known[key] for key in module.columns_shown if key in known],
        _order(known, asked.get("sort", ""), view.order, module.order), own, own_data, asked.get("q", "").strip()[:200], size,
        Cursor(back=True) if last and not cursor else cursor, last, problem,
    )  # fmt: skip


def _elsewhere() -> str:
    return _("This address is of another order of the list; here is its first page.")


def ticked(text: str) -> tuple[int, ...]:
    """The ids of an address: `12.15.40`."""
    return tuple(sorted({int(one) for one in text.split(".") if one.isascii() and one.isdigit() and len(one) < 19})[:MOST_TICKED])


def unusable(one: Field | None) -> str:
    """What is the matter with a filter over this field, or over none that is there."""
    if one is None or not one.live or one.formula is None:
        return _("This filter cannot be used here; it was left out.")
    return _("The filter was left out: nothing can be asked about %(field)s, which is worked out when it is shown, since %(why)s.") % {
        "field": one.label,
        "why": one.formula.why_live,
    }


def date_fields(module: Module, known: dict[str, Field]) -> list[Field]:
    """The dates a calendar may go by, those of the module's columns first, those of bookkeeping last."""
    kept = [one for one in known.values() if one.kind.key in {"date", "datetime"} and not one.live]
    shown = module.columns_shown
    return sorted(kept, key=lambda one: (not one.editable, one.key not in shown))


def _order(known: dict[str, Field], *wishes: str) -> Order:
    for wish in wishes:
        one = known.get(wish.lstrip("-"))
        if wish and one is not None and one.sortable:
            return Order(one, wish.startswith("-"))
    return Order(next(one for one in known.values() if one.sortable), False)


def rows(asked: State, right: str = "view") -> QuerySet[Any]:
    """All rows the list stands for, unordered: view, filter and quick search, within what the reader may reach."""
    found, way = sifted(asked, right)
    return found if way is None else way.applied(found)


@contextmanager
def in_time(asked: State, by: Field) -> Iterator[QuerySet[Any]]:
    """`rows` for a display that finds them by `by`. Where no index answers that, each question about them in this block has as
    much time as a list. Raises TookTooLong."""
    found, way = sifted(asked)
    slow = _reads_on(way) or indexed.finds_slowly(asked, by)
    with patience(found, settings.LIST_SECONDS if slow else 0):
        yield found if way is None else way.applied(found)


def sifted(asked: State, right: str = "view") -> tuple[QuerySet[Any], Way | None]:
    """The rows the list stands for, and the way to them that is shorter than to walk along the order: by one condition of words,
    which the rows then are without, or by their owners."""
    found, sieve = _sifted(asked, right)
    reach = rights(asked.user).scope(asked.module, right)
    if sieve is None or reach is None:
        return found, Owned.of(reach)
    return found, replace(sieve, of=found, reach=reach.share)


def _sifted(asked: State, right: str) -> tuple[QuerySet[Any], Sieve | None]:
    found, sieve = queryset(asked.user, asked.module, right, aside=asked.view.aside), None
    if asked.ids:
        found = found.filter(pk__in=asked.ids)
    if asked.only is not None:
        found = found.filter(asked.only)
    if asked.q:
        sieve = Sieve(asked.module.key, asked.q)
        told = told_by(asked.user, asked.module, asked.q)
        found = found if told is None else found.filter(told)
    asker = Asker(asked.user)
    try:
        view = read(asked.view.criteria, asked.module, asked.fields)
        sieve, view = _without_words(view) if sieve is None else (sieve, view)
        found = found.filter(compile_group(view, asker))
    except BadCriteria:
        asked.problem = _("This view asks for a field that you may not see or that no longer exists.")
        return found.none(), None
    try:
        own_sieve, own = _without_words(asked.own) if sieve is None else (sieve, asked.own)
        found, sieve = found.filter(compile_group(own, asker)), own_sieve
    except BadCriteria:
        asked.problem, asked.own = _("A value in the filter is not of its kind; the filter was left out."), NOTHING
    return found, sieve


def _without_words(group: Group) -> tuple[Sieve | None, Group]:
    """The first "contains" that all rows must meet, as a sieve; and the other conditions."""
    for member in group.members if not group.any or len(group.members) == 1 else ():
        sieve = sieve_of(member) if isinstance(member, Leaf) else None
        if sieve is not None:
            return sieve, Group(group.any, tuple(one for one in group.members if one is not member))
    return None, group


def counted(found: QuerySet[Any], shown: Page, way: Way | None = None) -> tuple[int, bool]:
    """How many rows there are, up to CAP, and whether there are more. A page that holds all needs no query."""
    if not shown.before and not shown.after:
        return len(shown.records), False
    count = found.order_by()[: CAP + 1].count() if way is None else way.count(found, CAP + 1)
    return min(count, CAP), count > CAP


def fetch(asked: State) -> tuple[Page, int, bool]:
    """The records of the page; how many rows the list has, up to CAP, and whether there are more. A list that no index answers in
    time, and one that goes on like this, is looked at in parts: `asked.part` says so. Raises TookTooLong if even that takes long."""
    found, way = sifted(asked)
    if asked.cursor is not None and asked.cursor.sealed:
        return _part(asked, found, way)
    try:
        with waiting(asked, found, way):
            try:
                shown = page(narrowed(found, asked.columns, asked.order), asked.order, asked.size, asked.cursor, way)
            except BadCursor:
                asked.problem, asked.cursor = _elsewhere(), None
                shown = page(found, asked.order, asked.size, way=way)
            return shown, *counted(found, shown, way)
    except TookTooLong:
        return _part(asked, found, way)


def _reads_on(way: Way | None) -> bool:
    """Whether the way may read more the larger the table is."""
    return isinstance(way, Sieve) or (isinstance(way, Owned) and way.more)


def waiting(asked: State, found: QuerySet[Any], way: Way | None) -> AbstractContextManager[None]:
    """Patience with a list that might read more the larger its table is."""
    slow = _reads_on(way) or indexed.may_read_all(asked)
    return patience(found, settings.LIST_SECONDS if slow else 0)


def _part(asked: State, found: QuerySet[Any], way: Way | None) -> tuple[Page, int, bool]:
    """A part of the list, in the order that was asked for if it has an index, else in the usual one."""
    model, wished = asked.module.model, None
    usual = _order(asked.fields, asked.module.order)
    if not indexed.walkable(asked.order, model):
        if not indexed.walkable(usual, model):
            raise TookTooLong
        wished, asked.order = asked.order.field, usual
    seal = Seal(asked.module.key, asked.order_text, asked.user.pk)
    every, shown = within(ALL_OF_THEM, asked.module, aside=asked.view.aside), narrowed(found, asked.columns, asked.order)
    with patience(found, settings.LIST_SECONDS):
        start = _start(asked, found, seal, kept=wished is None)
        made, asked.part = part(every, shown, way if isinstance(way, Sieve) else None, asked.order, asked.size, start, seal, wished)
    return made, asked.part.fit, False


def _start(asked: State, found: QuerySet[Any], seal: Seal, *, kept: bool) -> Cursor:
    """Where a part begins: where the one before ended, or where the page would have begun that took too long.

    An address of a page is written by anybody. It is followed to a record of the list that holds what it says, and nowhere else:
    what is told of a part counts others' records too.
    """
    cursor = asked.cursor or Cursor()
    if cursor.sealed:
        try:
            return seal.opened(cursor.sealed)
        except BadCursor:
            asked.problem = _elsewhere()
            return Cursor()
    if cursor.pk is not None and kept and not cursor.back:
        edge = found.filter(pk=cursor.pk).first()
        if edge is not None and Cursor.at(edge, asked.order) == cursor:
            return cursor
    if cursor != Cursor():
        asked.problem = _("This page of the list took too long; here is the list from its beginning, in parts.")
    return Cursor()


def narrowed(found: QuerySet[Any], columns: Sequence[Field], order: Order | None = None) -> QuerySet[Any]:
    """Only the columns the cells need: wide rows cost as much as the query that finds them."""
    names = {"pk", "owner_id", "version"}
    for one in [*columns, *([order.field] if order else [])]:
        names |= _columns(one, found.model)
        if one.sort_path and not one.custom:
            names.add(one.sort_path)
        if one.kind.key == "money" and hasattr(found.model, "currency"):
            names.add("currency")
    title = {"name", "subject", "family_name", "given_name", "company", "email", "text", "number"}
    names |= {column.attname for column in found.model._meta.concrete_fields if column.attname in title}
    return found.only(*names)


def _columns(one: Field, model: Any) -> set[str]:
    """The columns the value of a field is made of."""
    if one.live and one.formula is not None:
        known = find_module(one.module).fields
        return {"extra"}.union(*(_columns(known[key], model) for key in one.formula.needs if not known[key].live))
    return set(one.parts) or ({"extra"} if one.custom else {one.path} if one.kind.key != "tags" else set())


def prepare(look: Look, module: Module, records: Sequence[Any], shown: Iterable[Field]) -> None:
    """Gather the names behind ids for a page: one query per linked module, through the gate."""
    wanted: dict[str, set[int]] = {}
    for one in shown:
        if one.kind.key == "link":
            ids = {value for record in records if (value := one.value(record))}
            wanted.setdefault(one.target, set()).update(ids)
        elif one.kind.key == "tags":
            load_tags(module.key, records)
        elif one.live and one.formula is not None:
            for link in one.formula.links:
                look.gather(link.target, {value for record in records if (value := link.value(record))})
    name_records(look, wanted)


def name_records(look: Look, wanted: dict[str, set[int]]) -> None:
    """Put the titles of records into `look.names`, those the reader may see."""
    for key, ids in wanted.items():
        missing = {pk for pk in ids if (key, pk) not in look.names}
        if missing and look.user is not None:
            for record in _named(key, rights(look.user).scope(find_module(key), "view"), tuple(missing)):
                look.names[key, record.pk] = record.title


@worded()
def _named(key: str, reach: Reach | None, ids: tuple[int, ...]) -> QuerySet[Any]:
    return within(reach, key, aside=True).filter(pk__in=ids)


def cells(
    module: Module, records: Sequence[Any], columns: Sequence[Field], look: Look, *, pencil: Callable[[Any, Field], str] | None = None
) -> str:
    """The rows of the table as HTML; the first column is the link to the record. `pencil` gives what each cell has besides."""
    prepare(look, module, records, columns)
    base, made = module.url(), []
    first, *rest = columns
    faces = first.kind.key == "name"
    if faces:
        look.want_faces(module.key, [record.pk for record in records])
    makers = [_maker(one, look) for one in rest]
    for record in records:
        title = escape(first.text(record, look) or record.title or "—")
        kana = _kana(record, first, look)
        tick = f'<td><input type="checkbox" name="pk" value="{record.pk}" aria-label="{title}"></td>'
        face = face_of(record, look) if faces else ""
        if pencil is not None:
            made.append(f'<tr data-pk="{record.pk}" id="r{record.pk}">{tick}<th scope="row">{face}<a href="{base}{record.pk}/">{title}</a>')
            made.append(f"{kana}{pencil(record, first)}</th>")
            made += [f"{make(record).removesuffix('</td>')}{pencil(record, one)}</td>" for make, one in zip(makers, rest, strict=True)]
        else:
            made.append(f'<tr data-pk="{record.pk}">{tick}<th scope="row">{face}<a href="{base}{record.pk}/">{title}</a>{kana}</th>')
            made += [make(record) for make in makers]
        made.append("</tr>")
    return "".join(made)


def _maker(one: Field, look: Look) -> Callable[[Any], str]:
    """Makes the cells of one column. Where few values repeat down the page, each is made once."""
    start, kind = '<td class="num">' if one.kind.right else "<td>", one.kind
    known: dict[Any, str] = {}
    if kind.key == "money":
        return lambda record: f"{start}{one.html(record, look)}</td>"
    value_of = one.reader(look)
    if kind.key not in _REPEATED:
        return lambda record: f"{start}{kind.html(one, value_of(record), look)}</td>"

    def make(record: Any) -> str:
        value = value_of(record)
        cell = known.get(value)
        if cell is None:
            cell = known[value] = f"{start}{kind.html(one, value, look)}</td>"
        return cell

    return make


def _kana(record: Any, first: Field, look: Look) -> str:
    if first.kind.key != "name" or look.language != "ja":
        return ""
    kana = f"{record.family_kana} {record.given_kana}".strip()
    return f"<small>{escape(kana)}</small>" if kana else ""
