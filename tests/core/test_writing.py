"""Exports run in no spreadsheet and read back as what they were."""

import io
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.record.reading import Limits, open_table
from core.record.writing import csv_pieces, defuse, undefuse, write_xlsx

TRICKY = ["=1+1", "+81312345678", "-2+3", "@SUM(A1)", "\tx", "\rx", "\nx", "＝1", "＋1", "－1", "＠x", "'", "''", "'=1", "'abc"]
SIGNS = st.characters(exclude_characters="\x00\ufffe\uffff", exclude_categories=("Cs",))
TEXT = st.text(SIGNS | st.sampled_from("=+-@\t\r\n＝＋－＠'\",; 0123456789"), max_size=20)


def read_csv(content: bytes) -> list[list[str]]:
    table = open_table(io.BytesIO(content), "a.csv", Limits())
    return [[undefuse(cell) for cell in row] for _line, row in table.rows()]


def read_xlsx(rows: Sequence[Sequence[object]]) -> list[list[str]]:
    page = io.BytesIO()
    write_xlsx(page, ["Key", "First", "Second"], rows, sheet="a/b")  # type: ignore[arg-type]
    return [row for _line, row in open_table(page, "a.xlsx", Limits()).rows()]


@pytest.mark.parametrize("cell", TRICKY)
def test_what_a_spreadsheet_would_run_gets_an_apostrophe(cell: str) -> None:
    """PLT-14, E1."""
    assert defuse(cell) == "'" + cell
    assert undefuse(defuse(cell)) == cell


@pytest.mark.parametrize("cell", ["", "-5", "-0.25", "-1200", "abc", "a=1", "−5", " =1", "5", "ー"])
def test_plain_cells_and_negative_numbers_stay(cell: str) -> None:
    """E1."""
    assert defuse(cell) == cell == undefuse(cell)


@pytest.mark.parametrize("cell", ["-090", "-5-3", "-1e5", "+5", "-", "-1,000"])
def test_what_only_looks_like_a_number_is_defused(cell: str) -> None:
    """E1."""
    assert defuse(cell) == "'" + cell


@given(st.text())
def test_undefuse_gives_back_what_defuse_was_given(cell: str) -> None:
    """E1."""
    assert undefuse(defuse(cell)) == cell
    assert defuse(cell)[:1] not in set("=+@\t\r\n＝＋－＠")


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8), st.booleans())
def test_a_csv_export_reads_back_as_it_was(rows: list[tuple[str, str]], bom: bool) -> None:
    """PLT-14, E1: whatever the cells hold, also quotes, separators and line ends."""
    keyed = [["k", *row] for row in rows]

    content = b"".join(csv_pieces(["Key", "First", "Second"], keyed, bom=bom))

    assert content.startswith(b"\xef\xbb\xbf") is bom
    assert read_csv(content) == keyed


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4))
def test_an_xlsx_export_reads_back_as_it_was(rows: list[tuple[str, str]]) -> None:
    """PLT-14, E1: cells are strings, so nothing has to be changed."""
    keyed = [["k", *row] for row in rows]

    assert read_xlsx(keyed) == keyed


def test_typed_values_are_written_as_such() -> None:
    row = [None, True, -5, Decimal("-12.50"), 0.5, date(2026, 11, 21), datetime(2026, 11, 21, 9, 30, tzinfo=UTC)]

    content = b"".join(csv_pieces(["a"] * 7, [row]))

    assert content == b"a,a,a,a,a,a,a\r\n,TRUE,-5,-12.50,0.5,2026-11-21,2026-11-21 09:30:00+00:00\r\n"
    assert read_xlsx([["k", *row[1:3]], ["k", *row[3:5]], ["k", *row[5:]]]) == [
        ["k", "TRUE", "-5"],
        ["k", "-12.5", "0.5"],
        ["k", "2026-11-21", "2026-11-21 09:30:00"],
    ]


def test_headings_are_defused_too() -> None:
    """E1."""
    assert b"".join(csv_pieces(["=x"], [["a"]])) == b"'=x\r\na\r\n"


def test_a_csv_export_is_given_out_in_pieces() -> None:
    """PLT-14: streamed, however many rows there are."""
    taken = 0

    def endless() -> object:
        nonlocal taken
        while True:
            taken += 1
            yield [str(taken)]

    pieces = csv_pieces(["a"], endless())  # type: ignore[arg-type]
    next(pieces)
    next(pieces)

    assert taken == 1000


def test_forty_thousand_rows_take_less_than_a_second_or_two() -> None:
    """PLT-14: 100,000 rows are ordinary. The bound is loose, for busy machines."""
    row = ["田中", "太郎", "=1", "a@example.com", "03-1234-5678", "", "x" * 20, "y", "2026-11-21", "-5"]
    start = time.perf_counter()

    size = sum(len(piece) for piece in csv_pieces(["a"] * 10, (row for _ in range(40_000))))

    assert size > 40_000 * 60
    assert time.perf_counter() - start < 3
