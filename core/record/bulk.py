"""One change to many records: fields, owner, tags or the bin, in batches that commit one by one (PLT-8, CRM-18).

Rights are asked anew for every batch and every record; what may not be changed is listed and stops nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access.gate import can, queryset
from core.access.gate import fields as gate_fields
from core.access.models import User
from core.action.registry import Forbidden, bulk_actions, find
from core.action.registry import run as act
from core.actor import Actor
from core.module import listing
from core.module.module import Module
from core.module.registry import module as find_module
from core.record import write
from core.record.importing_words import CannotRun, Problem
from core.record.models import Record
from core.record.tags import load_tags
from core.record.transfer_models import BulkRun, RowNote
from core.stamps import held
from core.uncollected import uncollected

if TYPE_CHECKING:
    from core.work.jobs import Run

BATCH = 2_000
# Actions read and write much around each record, so fewer of them share a transaction.
ACTION_BATCH = 50
# Up to so many records are changed while the page is loading; more become a job.
AT_ONCE, ACTION_AT_ONCE = 100, 5
FIGURES = ("changed", "same", "kept")
# What can be done, and the right it needs on each record.
DOES = {"edit": "edit", "owner": "transfer", "tag": "edit", "delete": "delete"}
LABELS = {
    "edit": lazy("Change %(kind)s"),
    "owner": lazy("Change the owner of %(kind)s"),
    "tag": lazy("Tag %(kind)s"),
    "delete": lazy("Move %(kind)s to the bin"),
}


def allowed(user: User, module: Module, do: str) -> bool:
    """Whether this person may do `do` to many records at all."""
    if not can(user, module, "bulk"):
        return False
    if do == "tag" and "tags" not in gate_fields(user, module, edit=True):
        return False
    return can(user, module, DOES[do]) if do in DOES else any(one.key == do for one in bulk_actions(user, module.key))


def right_of(module: Module, do: str) -> str:
    """The right that `do` needs on each record."""
    if do in DOES:
        return DOES[do]
    one = find(do)
    needed, right = one.needs.split(":") if one else ("", "")
    return right if needed == module.key else "view"


def label_of(module: Module, do: str) -> str:
    """What is done, in words: Convert leads."""
    one = find(do) if do not in LABELS else None
    return str(LABELS.get(do, one.bulk if one else "") % {"kind": module.plural.lower()})


def chosen(user: User, module: Module, right: str, ids: Sequence[int], query: str) -> QuerySet[Any]:
    """The records meant that `right` reaches: those ticked, or all that a list's address stands for."""
    if ids:
        return queryset(user, module, right, aside=True).filter(pk__in=ids)
    return listing.rows(listing.state(user, module, QueryDict(query)), right)


def run_bulk(run: Run) -> None:
    """The work of one job: batches by primary key, up to the newest record there was when it was asked for."""
    row = BulkRun.objects.get(pk=run.args["bulk"])
    module = find_module(row.module)
    while True:
        with uncollected(), held(), run.step() as step:
            user = User.objects.anew(row.user_id)
            with translation.override(user.language):
                if not allowed(user, module, row.do):
                    raise CannotRun(_("You may not change many records of this kind at once."))
                records, ids = _batch(row, user, module, int((run.cursor or {}).get("pk", 0)))
                if not ids:
                    return
                told: list[tuple[int, Problem]] = [(pk, Problem("bulk_right")) for pk in sorted(set(ids) - {one.pk for one in records})]
                changed = change(row, module, records, Actor(user, "bulk", run.job.pk), told)
            RowNote.objects.bulk_create(
                [RowNote(job=run.job, record_id=pk, level=one.level, code=one.code, values=dict(one.values)) for pk, one in told],
                batch_size=500,
            )
            before = run.job.result
            figures = {"changed": changed, "kept": len(told), "same": len(ids) - changed - len(told)}
            step.advance(
                done=run.job.done + len(ids), cursor={"pk": ids[-1]}, **{name: before.get(name, 0) + figures[name] for name in FIGURES}
            )


