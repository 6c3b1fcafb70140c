"""Rows out of an XLSX workbook, which is measured before anything in it is believed.

calamine holds a sheet as a full rectangle and every shared string once per cell, so a file of a few kilobytes could ask
for gigabytes. What it may read is first unpacked under a limit into a clean copy, and that copy is measured.
"""

import datetime
import re
import tempfile
import zipfile
from array import array
from collections.abc import Iterator
from itertools import islice
from typing import IO, BinaryIO

from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from .reading_errors import MB, Limits, UnreadableFile
from .reading_text import Row

Value = int | float | str | bool | datetime.time | datetime.date | datetime.datetime | datetime.timedelta

_CHUNK = 1 << 20
_ENCRYPTED = 0x1
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_PREFIX = re.compile(rb"<(/?)\w+:")
_STRING = re.compile(rb"<si(?=[\s/>])")
_CELL = re.compile(rb"<c(?=[\s/>])")
_CLOSED = re.compile(rb"</c(?=[\s>])")
# Cells with something in them; empty ones that are only formatted often reach to the last row and cost nothing.
_PLACED = re.compile(rb"""<c\s(?:[^<>]*?\s)??r\s*=\s*["']([A-Za-z]{1,7})(\d{1,9})["'][^<>]*+(?<!/)>""")
_ANY_PLACED = re.compile(rb"""<c\s(?:[^<>]*?\s)??r\s*=\s*["']([A-Za-z]{1,7})\d{1,9}["']""")
_ROW = re.compile(rb"<row(?=[\s/>])([^<>]*)>")
_ROW_NUMBER = re.compile(rb"""\sr\s*=\s*["'](\d{1,9})["']""")
_SHARED = re.compile(rb"""\bt\s*=\s*["']s["']""")
_REFERENCE = re.compile(rb"""\bt\s*=\s*["']s["'][^<>]*>\s*<v>(\d{1,9})<""")
# What one cell of the rectangle and one filled cell cost in calamine 0.9, rounded up.
_PLACE, _FILLED = 32, 64
# The least of a cell's XML that is not its text.
_TAGS = 40


class WorkbookSource:
    """One sheet of a workbook that has passed the guard."""

    def __init__(self, file: BinaryIO, limits: Limits, sheet: str = "") -> None:
        with tempfile.NamedTemporaryFile(suffix=".xlsx") as clean:
            _unpack(file, clean, limits)
            with zipfile.ZipFile(clean.name) as archive:
                _measure(archive, limits)
            try:
                self._open(clean.name, sheet)
            except (UnreadableFile, KeyboardInterrupt, SystemExit, MemoryError):
                raise
            except BaseException as error:  # a panic of the Rust reader is no Exception
                raise UnreadableFile("broken_workbook") from error

    def rows(self) -> Iterator[Row]:
        """Every row of the sheet with its number, trailing empty cells as empty texts."""
        for number, row in enumerate(self.sheet.iter_rows(), start=1):
            yield number, [value if value.__class__ is str else shown(value) for value in row]

    def number_columns(self, count: int = 200) -> set[int]:
        """Columns with cells typed as numbers: leading zeros of phones and postal codes are lost there."""
        found: set[int] = set()
        for row in islice(self.sheet.iter_rows(), count):
            found.update(index for index, value in enumerate(row) if isinstance(value, int | float) and not isinstance(value, bool))
        return found

    def _open(self, path: str, wanted: str) -> None:
        with CalamineWorkbook.from_path(path) as book:
            tables = [each for each in book.sheets_metadata if each.typ == SheetTypeEnum.WorkSheet]
            self.sheets = [each.name for each in tables]
            if wanted and wanted not in self.sheets:
                raise UnreadableFile("no_sheet", sheet=wanted)
            shown_first = sorted(tables, key=lambda each: each.visible != SheetVisibleEnum.Visible)
            for name in [wanted] if wanted else [each.name for each in shown_first]:
                self.sheet: CalamineSheet = book.get_sheet_by_name(name)
                if self.sheet.height:
                    return
        raise UnreadableFile("empty")


