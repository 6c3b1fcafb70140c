"""Rows out of a text file, one at a time, whatever separates the cells and ends the lines."""

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from .reading_encoding import Encoded
from .reading_errors import UnreadableFile

Row = tuple[int, list[str]]

SEPARATORS = ",\t;|"
_SAMPLE = 1 << 16
# Excel reads and writes a first line that only names the separator.
_DECLARED = re.compile(r'\A\ufeff?"?sep=([,;\t|])"?\r?\n?\Z', re.IGNORECASE)


class TextSource:
    """A text file of which the encoding is known."""

    def __init__(self, file: BinaryIO, encoded: Encoded) -> None:
        self.file = file
        self.encoded = encoded
        self.separator, self.skipped = self._find_separator()

    def rows(self) -> Iterator[Row]:
        """Every row with the number of the line it begins in."""
        text = io.TextIOWrapper(io.BufferedReader(_Window(self.file), 1 << 16), encoding=self.encoded.codec, errors="strict", newline="")
        lines = _Lines(text)
        reader = csv.reader(iter(lines), delimiter=self.separator)
        line = 0
        try:
            for row in reader:
                # The reader asks for another line only inside a quoted cell: the file ended in one.
                if lines.ended:
                    raise UnreadableFile("open_quote", line=line + 1)
                if line >= self.skipped:
                    yield line + 1, row
                line = reader.line_num
        except csv.Error as error:
            raise UnreadableFile("long_cell", line=line + 1) from error
        except UnicodeDecodeError as error:  # it was readable a moment ago
            raise UnreadableFile("changed") from error

    def _find_separator(self) -> tuple[str, int]:
        """The separator under which the first lines make the best table, and the lines before the table."""
        self.file.seek(0)
        head = self.file.read(_SAMPLE)
        text = codecs.getincrementaldecoder(self.encoded.codec)(errors="ignore").decode(head, final=False)
        first, _end, _rest = text.partition("\n")
        declared = _DECLARED.match(first)
        if declared:
            return declared[1], 1
        whole = len(head) < _SAMPLE
        return max(SEPARATORS, key=lambda separator: (*_fitness(text, separator, whole), -SEPARATORS.index(separator))), 0


def _fitness(text: str, separator: str, whole: bool) -> tuple[bool, float, int]:
    """How well `separator` divides `text`: more than one column, rows as wide as the first, many columns."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if any(row)]
    except csv.Error:
        return False, 0.0, 0
    if not whole:
        rows = rows[:-1]
    if not rows:
        return False, 0.0, 0
    width = len(rows[0])
    if width == 1:  # perhaps a title over the table
        width = Counter(map(len, rows)).most_common(1)[0][0]
    alike = sum(1 for row in rows if len(row) == width) / len(rows)
    divided = sum(1 for row in rows if len(row) > 1) / len(rows)
    return width > 1 and (alike >= 0.3 or divided >= 0.8), round(alike, 1), width


class _Lines:
    """The lines of a text, and whether they have all been given out."""

    def __init__(self, text: io.TextIOWrapper) -> None:
        self.text = text
        self.ended = False

    def __iter__(self) -> Iterator[str]:
        yield from self.text
        self.ended = True


class _Window(io.RawIOBase):
    """Reads somebody else's file from the start, with a place of its own, and leaves it open."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__()
        self.file = file
        self.at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        self.file.seek(self.at)
        piece = self.file.read(len(buffer))
        buffer[: len(piece)] = piece
        self.at += len(piece)
        return len(piece)