def _batch(row: BulkRun, user: User, module: Module, after: int) -> tuple[list[Any], list[int]]:
    """The next records that may be changed, held until the step ends, and the ids of all that were meant and seen."""
    right = right_of(module, row.do)
    if row.ids:
        asked = chosen(user, module, "view", row.ids, "").filter(pk__gt=after)
    else:
        asked = chosen(user, module, right, [], row.query).filter(pk__gt=after, pk__lte=row.upto)
    ids = list(asked.order_by("pk").values_list("pk", flat=True)[: BATCH if row.do in DOES else ACTION_BATCH])
    records = queryset(user, module, right, aside=True).filter(pk__in=ids).order_by("pk").select_for_update(of=("self",))
    return list(records), ids


def change(row: BulkRun, module: Module, records: Sequence[Record], actor: Actor, told: list[tuple[int, Problem]]) -> int:
    """Change these records as asked; gives how many were changed. What was refused is put into `told`."""
    if row.do == "delete":
        if not records:
            return 0
        assert row.act is not None
        write.delete_many(module, [one.pk for one in records], actor=actor, act=row.act)
        return len(records)
    if row.do not in DOES:
        return _act(row.do, records, actor, told)
    pairs = [(one, changes) for one, changes in _changes(row, module, records, actor) if changes]
    refused: dict[int, dict[str, str]] = {}
    if pairs:
        write.update_many(module, pairs, actor=actor, refused=refused)
    told += [(pk, Problem("refused_here", {"message": " ".join(problems.values())})) for pk, problems in sorted(refused.items())]
    if row.do == "owner" and row.values.get("with"):
        _hand_over(module, [(one, changes) for one, changes in pairs if one.pk not in refused], actor, row.values["owner"])
    return len(pairs) - len(refused)


def _act(key: str, records: Sequence[Record], actor: Actor, told: list[tuple[int, Problem]]) -> int:
    """Run an action on each record by itself: one that cannot is told with its reason and stops no other (CRM-14)."""
    done = 0
    for record in records:
        try:
            act(key, record, actor=actor)
            done += 1
        except Forbidden:
            told.append((record.pk, Problem("bulk_right")))
        except write.Invalid as error:
            told.append((record.pk, Problem("refused_here", {"message": " ".join(error.errors.values())})))
        except write.Refused as error:
            told.append((record.pk, Problem("refused_here", {"message": str(error)})))
    return done


def _changes(row: BulkRun, module: Module, records: Sequence[Any], actor: Actor) -> list[tuple[Any, dict[str, Any]]]:
    if row.do == "tag":
        load_tags(module.key, records)
        add, remove = row.values.get("add", []), {word.casefold() for word in row.values.get("remove", [])}
        made = []
        for one in records:
            kept = [word for word in one.tag_words if word.casefold() not in remove]
            wanted = list(dict.fromkeys([*kept, *[word for word in add if word.casefold() not in {k.casefold() for k in kept}]]))
            made.append((one, {"tags": wanted} if wanted != one.tag_words else {}))
        return made
    assert actor.user is not None
    open_fields = gate_fields(actor.user, module, edit=True)
    values = {key: open_fields[key].kind.back(value) for key, value in row.values.items() if key in open_fields}
    for one in records:
        one.__dict__["_was_owned_by"] = one.owner_id
    return [(one, write.changes_of(module, one, values)) for one in records]


def _hand_over(module: Module, pairs: Sequence[tuple[Any, Mapping[str, Any]]], actor: Actor, owner: int) -> None:
    """What hangs on the records and belonged to the same person goes to the new owner, too (CRM-18)."""
    assert actor.user is not None
    was = {record.pk: record.__dict__["_was_owned_by"] for record, _changes in pairs}
    for related in module.related:
        other = find_module(related.module)
        if not was or not can(actor.user, other, "edit"):
            continue
        column = f"{related.field}_id"
        rows = queryset(actor.user, other, "transfer").filter(**{f"{column}__in": was}).select_for_update(of=("self",))
        same = [one for one in rows.order_by("pk") if one.owner_id == was[getattr(one, column)] and one.owner_id != owner]
        if same:
            write.update_many(other, [(one, {"owner": owner}) for one in same], actor=actor, refused={})