def shown(value: Value) -> str:
    """A typed cell as a person would type it."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        if value.is_integer() and abs(value) < 1e18:
            return str(int(value))
        return format(value, ".15g")  # what Excel itself keeps
    if isinstance(value, datetime.datetime):
        return value.isoformat(sep=" ", timespec="seconds")
    if isinstance(value, datetime.timedelta):
        minutes, seconds = divmod(int(value.total_seconds()), 60)
        return f"{minutes // 60}:{minutes % 60:02}:{seconds:02}"
    if isinstance(value, datetime.time):
        return value.isoformat(timespec="seconds")
    return value.isoformat() if isinstance(value, datetime.date) else str(value)


def _unpack(file: BinaryIO, clean: IO[bytes], limits: Limits) -> None:
    """Copy the XML members, unpacked under the limits, so that what was checked is what will be read."""
    try:
        with zipfile.ZipFile(file) as archive, zipfile.ZipFile(clean, "w", zipfile.ZIP_STORED) as copy:
            members = archive.infolist()
            if len(members) > limits.members:
                raise UnreadableFile("bomb")
            left = limits.unpacked
            names: set[str] = set()
            for member in members:
                if not member.filename.lower().endswith((".xml", ".rels")):
                    continue
                if member.flag_bits & _ENCRYPTED:
                    raise UnreadableFile("protected")
                if member.compress_type not in _METHODS or member.filename in names:
                    raise UnreadableFile("broken_workbook")
                names.add(member.filename)
                left = _copy(archive, copy, member, left, limits)
        clean.flush()
    except (UnreadableFile, MemoryError):
        raise
    except Exception as error:  # zipfile gives struct, zlib, index, value and codec errors for damaged archives
        raise UnreadableFile("broken_workbook") from error


def _copy(archive: zipfile.ZipFile, copy: zipfile.ZipFile, member: zipfile.ZipInfo, left: int, limits: Limits) -> int:
    """Unpack one member piece by piece; give what is left of the limit."""
    size = 0
    with archive.open(member) as source, copy.open(member.filename, "w", force_zip64=True) as target:
        while piece := source.read(_CHUNK):
            size += len(piece)
            if size > left:
                raise UnreadableFile("bomb")
            if size > 10 * MB and size > limits.ratio * max(member.compress_size, 1):
                raise UnreadableFile("bomb")
            target.write(piece)
    return left - size


def _measure(archive: zipfile.ZipFile, limits: Limits) -> None:
    """Refuse a workbook of which one sheet would not fit into memory once it is read."""
    lengths = array("L")
    for name in archive.namelist():
        _string_lengths(archive, name, lengths)
    shared = 2 * sum(lengths)
    for name in archive.namelist():
        extent = _Extent(lengths)
        for piece in _pieces(archive, name):
            extent.see(piece)
            if extent.columns > limits.columns:
                raise UnreadableFile("too_many_columns", count=extent.columns, limit=limits.columns)
            if extent.rows > limits.rows + 1:
                raise UnreadableFile("too_many_rows", limit=limits.rows)
            if extent.cost + shared > limits.decoded:
                raise UnreadableFile("too_large_workbook")


def _string_lengths(archive: zipfile.ZipFile, name: str, lengths: "array[int]") -> None:
    """How long each shared string is, in the order in which cells refer to them."""
    at, last = 0, -1
    for piece in _pieces(archive, name):
        for match in _STRING.finditer(piece):
            if last >= 0:
                lengths.append(at + match.start() - last)
            last = at + match.start()
        at += len(piece)
    if last >= 0:
        lengths.append(at - last)


class _Extent:
    """How far the filled cells of a sheet reach and what they hold."""

    def __init__(self, lengths: "array[int]") -> None:
        self.lengths = lengths
        self.longest = max(lengths, default=0)
        self.rows = self.columns = self.cells = self.text = 0
        self.closed = self.row_tags = self.run = 0
        self.counting = False

    @property
    def cost(self) -> int:
        """The memory calamine will take for the sheet."""
        return self.rows * self.columns * _PLACE + self.cells * _FILLED + self.text

    def see(self, piece: bytes) -> None:
        """Take in the next piece of a sheet's XML."""
        placed = _PLACED.findall(piece)
        if placed:
            letters, numbers = zip(*placed, strict=True)
            self.columns = max(self.columns, *map(_column, set(letters)))
            self.rows = max(self.rows, *map(int, set(numbers)))
        self.cells += len(placed)
        self.closed += len(_CLOSED.findall(piece))
        # More cells than addresses, or comments that could hold false ones: believe no address.
        self._count(piece, self.closed > self.cells or b"<!" in piece)
        self.row_tags += piece.count(b"<row")
        self.text += max(0, len(piece) - _TAGS * len(placed))
        if b"'s'" in piece or b'"s"' in piece:
            self._weigh(piece)

    def _weigh(self, piece: bytes) -> None:
        """Shared strings, which every cell that refers to them gets a copy of."""
        references = _REFERENCE.findall(piece)
        lengths, known = self.lengths, len(self.lengths)
        self.text += sum(lengths[at] for at in map(int, references) if at < known)
        self.text += max(0, len(_SHARED.findall(piece)) - len(references)) * self.longest

    def _count(self, piece: bytes, needed: bool) -> None:
        """Cells without an address stand one after the other: count them, row by row."""
        if needed:
            rows = _ROW.findall(piece)
            numbers = (_ROW_NUMBER.search(attributes) for attributes in rows)
            self.rows = max(self.rows, self.row_tags + len(rows), *(int(number[1]) for number in numbers if number), 0)
            start = max(map(_column, set(_ANY_PLACED.findall(piece))), default=0)
            for index, part in enumerate(_ROW.split(piece)[::2]):
                cells = len(_CELL.findall(part))
                before = (self.run if self.counting else self.columns) if index == 0 else start
                self.run = before + cells
                self.columns = max(self.columns, self.run)
            self.cells = max(self.cells, self.closed)
        self.counting = needed


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + letter - 64
    return number


def _pieces(archive: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """A member in pieces, cut where neither a tag nor a number in a cell is torn."""
    with archive.open(name) as member:
        rest = b""
        while chunk := member.read(_CHUNK):
            if not rest and chunk[:2] in (b"\xff\xfe", b"\xfe\xff") or b"<!DOCTYPE" in chunk:
                raise UnreadableFile("broken_workbook")  # never written by a spreadsheet, and it would pass unmeasured
            rest += chunk
            cut = rest.rfind(b"</") + 1 or (rest.rfind(b"<") if len(rest) > 2 * _CHUNK else 0)
            if cut > 0:
                yield _bare(rest[:cut])
                rest = rest[cut:]
            if len(rest) > 40 * _CHUNK:
                raise UnreadableFile("broken_workbook")
        yield _bare(rest)


def _bare(piece: bytes) -> bytes:
    """The piece without namespace prefixes, which some programs write before every tag."""
    if b":c" in piece or b":row" in piece or b":si" in piece:
        return _PREFIX.sub(rb"<\1", piece)
    return piece
