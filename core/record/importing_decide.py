"""What becomes of each row of a chunk: read, recognised, compared. Reads the database, writes nothing, so that the preview
and the run decide alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet

from core import clock
from core.access.gate import can, queryset
from core.access.models import User
from core.access.opened import look_up
from core.actor import Actor
from core.event.models import Event
from core.field.field import Field
from core.field.look import Look
from core.identity.keys import Keys, keys_read
from core.identity.matching import Holders
from core.identity.twins import alike
from core.module.module import Module
from core.record import write
from core.record.importing_cells import Reader, Shortened, Tools, reader
from core.record.importing_links import Coming, Links, People
from core.record.importing_twins import Before, Known, attributes, getter
from core.record.importing_wishes import NUMBER, WHOLE_NAMES, Wishes, fillable, offered_keys
from core.record.importing_words import Problem
from core.record.mapping import split_name
from core.record.reading import Table
from core.record.writing import undefuse
from core.text.fold import fold

ADD, UPDATE, SAME, SKIP, FAIL = "add", "update", "same", "skip", "fail"
SAMPLE = 500


@dataclass
class Row:
    """One line of the file and what becomes of it."""

    line: int
    values: dict[str, Any] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    verdict: str = ADD
    record: Any = None  # the record it updates, or the new one
    changes: dict[str, Any] = field(default_factory=dict)
    into: Row | None = None  # the earlier line it was joined to
    number: int | None = None
    tokens: dict[str, list[str]] = field(default_factory=dict)  # by what it may be recognised, by key
    named: tuple[Keys, str] | None = None  # its identity keys, and the name it is told apart by
    foreseen: tuple[Any, dict[str, str]] | None = None  # the record it would make, and what is wrong with that

    def end(self, verdict: str, code: str, **values: Any) -> Row:
        self.verdict = verdict
        self.problems.insert(0, Problem(code, values))
        return self


class Importer:
    """The eyes of one import: how cells are read, and by what rows are recognised. Made anew for each turn of the job."""

    def __init__(self, user: User, module: Module, table: Table, wishes: Wishes, *, job: int | None = None) -> None:
        self.user, self.module, self.wishes, self.job = user, module, wishes, job
        self.actor = Actor(user, "import", job)
        self.fields = fillable(user, module)
        self.table_width = len(table.headers)
        self.defused = table.kind == "csv"
        self.tools = Tools(
            Look.of(user), People(), Links(user, wishes.new_links), self.defused, table.number_columns, wishes.order, wishes.new_choices
        )
        keys = offered_keys(user, module)
        self.keys = [one for key, one in keys.items() if key in wishes.keys]
        self.whole = {at: key for at, key in wishes.columns.items() if key in WHOLE_NAMES}
        self.numbered = next((at for at, key in wishes.columns.items() if key == NUMBER), None)
        self.columns = {at: self.fields[key] for at, key in wishes.columns.items() if key in self.fields}
        sample = table.sample(SAMPLE)
        self.readers: dict[int, tuple[Field, Reader]] = {}
        for at, one in self.columns.items():
            self.readers[at] = (one, reader(one, at, [row[at] for row in sample], self.tools))
        self.linked = {at: one for at, one in self.columns.items() if one.kind.key == "link"}
        self.required = [one for one in module.fields.values() if one.required and not one.hidden and one.key != "owner"]

    # Reading ------------------------------------------------------------------------------------------------------

    def read(self, line: int, cells: Sequence[str]) -> Row:
        """The values of one line; what could not be read stands in its problems."""
        row = Row(line)
        for at, (one, read) in self.readers.items():
            value = read(cells[at])
            if value is None:
                continue
            if isinstance(value, Problem):
                row.problems.append(value)
            elif isinstance(value, Shortened):
                row.problems.append(Problem("shortened", {"field": one.key, "limit": value.limit}))
                row.values[one.key] = value.value
            elif value != "":
                row.values[one.key] = value
        for at, key in self.whole.items():
            if text := " ".join(self._bare(cells[at]).split()):
                self._split(row, text, key)
        if self.numbered is not None and (text := self._bare(cells[self.numbered])):
            row.number = int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0
        return row

    def _bare(self, cell: str) -> str:
        return (undefuse(cell) if self.defused else cell).strip()

    def _split(self, row: Row, text: str, key: str) -> None:
        """A whole name into its two fields; where it is unclear which part is which, all of it is the family name."""
        family, given = WHOLE_NAMES[key]
        if row.values.keys() & {family, given}:
            return
        parts = split_name(text)
        for one, part in zip((family, given), parts or (text, ""), strict=True):
            if part:
                row.values[one] = self.fields[one].clean(part[: self.fields[one].max_length])
        if parts is None:
            row.problems.append(Problem("unsplit", {"field": family}))

    # Deciding -----------------------------------------------------------------------------------------------------

    def foresee(self, rows: Sequence[Row]) -> None:
        """Make the records of lines before anybody knows whether they will be needed, and let those who index them remember them."""
        for row in rows:
            self._tokens(row)
        if self.module.identity is not None:
            self._name(rows)
        for row in rows:
            if row.number is None and self.wishes.mode != "update":
                row.foreseen = write.built(self.module, self._stored(self._owned(row.values)), actor=self.actor)
        write.foresee(self.module, [row.foreseen[0] for row in rows if row.foreseen is not None])

    def _tokens(self, row: Row) -> None:
        get = getter(row.values)
        row.tokens = {key.key: key.tokens(get) for key in self.keys}

    def _name(self, rows: Sequence[Row]) -> list[tuple[Keys, str]]:
        """The identity keys of rows, read once."""
        missing = [row for row in rows if row.named is None]
        for row, named in zip(missing, keys_read(self.module, [getter(row.values) for row in missing]), strict=True):
            row.named = named
        return [row.named for row in rows if row.named is not None]

    def _owned(self, values: dict[str, Any]) -> dict[str, Any]:
        """The values of a new record: it is somebody's. One that is here already keeps its owner."""
        if "owner" in self.fields or self.wishes.owner is None:
            return {"owner": self.wishes.owner or self.user.pk} | values
        return values

    def decide(self, chunk: Sequence[tuple[int, Sequence[str]]], rows: list[Row] | None = None) -> list[Row]:
        """What becomes of the lines of one chunk, in their order. `rows` are what was read of them already."""
        if rows is None:
            for at, one in self.linked.items():
                self.tools.links.prepare(one, [text for _line, cells in chunk if (text := self._bare(cells[at]))])
            rows = [self.read(line, cells) for line, cells in chunk]
        known = Known(self._within(), self.keys, self.module)
        for row in rows:
            if row.foreseen is None:
                self._tokens(row)
        if self.keys or self.numbered is not None:
            named = None if self.module.identity is None else self._name(rows)
            known.load([(getter(row.values), row.tokens) for row in rows], [row.number for row in rows if row.number], named)
            if self.wishes.mode != "skip" or self.numbered is not None:
                look_up(self.module, known.records.values())
        first: Before[Row] = Before(self.keys)
        pending: dict[int, Row] = {}
        for row in rows:
            self._judge(row, known, first, pending)
        self._name_earlier_twins(rows)
        self._name_likely_twins(rows, known.held)
        return rows

    def _name_likely_twins(self, rows: Sequence[Row], held: Holders | None) -> None:
        """Say of a new record that somebody like it is here: by name and company, or by a key that was not chosen (PLT-16)."""
        new = [row for row in rows if row.verdict == ADD and row.into is None]
        if new and self.wishes.mode != "clone" and self.module.identity is not None:
            for row, title in alike(self.user, self.module, list(zip(new, self._name(new), strict=True)), held):
                row.problems.append(Problem("alike", {"title": title}))

    def _name_earlier_twins(self, rows: Sequence[Row]) -> None:
        """Say of a row that what it met came from an earlier line of the same file."""
        met = {row.record.pk for row in rows if row.record is not None and row.record.pk and row.number is None}
        if self.job is None or not met:
            return
        made = Event.objects.filter(job=self.job, module=self.module.key, record_id__in=met, kind="created")
        own = set(made.values_list("record_id", flat=True))
        for row in rows:
            if row.record is None or row.record.pk not in own:
                continue
            if row.verdict == SKIP:
                row.problems = [Problem("twin_before") if one.code == "here" else one for one in row.problems]
            else:
                row.problems.append(Problem("joined_before"))

    def _within(self) -> list[QuerySet[Any]]:
        """The records a row may mean: what the person may see, and what this very import made for others to own."""
        seen = queryset(self.user, self.module)
        if self.job is None or ("owner" not in self.wishes.columns.values() and self.wishes.owner in {None, self.user.pk}):
            return [seen]
        made = Event.objects.filter(job=self.job, module=self.module.key, record_id=OuterRef("pk"), kind="created")
        everyone = self.module.model._default_manager.filter(deleted_at__isnull=True, created_by=self.user)
        return [seen, everyone.filter(Exists(made))]

    def _judge(self, row: Row, known: Known, first: Before[Row], pending: dict[int, Row]) -> None:
        if row.number is not None:
            record = known.records.get(row.number)
            if record is None:
                row.end(FAIL, "no_number", cell=row.number or "?")
                return
            self._meet(row, record, pending)
            return
        clone = self.wishes.mode == "clone"
        record = None if clone else known.find(getter(row.values), row.tokens)
        if record is not None:
            self._meet(row, record, pending)
            return
        earlier = None if clone else first.find(getter(row.values), row.tokens)
        if earlier is not None:
            self._join(row, earlier)
        elif self.wishes.mode == "update":
            row.end(SKIP, "no_match")
            return
        else:
            self._add(row)
        if row.verdict != FAIL:
            held = row.into or row
            first.add(held, getter(held.values), row.tokens)

    def _meet(self, row: Row, record: Any, pending: dict[int, Row]) -> None:
        """The row's record is here already."""
        row.record = record
        if self.wishes.mode == "skip" and row.number is None:
            row.end(SKIP, "here")
            return
        if not can(self.user, self.module, "edit", record) and not self._made_now(record):
            row.end(*((FAIL, "not_allowed") if row.number is not None else (SKIP, "not_yours")))
            return
        row.changes = self._changes(row, record, pending.get(record.pk))
        self._unsplit_same(row, record)
        row.verdict = UPDATE if row.changes else SAME
        if row.changes:
            earlier = pending.setdefault(record.pk, row)
            if earlier is not row:
                earlier.changes.update(row.changes)
                row.into = earlier

    def _made_now(self, record: Any) -> bool:
        return record.created_by_id == self.user.pk and not can(self.user, self.module, "view", record)

    def _changes(self, row: Row, record: Any, earlier: Row | None) -> dict[str, Any]:
        found = {}
        for key, value in row.values.items():
            one = self.fields[key]
            held = earlier.changes[key] if earlier and key in earlier.changes else one.value(record)
            if not _equal(one, held, value):
                found[key] = value
        return found

    def _unsplit_same(self, row: Row, record: Any) -> None:
        """A whole name that is just what the record is called changes nothing, however it might be split."""
        for key in self.whole.values():
            family, given = WHOLE_NAMES[key]
            said = fold(f"{row.values.get(family, '')}{row.values.get(given, '')}").replace(" ", "")
            held = attributes(record)
            names = {fold(f"{held(a)}{held(b)}").replace(" ", "") for a, b in ((family, given), (given, family))}
            if said in names:
                row.changes.pop(family, None)
                row.changes.pop(given, None)
                row.problems = [one for one in row.problems if one.code != "unsplit"]

    def _join(self, row: Row, earlier: Row) -> None:
        if self.wishes.mode == "skip":
            row.end(SKIP, "twin", line=earlier.line)
            return
        values = earlier.values | row.values
        record, problems = write.built(self.module, self._stored(values), actor=self.actor)
        if problems:
            row.end(FAIL, "refused", message=" ".join(problems.values()))
            return
        row.into, row.verdict = earlier, UPDATE
        row.changes = {key: value for key, value in row.values.items() if earlier.values.get(key) != value}
        earlier.values, earlier.record = values, record
        row.problems.append(Problem("joined", {"line": earlier.line}))

    def _add(self, row: Row) -> None:
        missing = [one for one in self.required if one.key not in row.values and one.default is None]
        if missing:
            row.end(FAIL, "required", field=missing[0].key)
            return
        row.values = self._owned(row.values)
        if row.foreseen is None:
            row.foreseen = write.built(self.module, self._stored(row.values), actor=self.actor)
        row.record, problems = row.foreseen
        row.record.created_at = row.record.changed_at = clock.now()
        if problems:
            row.end(FAIL, "refused", message=" ".join(problems.values()))

    @staticmethod
    def _stored(values: Mapping[str, Any]) -> dict[str, Any]:
        return {key: None if isinstance(value, Coming) else value for key, value in values.items()}


def _equal(one: Field, held: Any, value: Any) -> bool:
    if isinstance(value, Coming):
        return False
    if one.kind.key == "tags":
        return set(held) == set(value)
    if one.custom:  # stored in JSON: compared as it comes back from there
        return bool(one.kind.back(one.kind.plain(value)) == held)
    return bool(held == value)
