"""Reads a table that somebody gave us: CSV in any encoding and with any separator, or XLSX, row by row.

    table = open_table(file, "leads.csv", Limits())
    for line, cells in table.rows(): ...

Whatever the bytes are, the answer is a Table or an UnreadableFile with words for the person who gave them.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext

from .reading_encoding import Encoded, find_encoding
from .reading_errors import MB, Limits, UnreadableFile
from .reading_kinds import is_workbook
from .reading_text import Row, TextSource
from .reading_xlsx import WorkbookSource

__all__ = ["Limits", "Table", "UnreadableFile", "open_table"]

_KEPT = 100
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_VALUE = re.compile(r"[+\-]?[\d(][\d\s().,:/+\-]{2,}|https?://\S+|\d+")


class Table:
    """A readable table: its headings, what was found out about the file, and its rows as often as they are asked for."""

    def __init__(self, source: TextSource | WorkbookSource, limits: Limits, name: str = "") -> None:
        self.name = name
        self.limits = limits
        self.source = source
        self.kind = "csv" if isinstance(source, TextSource) else "xlsx"
        self.encoding = source.encoded.label if isinstance(source, TextSource) else ""
        self.separator = source.separator if isinstance(source, TextSource) else ""
        self.sheets = [] if isinstance(source, TextSource) else source.sheets
        self.sheet = "" if isinstance(source, TextSource) else source.sheet.name
        self.number_columns = set() if isinstance(source, TextSource) else source.number_columns()
        self.renamed: dict[int, str] = {}
        self.blank = self.count = self.long = 0
        self.long_lines: list[int] = []
        self._read_headers()

    def rows(self, start_line: int = 0) -> Iterator[Row]:
        """Every row that begins in `start_line` or later, as (line, cells); cells are never fewer than the headings.

        Cells beyond the last heading are kept at the end when they hold something; such rows are counted in `long`.
        """
        width, limit = len(self.headers), self.limits.rows
        self.blank = self.count = self.long = 0
        self.long_lines = []
        first = self.header_line + (not self.headerless)
        for line, row in self.source.rows():
            joined = "".join(row)
            if not joined or joined.isspace():
                self.blank += 1
                continue
            if line < first:
                continue
            self.count += 1
            if self.count > limit:
                raise UnreadableFile("too_many_rows", limit=limit)
            if len(row) != width:
                row = self._fitted(line, row, width)
            if line >= start_line:
                yield line, row

    def sample(self, count: int = 50) -> list[list[str]]:
        """The first rows, to guess and to show from."""
        return [row for _line, row in islice(self.rows(), count)]

    def notes(self) -> list[str]:
        """What a person should know before they import, in their language."""
        found: list[str] = []
        if self.headerless:
            found.append(gettext("The first row looks like a record, so the columns were numbered."))
        if self.renamed:
            names = ", ".join(self.renamed[index] for index in sorted(self.renamed))
            found.append(gettext("Some headings were missing or stood twice and were changed: %(names)s.") % {"names": names})
        if len(self.sheets) > 1:
            found.append(gettext("Sheet “%(sheet)s” of %(count)d is read.") % {"sheet": self.sheet, "count": len(self.sheets)})
        if self.long:
            found.append(
                ngettext(
                    "%(count)d row has more cells than there are headings.",
                    "%(count)d rows have more cells than there are headings.",
                    self.long,
                )
                % {"count": self.long}
            )
        return found

    def _fitted(self, line: int, row: list[str], width: int) -> list[str]:
        while len(row) > width and not row[-1].strip():
            row.pop()
        if len(row) > self.limits.columns:
            raise UnreadableFile("too_many_columns", count=len(row), limit=self.limits.columns)
        if len(row) > width:
            self.long += 1
            if len(self.long_lines) < _KEPT:
                self.long_lines.append(line)
        return row + [""] * (width - len(row))

    def _read_headers(self) -> None:
        filled = ((line, row) for line, row in self.source.rows() if any(cell.strip() for cell in row))
        self.header_line, first = next(filled, (0, []))
        if not first:
            raise UnreadableFile("empty")
        while not first[-1].strip():
            first.pop()
        if len(first) > self.limits.columns:
            raise UnreadableFile("too_many_columns", count=len(first), limit=self.limits.columns)
        self.headerless = looks_like_record(first)
        if not self.headerless and next(filled, None) is None:
            raise UnreadableFile("only_headers")
        if self.headerless:
            width = max(len(first), *(len(row) for _line, row in islice(filled, 20)), 0)
            width = min(width, self.limits.columns)
            self.headers = [gettext("Column %(number)d") % {"number": at} for at in range(1, width + 1)]
        else:
            self.headers = self._unique(first)

    def _unique(self, names: list[str]) -> list[str]:
        """Headings in one line, none empty, none twice; `renamed` tells which were changed."""
        wanted = [" ".join(name.replace("\ufeff", "").split()) for name in names]
        taken = {_folded(name) for name in wanted}
        seen: set[str] = set()
        for at, name in enumerate(wanted):
            if name and _folded(name) not in seen:
                seen.add(_folded(name))
                continue
            base = name or gettext("Column %(number)d") % {"number": at + 1}
            choices = (f"{base} ({number})" if number > 1 or name else base for number in range(1 + bool(name), len(names) + 3))
            wanted[at] = next(choice for choice in choices if _folded(choice) not in taken)
            taken.add(_folded(wanted[at]))
            self.renamed[at] = wanted[at]
        return wanted


def open_table(file: BinaryIO, name: str, limits: Limits, sheet: str = "") -> Table:
    """The table in `file`, told by its content (`name` is only kept); raises UnreadableFile.

    `file` must be seekable and stay open as long as rows are read.
    """
    size = file.seek(0, 2)
    if not size:
        raise UnreadableFile("empty")
    if size > limits.size:
        raise UnreadableFile("too_large", limit=limits.size // MB)
    if is_workbook(file, size):
        return Table(WorkbookSource(file, limits, sheet), limits, name)
    encoded: Encoded = find_encoding(file)
    table = Table(TextSource(file, encoded), limits, name)
    if encoded.lines > limits.rows:  # quoted line ends make lines more than rows, so count
        for _row in table.rows():
            pass
    return table


def looks_like_record(cells: list[str]) -> bool:
    """Whether a first row holds values and no headings: an address, or mostly numbers, phones and dates."""
    filled = [unicodedata.normalize("NFKC", cell).strip() for cell in cells if cell.strip()]
    if any(_MAIL.fullmatch(cell) for cell in filled):
        return True
    return sum(1 for cell in filled if _VALUE.fullmatch(cell)) * 2 > len(filled)


def _folded(name: str | Promise) -> str:
    return unicodedata.normalize("NFKC", str(name)).casefold()
