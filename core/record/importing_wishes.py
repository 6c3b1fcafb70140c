"""What somebody wants of an import: which column is which field, what to do with rows that are here already, and so on.

Read from what the browser sent against what this person may fill, guessed for a new file, and remembered by its headings.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from core import clock
from core.access.gate import can, rights
from core.access.gate import fields as gate_fields
from core.access.models import User
from core.access.people import active_choices
from core.field.field import Field
from core.module.module import Module
from core.record import mapping
from core.record.importing_twins import Key, keys_of
from core.record.mapping_words import WORDS
from core.record.reading import Table
from core.record.transfer_models import ImportMapping

# What happens to a row whose record is here already, or stands earlier in the file.
MODES = {
    "both": _("Update it, add the others"),
    "skip": _("Skip it, add the others"),
    "update": _("Update only, add nothing"),
    "clone": _("Add it once more, as a record of its own"),
}
ORDERS = {"": _("As the file shows"), "dmy": _("Day first"), "mdy": _("Month first")}
NUMBER = "pk"
WHOLE_NAMES = {"full_name": ("family_name", "given_name"), "full_kana": ("family_kana", "given_kana")}
_WHOLE_LABELS = {"full_name": _("Full name"), "full_kana": _("Full name (furigana)")}
_GUESS_KINDS = {"long_text": "longtext", "percent": "number", "datetime": "date"}


@dataclass
class Wishes:
    """Everything asked of one import. `columns` maps the number of a column to the key of its field."""

    columns: dict[int, str] = field(default_factory=dict)
    mode: str = "both"
    keys: list[str] = field(default_factory=list)
    owner: int | None = None
    new_choices: bool = False
    new_links: bool = False
    order: str = ""
    remember: bool = True

    def plain(self) -> dict[str, Any]:
        """As it is stored."""
        made = dict(self.__dict__)
        made["columns"] = {str(at): key for at, key in self.columns.items()}
        return made

    @classmethod
    def back(cls, stored: Mapping[str, Any]) -> Wishes:
        made = {key: value for key, value in stored.items() if key in cls.__dataclass_fields__}
        made["columns"] = {int(at): key for at, key in made.get("columns", {}).items()}
        return cls(**made)


def places(user: User, module: Module) -> dict[str, str]:
    """Where a column may go, by key, with its label: what the person may fill, whole names, and the record's number."""
    open_fields = fillable(user, module)
    found = {key: one.label for key, one in open_fields.items()}
    for key, parts in WHOLE_NAMES.items():
        if all(part in open_fields for part in parts):
            found = {key: str(_WHOLE_LABELS[key]), **found}
    found[NUMBER] = str(_("Record number"))
    return found


def fillable(user: User, module: Module) -> dict[str, Field]:
    """The fields this person may fill, compound ones by their parts."""
    return {key: one for key, one in gate_fields(user, module, edit=True).items() if not one.parts}


def offered_keys(user: User, module: Module) -> dict[str, Key]:
    """By what a row may be recognised, of what this person may see."""
    seen = gate_fields(user, module)
    return {key: one for key, one in keys_of(module).items() if key in seen}


def start(user: User, module: Module, table: Table) -> Wishes:
    """What to begin with: as this person read such a table the last time, else as the headings and cells suggest."""
    saved = ImportMapping.objects.filter(user=user, module=module.key, headings=headings_key(table.headers)).first()
    if saved is not None:
        wishes = Wishes.back(saved.wishes)
        known = places(user, module)
        wishes.columns = {at: key for at, key in wishes.columns.items() if key in known and at < len(table.headers)}
        return wishes
    return Wishes(columns=guessed(user, module, table), keys=[key for key, one in offered_keys(user, module).items() if one.sure])


def guessed(user: User, module: Module, table: Table) -> dict[int, str]:
    """Which column is which field."""
    candidates = []
    open_fields = fillable(user, module)
    for key in places(user, module):
        one = open_fields.get(key)
        if key == NUMBER:
            candidates.append(mapping.Field(NUMBER, "Record number", "レコード番号", "number"))
        elif one is None:
            candidates.append(mapping.Field(key))
        else:
            kind = _GUESS_KINDS.get(one.kind.key, one.kind.key)
            # A column of ours has the field's own words; the rest is told by common headings and by its cells.
            # A field that an admin renamed is still known by the words it shipped with.
            old = module.built_in[key].names if key in module.built_in else ()
            candidates.append(mapping.Field(key, one.names[0], one.names[1], kind, (*_aliases(key), *old)))
    found = mapping.guess(table.headers, table.sample(200), candidates)
    # "ID" in other systems' files numbers their records, not ours: only our own word for it counts.
    return {at: key for at, key in found.items() if key != NUMBER or mapping.folded(table.headers[at]) in _OUR_NUMBER}


