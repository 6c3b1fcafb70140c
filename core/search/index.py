"""Writing the index: what can be found of each record."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from django.db import Error, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from core.search.backends import Row, backend
from core.search.grams import grams, line
from core.search.models import SearchEntry
from core.text.phones import phone_keys

_BATCH = 4_000
_SETTLE_AFTER, _WORTH_SETTLING, _MOST_WAITING = 60_000, 500, 12_000
_late = threading.local()
_Texts = tuple[str, ...]
_LONGEST_PART, _LONGEST_KEY, _LONGEST_TITLE = 1_000, 4_000, 200


@dataclass(frozen=True, slots=True)
class Entry:
    """What may be typed to find a record. The title is found too and counts first."""

    record_id: int
    title: str
    parts: Sequence[str] = ()
    phones: Sequence[str] = ()
    handles: Sequence[str] = ()


def store(module: str, entries: Iterable[Entry]) -> None:
    """Write `entries` of `module`, new or changed; an entry that is already so is left alone. Takes an iterator of any length."""
    connection = _connection()
    found = backend(connection)
    waiting = 0
    for rows in _prepared(module, iter(entries)):
        with transaction.atomic(using=connection.alias):
            found.store(connection, module, rows)
            waiting += len(rows)
            if waiting >= _SETTLE_AFTER:
                found.settle(connection)
                waiting = 0
    if waiting >= _WORTH_SETTLING:
        found.settle(connection)


def _prepared(module: str, entries: Iterator[Entry]) -> Iterator[list[Row]]:
    """The rows in batches. A long load is prepared beside the database's work; only this thread touches `entries` and the database."""
    first = list(islice(entries, _BATCH))
    if len(first) < _BATCH:
        if first:
            yield _rows(module, first)
        return
    with ThreadPoolExecutor(1) as beside:
        coming = beside.submit(_rows, module, first)
        while batch := list(islice(entries, _BATCH)):
            ready = coming.result()
            coming = beside.submit(_rows, module, batch)
            yield ready
        yield coming.result()


def add(module: str, entries: Sequence[Entry]) -> None:
    """Write `entries` of records that were just made, which stand nowhere in the index yet."""
    load(module, entries)
    if getattr(_late, "waiting", None) is None:
        if len(entries) >= _WORTH_SETTLING:
            _settle()
        return
    _late.waiting += len(entries)
    if _late.waiting >= _MOST_WAITING:
        _settle()


@contextmanager
def settled_late() -> Iterator[None]:
    """For a job that adds many records in steps: fresh grams are sorted in every few thousand and at the end, not after each step.
    Sorting costs by the different grams there are, of which a second step brings few; searches meanwhile read what waits."""
    _late.waiting = 0
    try:
        yield
    except BaseException:  # what was stored before waits all the same
        connection = _connection()
        if _late.waiting and not connection.needs_rollback:
            with suppress(Error):
                backend(connection).settle(connection)
        raise
    else:
        if _late.waiting:
            _settle()
    finally:
        _late.waiting = None


def _settle() -> None:
    connection = _connection()
    backend(connection).settle(connection)
    if getattr(_late, "waiting", None) is not None:
        _late.waiting = 0


def load(module: str, entries: Iterable[Entry]) -> None:
    """As `add`, of any length, and not settled: for load generators."""
    connection = _connection()
    source = iter(entries)
    while batch := list(islice(source, _BATCH)):
        backend(connection).load(connection, module, [_row(module, entry) for entry in batch])


def forget(module: str, ids: Iterable[int]) -> None:
    """Take the records `ids` out of the index."""
    connection = _connection()
    source = iter(ids)
    while batch := list(islice(source, _BATCH)):
        backend(connection).forget(connection, module, batch)


def _connection() -> BaseDatabaseWrapper:
    return connections[router.db_for_write(SearchEntry)]


def _rows(module: str, entries: list[Entry]) -> list[Row]:
    return list({entry.record_id: _row(module, entry) for entry in entries}.values())


def remember(module: str, entries: Iterable[Entry]) -> None:
    """Read entries that may be written soon: they need not be read then."""
    for entry in entries:
        _row(module, entry)


def _row(module: str, entry: Entry) -> Row:
    key, found = _read(module, entry.title, tuple(entry.parts), tuple(entry.phones), tuple(entry.handles))
    return Row(entry.record_id, entry.title[:_LONGEST_TITLE].replace("\x00", ""), key, found)


# As many as two steps of an import have: the one that is written, and the one that is read beside it.
@lru_cache(maxsize=8_192)
def _read(module: str, title: str, parts: _Texts, phones: _Texts, handles: _Texts) -> tuple[str, _Texts]:
    """The key of an entry and its grams."""
    key = _key(title, parts, phones, handles)
    return key, tuple(grams(module, key))


def _key(title: str, parts: Sequence[str], phones: Sequence[str], handles: Sequence[str]) -> str:
    key = line(title[:_LONGEST_PART])
    for text in (*parts, *(handle.lstrip("@＠") for handle in handles)):
        part = line(text[:_LONGEST_PART]) if text else ""
        if part and part not in key:
            key += f"\n{part}"
    for phone in phones:
        for digits in phone_keys(phone):
            if digits not in key:
                key += f"\n^{digits}"
    return key[:_LONGEST_KEY]
