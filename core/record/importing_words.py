"""What people read about lines that failed, were skipped or lost a value, in their language, and how these are counted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.module.module import Module
from core.record.transfer_models import FAILED, SKIPPED, WARNING, RowNote

# code -> (level, sentence). `field` in the values is a field key and becomes its label.
SENTENCES: dict[str, tuple[str, Any]] = {
    "required": (FAILED, _("%(field)s is missing.")),
    "refused": (FAILED, _("%(message)s")),
    "not_allowed": (FAILED, _("You may not change this record.")),
    "no_number": (FAILED, _("There is no record with the number %(cell)s that you may see.")),
    "conflict": (FAILED, _("Someone else changed the record at the same moment.")),
    "no_match": (SKIPPED, _("No record to update was found.")),
    "here": (SKIPPED, _("It is already here.")),
    "twin": (SKIPPED, _("Line %(line)s is about the same.")),
    "not_yours": (SKIPPED, _("It is already here, and you may not change it.")),
    "joined_before": (WARNING, _("Another line of this file is about the same; both became one record.")),
    "twin_before": (SKIPPED, _("Another line of this file is about the same.")),
    "joined": (WARNING, _("Line %(line)s is about the same; both became one record.")),
    "alike": (WARNING, _("“%(title)s” looks like the same and is here already. It was added as a record of its own.")),
    "bad_email": (WARNING, _("%(field)s: this is not an e-mail address. It was left out.")),
    "not_choice": (WARNING, _("%(field)s: “%(cell)s” is not one of the choices. It was left out.")),
    "no_user": (WARNING, _("%(field)s: nobody here is called “%(cell)s”.")),
    "some_users": (WARNING, _("%(field)s: more than one of us is called “%(cell)s”.")),
    "no_link": (WARNING, _("%(field)s: there is no “%(cell)s”. It was left out.")),
    "some_links": (WARNING, _("%(field)s: more than one is called “%(cell)s”. It was left out.")),
    "bad_date": (WARNING, _("%(field)s: this is not a date. It was left out.")),
    "which_date": (WARNING, _("%(field)s: it is unclear whether the day or the month comes first. It was left out.")),
    "bad_number": (WARNING, _("%(field)s: this is not a number. It was left out.")),
    "bad_answer": (WARNING, _("%(field)s: this is neither yes nor no. It was left out.")),
    "bad_value": (WARNING, _("%(field)s: %(message)s It was left out.")),
    "shortened": (WARNING, _("%(field)s: only the first %(limit)s characters were kept.")),
    "unsplit": (WARNING, _("%(field)s: it is unclear which part is the family name. All of it was put there.")),
    # Undoing an import.
    "kept_changed": (SKIPPED, _("It was changed since the import and was left as it is.")),
    "kept_used": (SKIPPED, _("Something was added to it since the import, so it was kept.")),
    "kept_value": (SKIPPED, _("%(field)s was changed since the import and was left as it is.")),
    "gone": (SKIPPED, _("It is no longer here.")),
    "kept_right": (SKIPPED, _("You may not change it any more.")),
    # Bulk edits.
    "bulk_right": (SKIPPED, _("You may not do this to the record.")),
    "refused_here": (SKIPPED, _("%(message)s")),
    # Mass mail.
    "mail_none": (SKIPPED, _("There is no e-mail address that you may see.")),
    "mail_wrong": (SKIPPED, _("What stands as its e-mail is not an address.")),
    "mail_opted_out": (SKIPPED, _("This person does not want campaign mail.")),
    "mail_stopped": (SKIPPED, _("The address gets no mail from us.")),
    "mail_twice": (SKIPPED, _("Another record of this mass mail has the same address.")),
    "mail_hidden": (SKIPPED, _("You may not do this to the record, or it is not there any more.")),
}
# Reasons that name a line or cell of their own are counted under these words.
_GROUPED = {
    "twin": _("Another line of this file is about the same."),
    "joined": _("Another line of this file is about the same; both became one record."),
    "no_number": _("There is no record with this number that you may see."),
    "alike": _("A record that looks like the same is here already. It was added as one of its own."),
}
KEPT_LINES = 30


class CannotRun(Exception):
    """The whole job cannot go on; the words are for the person who asked for it."""


@dataclass(frozen=True, slots=True)
class Problem:
    """What is to be said about one line: a code of SENTENCES and what its sentence needs."""

    code: str
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def level(self) -> str:
        return SENTENCES[self.code][0]

    def words(self, module: Module) -> str:
        return sentence(self.code, self.values, module)


def sentence(code: str, values: Mapping[str, Any], module: Module) -> str:
    """The whole sentence of one problem."""
    known = module.fields
    filled = {"cell": "", "line": "", "title": "", "message": "", "limit": "", **values}
    key = str(values.get("field", ""))
    filled["field"] = known[key].label if key in known else key
    return str(SENTENCES[code][1]) % filled


@dataclass
class Reason:
    """Lines that share one reason."""

    level: str
    text: str
    count: int
    lines: list[int]

    @property
    def more(self) -> bool:
        return self.count > len(self.lines)


def reasons(notes: Iterable[RowNote], module: Module) -> list[Reason]:
    """All notes counted by what they say, failures first and the most frequent first; up to KEPT_LINES lines each."""
    counts: dict[tuple[str, str], int] = defaultdict(int)
    lines: dict[tuple[str, str], list[int]] = defaultdict(list)
    for note in notes:
        words = str(_GROUPED.get(note.code) or sentence(note.code, note.values, module))
        counts[note.level, words] += 1
        if note.line and len(lines[note.level, words]) < KEPT_LINES:
            lines[note.level, words].append(note.line)
    order = {FAILED: 0, SKIPPED: 1, WARNING: 2}
    found = [Reason(level, words, count, lines[level, words]) for (level, words), count in counts.items()]
    return sorted(found, key=lambda one: (order[one.level], -one.count, one.text))
