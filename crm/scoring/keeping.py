"""Keeping scores: what changed is scored again within the minute, all of it after the rules did and once a night, since
days pass for records that nobody touches (CRM-19)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.utils import timezone

from core import clock
from core.access.models import User
from core.module.module import Module
from core.module.registry import module as find_module
from core.work.jobs import Run, enqueue

from .models import ScoreMark, ScoreRule
from .points import active, rescore
from .signals import Signal, signals

ALL, FOLLOW = "crm.score_all", "crm.score_changed"
BATCH = 1_000
# A transaction that was long in committing wrote an earlier moment than we have passed.
OVERLAP = timedelta(minutes=2)
NIGHT = 3  # o'clock, by the clock of the house


def rules_changed(key: str, user: User | None = None) -> None:
    """Score all records of a module again. A run under way begins anew with the rules as they are now. In a transaction."""
    mark, _made = ScoreMark.objects.get_or_create(module=key, defaults={"upto": clock.now()})
    ScoreMark.objects.filter(pk=mark.pk).update(upto=clock.now(), turn=F("turn") + 1)
    enqueue(ALL, key=key, args={"module": key}, user=user)


def _living(module: Module) -> QuerySet[Any]:
    return module.model._default_manager.filter(deleted_at__isnull=True)


def _marked(key: str) -> ScoreMark:
    """The mark, held until the step ends: two runs over one module take turns."""
    return ScoreMark.objects.select_for_update().get(module=key)


def score_all(run: Run) -> None:
    """All records of a module, a thousand a step."""
    module = find_module(run.args["module"])
    rows = _living(module)
    while not run.settled:
        with run.step() as step:
            mark, at = _marked(module.key), dict(run.cursor or {})
            if at.get("turn") != mark.turn:
                at = {"turn": mark.turn, "pk": 0, "done": 0, "changed": 0}
                step.advance(total=rows.count())
            ids = list(rows.filter(pk__gt=at["pk"]).order_by("pk").values_list("pk", flat=True)[:BATCH])
            if not ids:
                run.finish(changed=at["changed"])
                continue
            at["changed"] += rescore(module, active(module.key), ids, run.now)
            at |= {"pk": ids[-1], "done": at["done"] + len(ids)}
            step.advance(done=at["done"], cursor=at)


def follow_all(now: datetime) -> None:
    """Where anything changed since the mark of a module that has rules, begin to follow it."""
    used = set(ScoreRule.objects.filter(active=True).values_list("module", flat=True))
    for mark in ScoreMark.objects.filter(module__in=used):
        module, since = find_module(mark.module), mark.upto - OVERLAP
        if _living(module).filter(changed_at__gte=since).exists() or any(
            one.changed(mark.module, since).exists() for one in _heard(mark.module)
        ):
            enqueue(FOLLOW, key=mark.module, args={"module": mark.module})


def _heard(key: str) -> list[Signal]:
    """The signals that rules of a module count."""
    known = signals()
    return [known[name] for name in sorted({rule.signal for rule in active(key)}) if name in known]


def follow(run: Run) -> None:
    """What changed since the mark: the records themselves by the time they changed, then those that signals name."""
    module = find_module(run.args["module"])
    while not run.settled:
        with run.step() as step:
            mark = _marked(module.key)
            at = dict(run.cursor or _begun(mark, clock.now()))
            heard = [""] + [one.key for one in _heard(module.key)]
            ids = _batch(module, at)
            if ids:
                rescore(module, active(module.key), ids, run.now)
            if len(ids) == BATCH:
                step.advance(cursor=at)
                continue
            left = [key for key in heard if key > at["signal"]]
            if left:
                step.advance(cursor=at | {"signal": left[0], "pk": 0})
                continue
            upto = datetime.fromisoformat(at["upto"])
            ScoreMark.objects.filter(pk=mark.pk, upto__lt=upto).update(upto=upto)
            run.finish()


def _begun(mark: ScoreMark, now: datetime) -> dict[str, Any]:
    since = (mark.upto - OVERLAP).isoformat()
    return {"since": since, "upto": now.isoformat(), "at": since, "pk": 0, "signal": ""}


def _batch(module: Module, at: dict[str, Any]) -> Sequence[int]:
    """The next ids, and the cursor `at` moved behind them."""
    if at["signal"]:
        one = signals().get(at["signal"])
        if one is None:
            return []
        named = one.changed(module.key, datetime.fromisoformat(at["since"]))
        ids = list(_living(module).filter(pk__in=named, pk__gt=at["pk"]).order_by("pk").values_list("pk", flat=True)[:BATCH])
        at["pk"] = ids[-1] if ids else at["pk"]
        return ids
    moment = datetime.fromisoformat(at["at"])
    rows = _living(module).filter(changed_at__gte=moment, changed_at__lte=datetime.fromisoformat(at["upto"]))
    rows = rows.filter(Q(changed_at__gt=moment) | Q(pk__gt=at["pk"])).order_by("changed_at", "pk")
    found = list(rows.values_list("pk", "changed_at")[:BATCH])
    if found:
        at |= {"pk": found[-1][0], "at": found[-1][1].isoformat()}
    return [pk for pk, _moment in found]


@transaction.atomic
def nightly(now: datetime) -> None:
    """Once a night all records again: windows of days move on, and a related record may have changed."""
    here = timezone.localtime(now)
    if here.hour < NIGHT:
        return
    used = set(ScoreRule.objects.filter(active=True).values_list("module", flat=True))
    for mark in ScoreMark.objects.filter(module__in=used).exclude(whole_on=here.date()):
        ScoreMark.objects.filter(pk=mark.pk).update(whole_on=here.date())
        enqueue(ALL, key=mark.module, args={"module": mark.module})
