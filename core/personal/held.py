"""All that is kept of one customer, over all apps: who else is the same person, and which rows of which tables tell of them (E3).

The kernel knows its own tables and the records of people; an app names what it keeps beside with `@holds`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from core.event.models import Event
from core.files.models import Attachment, Photo
from core.identity.keys import HANDLE, MAIL
from core.identity.models import IdentityKey
from core.mail.models import Mail, TrayMail
from core.module.registry import UnknownModule, modules
from core.module.registry import module as find_module
from core.record.models import Note, Tagging, Tie

# So many records are taken for one person at most: beyond it, something is wrong with the keys.
MOST = 50
KEEPS, EMPTIES, DELETES = "kept", "emptied", "deleted"
Ids = Mapping[str, list[int]]


@dataclass(frozen=True)
class Held:
    """Rows of one table that tell of a customer. `blank` says what erasing writes into them; None deletes them, and {} keeps
    them, for the reason `why`. `hidden` are columns that no export shows."""

    name: str
    label: Any
    rows: QuerySet[Any]
    blank: Mapping[str, Any] | None = None
    why: Any = ""
    hidden: tuple[str, ...] = ()

    @property
    def fate(self) -> str:
        return DELETES if self.blank is None else EMPTIES if self.blank else KEEPS


Holder = Callable[[Ids], Iterable[Held]]
_holders: list[Holder] = []


def holds(function: Holder) -> Holder:
    """Decorator: name the rows an app keeps of the customer whose records are given, ids by module."""
    _holders.append(function)
    return function


def people() -> list[Any]:
    """The modules whose records are people."""
    return [one for one in modules() if one.identity is not None and one.identity.kind == "person"]


def circle(module: str, pk: int) -> dict[str, list[int]]:
    """The records of the same person, by module: those that share an address or a handle, and what a lead became."""
    known = {one.key for one in people()}
    found, waiting = {(module, pk)}, [(module, pk)]
    while waiting and len(found) < MOST:
        here = waiting.pop()
        for other in _beside(*here):
            if other[0] in known and other not in found:
                found.add(other)
                waiting.append(other)
    made: dict[str, list[int]] = {}
    for key, one in sorted(found):
        made.setdefault(key, []).append(one)
    return made


def _beside(module: str, pk: int) -> Iterable[tuple[str, int]]:
    own = list(IdentityKey.objects.filter(module=module, record_id=pk, kind__in=[MAIL, HANDLE]).values_list("kind", "value"))
    for kind, value in own:
        yield from IdentityKey.objects.filter(kind=kind, value=value).values_list("module", "record_id")[:MOST]
    for row in Tie.objects.filter(Q(module=module, record_id=pk) | Q(other_module=module, other_id=pk), kind__in=["became", "merged"])[
        :MOST
    ]:
        yield from [(row.module, row.record_id), (row.other_module, row.other_id)]


def addresses(ids: Ids) -> list[str]:
    """The e-mail addresses these records hold or held."""
    asked = Q(pk__in=[])
    for key, pks in ids.items():
        asked |= Q(module=key, record_id__in=pks)
    return list(IdentityKey.objects.filter(asked, kind=MAIL).values_list("value", flat=True).distinct())


def of_records(ids: Ids) -> Q:
    """The condition for rows that name one of these records by module and id."""
    asked = Q(pk__in=[])
    for key, pks in ids.items():
        asked |= Q(module=key, record_id__in=pks)
    return asked


def linked(module: str, column: str, ids: Ids, of: str) -> QuerySet[Any]:
    """Records of `module` whose `column` points at one of the customer's records of the module `of`."""
    return find_module(module).model._default_manager.filter(**{f"{column}__in": ids.get(of, [])})


def all_of(ids: Ids) -> list[Held]:
    """Everything, table by table. What hangs on the records that apps name (a ticket's notes, its history) comes along."""
    made = [one for holder in _holders for one in holder(ids)]
    around: dict[str, list[int]] = {key: list(pks) for key, pks in ids.items()}
    for one in made:
        if one.name in {known.key for known in modules()} and one.fate != KEEPS:
            around.setdefault(one.name, []).extend(one.rows.values_list("pk", flat=True))
    return [*made, *hanging(around), *_mailed(ids)]


def hanging(ids: Ids) -> list[Held]:
    """What the kernel keeps about records of any module."""
    asked = of_records(ids)
    return [
        Held("notes", _("Notes"), Note.every.filter(asked)),
        Held("files", _("Attachments"), Attachment.every.filter(asked)),
        Held("photos", _("Photos"), Photo.objects.filter(asked)),
        Held("mails", _("Mails"), Mail.objects.filter(asked), {"to": "", "cc": "", "subject": "—", "body": "", "reason": ""}),
        Held(
            "history",
            _("History"),
            Event.objects.filter(asked),
            {"changes": {}, "detail": {}},
        ),
        Held("tags", _("Tags"), Tagging.objects.filter(asked)),
    ]


def _mailed(ids: Ids) -> Iterable[Held]:
    found = addresses(ids)
    asked = Q(pk__in=[])
    for one in found[:20]:
        asked |= Q(to__icontains=one)
    yield Held("mail_tray", _("Mail tray"), TrayMail.objects.filter(asked))


def label_of(key: str) -> str:
    try:
        return str(find_module(key).plural)
    except UnknownModule:
        return key
