"""What somebody owns goes to somebody else: counted for the page, moved a batch at a time, with an event per record."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils.translation import gettext_lazy as _

from core.access.models import User
from core.actor import Actor
from core.event.emit import emit
from core.module.module import Module
from core.module.registry import modules
from core.record import write
from core.stamps import held
from core.uncollected import uncollected
from core.work.jobs import Run, enqueue, job
from core.work.models import OPEN, RUNNING, Job

KIND = "console.hand_over"
BATCH = 500
# Up to so many records change hands while the page is loading; more become a job.
AT_ONCE = 200
WAIT = timedelta(seconds=5)


def owned(user: User) -> list[tuple[Module, int]]:
    """What somebody owns, by module, the bin and what stands aside included."""
    found = [(one, one.model._default_manager.filter(owner=user).count()) for one in modules()]
    return [(one, number) for one, number in found if number]


def running(user: User) -> list[Job]:
    """Jobs somebody asked for that are still open, without those that hand over or must never be left half-way."""
    return list(Job.objects.filter(user=user, state__in=OPEN, shown=True).exclude(kind=KIND).order_by("pk")[:20])


def begin(person: User, to: User, *, actor: Actor) -> Job | None:
    """Hand everything over in the caller's transaction where it is little; otherwise, and where a job of this person may
    still be writing, a job does (the rest)."""
    total = sum(number for _module, number in owned(person))
    busy = Job.objects.filter(user=person, state__in=OPEN).exists()
    if total <= AT_ONCE:
        for module, _number in owned(person):
            while move(module, person, to, actor):
                pass
        if not busy:
            return None
    label = _("Hand over what %(name)s had") % {"name": person}
    args = {"person": person.pk, "to": to.pk}
    return enqueue(KIND, key=f"hand over:{person.pk}", args=args, user=actor.user, total=total, label=str(label))


def move(module: Module, person: User, to: User, actor: Actor) -> int:
    """Give the new owner a batch; gives how many. What refuses the change of owner alone is changed all the same: somebody
    who is here has to have it."""
    rows: Any = module.model._default_manager.filter(owner=person).order_by("pk").select_for_update(of=("self",))[:BATCH]
    records = list(rows)
    refused: dict[int, dict[str, str]] = {}
    if records:
        write.update_many(module, [(one, {"owner": to.pk}) for one in records], actor=actor, refused=refused)
    if refused:  # a rule newer than the record, such as a field that became required, keeps nobody as the owner who has left
        kept = [one for one in records if one.pk in refused]
        module.model._default_manager.filter(pk__in=list(refused)).update(owner=to)
        emit([(module.key, one, {"owner": [person.pk, to.pk]}, {}) for one in kept], "updated", actor)
    return len(records)


@job(KIND, label=_("Hand records over"), shown=True, stoppable=False)
def hand_over(run: Run) -> None:
    """Move module by module until nothing is left and no job of the person runs that could still write."""
    person, to = (User.objects.get(pk=run.args[name]) for name in ("person", "to"))
    if not to.is_active:
        to = run.job.user or to  # who took over has left as well: the admin who asked has it
    for module in modules():
        while True:
            with uncollected(), held(), run.step() as step:
                moved = move(module, person, to, Actor(run.job.user, "bulk", run.job.pk))
                step.advance(done=run.job.done + moved)
            if not moved:
                break
    if Job.objects.filter(user=person, state=RUNNING).exists():
        run.later(run.now + WAIT)