def _aliases(key: str) -> tuple[str, ...]:
    """Common headings of a field that has another key here than in the list of words."""
    if key.startswith("billing_"):
        return WORDS.get(key.removeprefix("billing_"), ())
    if key.startswith("shipping_"):
        words = WORDS.get(key.removeprefix("shipping_"), ())
        return tuple(f"{prefix}{word}" for word in words for prefix in ("shipping ", "配送先", "納品先", "送付先"))
    return (*WORDS.get(_SAME_WORDS.get(key, ""), ()), *_MORE_WORDS.get(key, ()))


_SAME_WORDS = {"job_title": "title", "lost_reason": "reason"}
_MORE_WORDS = {
    "subject": ("件名", "タイトル", "用件", "活動名", "subject", "title"),
    "due_on": ("期限", "期日", "締切", "due date", "due"),
    "starts_at": ("開始", "開始日時", "start", "starts"),
    "ends_at": ("終了", "終了日時", "end", "ends"),
    "reports_to": ("上司", "上長", "reports to", "manager"),
    "name_kana": ("会社名カナ", "会社名フリガナ", "取引先名フリガナ", "フリガナ", "カナ"),
}
_OUR_NUMBER = {mapping.folded("Record number"), mapping.folded("レコード番号")}


def asked(sent: Any, user: User, module: Module, width: int) -> Wishes:
    """The wishes a browser sent; what is unknown or not allowed falls back."""
    known, keys = places(user, module), offered_keys(user, module)
    columns: dict[int, str] = {}
    for at in range(width):
        key = sent.get(f"c{at}", "")
        if key in known and key not in columns.values():
            columns[at] = key
    owner = sent.get("owner", "")
    people = {str(pk) for pk, _name in active_choices()}
    return Wishes(
        columns=columns,
        mode=sent.get("mode") if sent.get("mode") in MODES else "both",
        keys=[key for key in sent.getlist("keys") if key in keys],
        owner=int(owner) if owner in people and "owner" in fillable(user, module) else None,
        new_choices=bool(sent.get("new_choices")) and rights(user).feature("settings"),
        new_links=bool(sent.get("new_links")),
        order=sent.get("order") if sent.get("order") in ORDERS else "",
        remember=bool(sent.get("remember")),
    )


def refusal(user: User, module: Module, wishes: Wishes) -> str:
    """Why this import cannot be started as it is wished; empty if it can. Asked again whenever a worker takes it up."""
    adds, changes = wishes.mode in {"both", "skip", "clone"}, wishes.mode in {"both", "update"}
    if not can(user, module, "import"):
        return str(_("You may not import records of this kind."))
    if (adds and not can(user, module, "create")) or (changes and not can(user, module, "edit")):
        return str(_("You may not add and change records of this kind; choose another way to treat rows that are here already."))
    known = places(user, module)
    if [key for key in wishes.columns.values() if key not in known]:
        return str(_("A column goes to a field that you may not fill."))
    if not [key for key in wishes.columns.values() if key != NUMBER]:
        return str(_("Say for at least one column which field it is."))
    if wishes.mode == "update" and not wishes.keys and NUMBER not in wishes.columns.values():
        return str(_("To update records, say by what a row is recognised."))
    missing = missing_fields(user, module, wishes) if adds else []
    if missing:
        return str(_("Every record needs: %(fields)s. Say which column holds it.")) % {"fields": ", ".join(missing)}
    return ""


def missing_fields(user: User, module: Module, wishes: Wishes) -> list[str]:
    """Labels of required fields that no column fills and that have no value to begin with."""
    filled = set(wishes.columns.values())
    return [
        one.label
        for key, one in module.fields.items()
        if one.required and not one.hidden and one.default is None and key not in filled and key != "owner"
    ]


def remember(user: User, module: Module, headers: Sequence[str], wishes: Wishes) -> None:
    """Read such a table like this the next time."""
    ImportMapping.objects.update_or_create(
        user=user,
        module=module.key,
        headings=headings_key(headers),
        defaults={"wishes": {**wishes.plain(), "owner": None}, "used_at": clock.now()},
    )


def headings_key(headers: Sequence[str]) -> str:
    """The same for the same headings in the same order, whatever their width and case."""
    return hashlib.sha256("\x1f".join(mapping.folded(header) for header in headers).encode()).hexdigest()
