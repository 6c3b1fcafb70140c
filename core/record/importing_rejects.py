"""The lines of an import that did not come in, as a file of their own: mended there, it can be imported as it is."""

from __future__ import annotations

from collections.abc import Iterator

from django.utils.translation import gettext as _

from core.module.module import Module
from core.record.importing import opened
from core.record.importing_words import sentence
from core.record.transfer_models import ImportRun, RowNote
from core.record.writing import csv_pieces, undefuse
from core.stamps import held


def rejects(row: ImportRun, module: Module, level: str) -> Iterator[bytes]:
    """All lines with a note of this level: the columns as they were, then the line's number and what was wrong."""
    with held(), opened(row) as table:

        def lines() -> Iterator[list[str]]:
            told = _told(row, module, level)
            line, words = next(told, (0, ""))
            for number, cells in table.rows(line):
                if number == line:
                    # Written anew below with the same care, so the old apostrophes come off first.
                    kept = [undefuse(cell) for cell in cells] if table.kind == "csv" else cells
                    yield [*kept[: len(table.headers)], str(number), words]
                    line, words = next(told, (0, ""))
                    if not line:
                        return

        yield from csv_pieces([*table.headers, _("Line in the file"), _("What was wrong")], lines(), bom=True)


def _told(row: ImportRun, module: Module, level: str) -> Iterator[tuple[int, str]]:
    """Each line once, with everything that was said about it."""
    line = 0
    said: list[str] = []
    if row.job_id is None:
        return
    for note in RowNote.objects.filter(job_id=row.job_id, level=level, line__isnull=False).order_by("line", "pk").iterator(2_000):
        if note.line != line and said:
            yield line, " ".join(said)
            said = []
        line = note.line or 0
        said.append(sentence(note.code, note.values, module))
    if said:
        yield line, " ".join(said)
