"""Writes rows as CSV or XLSX, one at a time, so that no spreadsheet runs what somebody typed into a form.

In CSV a cell that a spreadsheet would take for a formula gets an apostrophe in front, and so does one that begins with
an apostrophe already; `undefuse` takes exactly that one away again. In XLSX cells are typed as strings instead.
"""

import csv
import datetime
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from xlsxwriter.worksheet import Worksheet

Value = str | int | float | Decimal | bool | datetime.date | datetime.datetime | datetime.time | None

MARK = "'"
# https://owasp.org/www-community/attacks/CSV_Injection, with the full-width forms Japanese spreadsheets also take.
_STARTERS = frozenset("=+-@\t\r\n＝＋－＠")
_DEFUSED = _STARTERS | {MARK}
_NUMBER = re.compile(r"-(?:0|[1-9][0-9]{0,14})(?:\.[0-9]+)?")
_BATCH = 500
# The rows of an XLSX sheet and the characters of a cell, by Excel's specification.
SHEET_ROWS = 1_048_576
_CELL_LENGTH = 32_767
_UNWRITABLE = re.compile(r"[\x00\ud800-\udfff\ufffe\uffff]")


def defuse(cell: str) -> str:
    """`cell` so that a spreadsheet shows it and does not run it; a plain negative number stays one."""
    if cell and cell[0] in _DEFUSED and not (cell[0] == "-" and _NUMBER.fullmatch(cell)):
        return MARK + cell
    return cell


def undefuse(cell: str) -> str:
    """The cell that `defuse` was given."""
    return cell[1:] if len(cell) > 1 and cell[0] == MARK and cell[1] in _DEFUSED else cell


def as_text(value: Value) -> str:
    """A value as it stands in a CSV cell, before it is defused."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.isoformat() if isinstance(value, datetime.date | datetime.time) else str(value)


def csv_pieces(headers: Sequence[str], rows: Iterable[Sequence[Value]], *, bom: bool = False) -> Iterator[bytes]:
    """A CSV file by RFC 4180 in UTF-8, a few hundred rows at a time; Excel needs the BOM to see the encoding."""
    page = io.StringIO(newline="")
    writer = csv.writer(page, lineterminator="\r\n")
    writer.writerow([_written(header) for header in headers])
    start = "\ufeff" if bom else ""
    source = iter(rows)
    while True:
        batch = [[_written(value) for value in row] for row in islice(source, _BATCH)]
        writer.writerows(batch)
        yield (start + page.getvalue()).encode()
        if len(batch) < _BATCH:
            return
        start = ""
        page.seek(0)
        page.truncate()


def _written(value: Value) -> str:
    if not isinstance(value, str):
        return as_text(value)  # typed values are never formulas
    text = defuse(value)
    return text if text.isascii() and "\x00" not in text else _UNWRITABLE.sub("", text)


def write_xlsx(target: BinaryIO, headers: Sequence[str], rows: Iterable[Sequence[Value]], *, sheet: str = "") -> int:
    """One sheet with `rows` under bold headings into `target`; gives how many rows fitted."""
    import xlsxwriter  # a page needs none of it, and a start waits for it

    options = {
        "constant_memory": True,
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "default_date_format": "yyyy-mm-dd",
        "remove_timezone": True,
    }
    book = xlsxwriter.Workbook(target, options)
    page = book.add_worksheet(sheet_name(sheet) or None)
    moment, clock = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss"}), book.add_format({"num_format": "hh:mm:ss"})
    bold = book.add_format({"bold": True})
    page.freeze_panes(1, 0)
    for column, header in enumerate(headers):
        page.write_string(0, column, _fitting(header), bold)
    count = 0
    for count, row in enumerate(islice(rows, SHEET_ROWS - 1), start=1):
        for column, value in enumerate(row):
            if isinstance(value, datetime.datetime):
                page.write_datetime(count, column, value, moment)
            elif isinstance(value, datetime.time):
                page.write_datetime(count, column, value, clock)
            elif isinstance(value, datetime.date):
                page.write_datetime(count, column, value)
            elif value is not None and value != "":
                _write(page, count, column, value)
    book.close()
    return count


def _write(page: "Worksheet", row: int, column: int, value: str | int | float | Decimal) -> None:
    if isinstance(value, str):
        page.write_string(row, column, _fitting(value))
    elif isinstance(value, bool):
        page.write_boolean(row, column, value)
    elif not -(10**15) < value < 10**15:  # Excel keeps 15 digits and knows no NaN
        page.write_string(row, column, str(value))
    else:
        page.write_number(row, column, value)


def sheet_name(wanted: str) -> str:
    """`wanted` without the signs Excel forbids, at most 31 long."""
    return re.sub(r"[\[\]:*?/\\\x00-\x1f]", " ", wanted)[:31].strip(" '")


def _fitting(text: str) -> str:
    return _UNWRITABLE.sub("", text)[:_CELL_LENGTH]
