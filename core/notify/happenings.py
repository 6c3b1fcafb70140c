"""What the kernel tells people of by itself: records given to them, notes that name them, their long work that ended.

Everything is told in the transaction that caused it. What is undone before anybody read it is taken back: a record given
away again tells its former owner nothing, one in the bin counts in nobody's bell.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from core import clock
from core.access.gate import can
from core.access.models import User
from core.actor import Actor
from core.event.emit import Happened, listens
from core.field.look import Look
from core.module.registry import module
from core.record.models import Note
from core.work.models import DONE, Job
from core.work.registry import on_end

from .kinds import Place, places, say
from .models import Notification
from .showing import ids_of
from .tell import gather, notify

ASSIGNED, LEFT, MENTIONED, JOB = "core.assigned", "core.left", "core.mentioned", "core.job"
# Who sees everybody's work (core.web.jobs).
OVERSEERS = ("account", "suite")
# Work that ended sooner was waited for.
LONG = timedelta(seconds=60)


@listens("created", "arrived", "updated", "merged", "converted", "unconverted")
def given(told: Sequence[Happened], actor: Actor) -> None:
    """Whoever owns a record now that somebody else made or changed is told; many of one act are told as one."""
    mine = [one for one in told if "owner" in one.event.changes and getattr(one.record, "owner_id", None) is not None]
    taken = [one for one in told if one.event.kind == "updated" and "owner" in one.event.changes]
    if taken:
        _take_back(taken)
    # What comes in from a network, or with the demonstration data, was given by nobody.
    new = {"created", "arrived"}
    left = departed({one.event.changes["owner"][0] for one in mine if one.event.kind == "updated"})
    groups: dict[tuple[str, int, int], list[int]] = defaultdict(list)
    for one in mine:
        if one.record.owner_id != actor.user_id and not (one.event.kind in new and actor.way in {"sync", "system"}):
            was = one.event.changes["owner"][0] if one.event.kind == "updated" else None
            groups[one.event.module, one.record.owner_id, was if was in left else 0].append(one.record.pk)
    if not groups:
        return
    act = f"job{actor.job}" if actor.job else uuid.uuid4().hex
    users = {user.pk: user for user in _people({owner for _key, owner, _was in groups})}
    for (key, owner, was), ids in sorted(groups.items()):
        if owner in users and can(users[owner], key, "view"):
            kind, data = (LEFT, {"by": actor.user_id, "from": was}) if was else (ASSIGNED, {"by": actor.user_id})
            gather(users[owner], kind, key, ids, data, key=f"given:{act}:{key}" + (f":{was}" if was else ""), actor=actor)


def departed(ids: Collection[int | None]) -> set[int]:
    """Those of these people who have left: they can no longer sign in."""
    wanted = {pk for pk in ids if pk}
    return set(User.objects.filter(pk__in=wanted, is_active=False).values_list("pk", flat=True)) if wanted else set()


def _people(ids: Collection[int]) -> list[User]:
    return list(User.objects.entitled().filter(pk__in=ids, is_active=True))


def _take_back(told: Sequence[Happened]) -> None:
    """Nobody has to hear that they were given what somebody else has by now."""
    by_owner: dict[tuple[str, int | None], list[int]] = defaultdict(list)
    for one in told:
        by_owner[one.event.module, one.record.owner_id].append(one.record.pk)
    for (key, owner), ids in by_owner.items():
        Notification.objects.filter(module=key, record_id__in=ids, kind__in=(ASSIGNED, LEFT), read_at=None).exclude(
            user_id=owner or 0
        ).delete()


@listens("deleted")
def binned(told: Sequence[Happened], actor: Actor) -> None:
    _mark(told, gone=True)


@listens("restored")
def brought_back(told: Sequence[Happened], actor: Actor) -> None:
    _mark(told, gone=False)


def _mark(told: Sequence[Happened], *, gone: bool) -> None:
    by_module: dict[str, list[int]] = defaultdict(list)
    for one in told:
        by_module[one.event.module].append(one.record.pk)
    for key, ids in by_module.items():
        Notification.objects.filter(module=key, record_id__in=ids, gone=not gone).update(gone=gone)


def _still_mine(rows: Iterable[Notification], seen: Mapping[tuple[str, int], Place]) -> set[int]:
    """Those of which the reader still owns something."""
    return {row.pk for row in rows if any(_owner(seen.get((row.module, pk))) == row.user_id for pk in ids_of(row))}


def _owner(place: Place | None) -> int | None:
    return getattr(place.record, "owner_id", None) if place else None


def _given_words(data: Mapping[str, Any], look: Look, title: str) -> str:
    who, one = look.person(data.get("by")) or _("Enishi"), module(str(data["module"]))
    count = int(data.get("count", 1))
    if data.get("from"):
        return _left_words(data, look, title, one, count)
    if title:
        return _("%(who)s gave you: %(title)s (%(kind)s)") % {"who": who, "title": title, "kind": one.label}
    words = {"who": who, "count": count, "kind": one.plural}
    return ngettext("%(who)s gave you %(count)d record: %(kind)s", "%(who)s gave you %(count)d records: %(kind)s", count) % words


def _left_words(data: Mapping[str, Any], look: Look, title: str, one: Any, count: int) -> str:
    words = {"from": look.person(data["from"]) or _("Somebody"), "title": title, "count": count}
    if title:
        return _("%(from)s has left; you take over: %(title)s (%(kind)s)") % {**words, "kind": one.label}
    if count == 1:
        said = _("%(from)s has left; you take over one record: %(kind)s")
    else:
        said = _("%(from)s has left; you take over %(count)d records: %(kind)s")
    return said % {**words, "kind": one.plural}


@listens("mentioned")
def mentioned(told: Sequence[Happened], actor: Actor) -> None:
    users = {user.pk: user for user in _people({one.event.detail["user"] for one in told})}
    for one in told:
        user, note = users.get(one.event.detail["user"]), one.event.detail["note"]
        if user is not None:
            data = {"by": actor.user_id, "note": note}
            notify(user, MENTIONED, one.record, data, key=f"mentioned:{note}", actor=actor)


def _still_named(rows: Iterable[Notification], seen: Mapping[tuple[str, int], Place]) -> set[int]:
    """Those whose note is still there and names the reader."""
    held = list(rows)
    notes = {note.pk: note.mentions for note in Note.objects.filter(pk__in={row.data.get("note") for row in held})}
    return {row.pk for row in held if row.user_id in notes.get(row.data.get("note"), ())}


def _mentioned_words(data: Mapping[str, Any], look: Look, title: str) -> str:
    return _("%(who)s mentioned you in a note: %(title)s") % {"who": look.person(data.get("by")) or _("Enishi"), "title": title}


@on_end
def ended(job: Job, state: str) -> None:
    """Long work people asked for is told to them when it is over, and how; they may have gone on to something else. Of work
    that stopped because the one who asked for it has left, those are told who look after the house."""
    if not job.shown or job.user_id is None:
        return
    key = f"job:{job.pk}:{state}:{clock.now():%Y%m%d%H%M}"
    if departed({job.user_id}):
        for user in User.objects.filter(level__in=OVERSEERS, is_active=True).order_by("pk") if state != DONE else ():
            notify(user, LEFT, job, {"state": state, "from": job.user_id}, key=key)
    elif clock.now() - job.created_at >= LONG:
        notify(User.objects.get(pk=job.user_id), JOB, job, {"state": state}, key=key)


@places("core.job")
def _jobs(user: User, ids: Collection[int]) -> dict[int, Place]:
    rows = Job.objects.filter(shown=True, pk__in=ids)
    rows = rows if user.level in OVERSEERS and user.is_active else rows.filter(user=user)
    return {row.pk: Place(row.said, reverse("job", args=[row.pk]), row) for row in rows}


def _as_it_ended(rows: Iterable[Notification], seen: Mapping[tuple[str, int], Place]) -> set[int]:
    """Not those whose work was begun again."""
    return {row.pk for row in rows if (place := seen.get((row.module, row.record_id))) and place.record.state == row.data.get("state")}


def _ended_words(data: Mapping[str, Any], look: Look, title: str) -> str:
    if data.get("state") == DONE:
        return _("Done: %(title)s") % {"title": title}
    return _("Not finished: %(title)s. Open it to see why.") % {"title": title}


def _taken_over(rows: Iterable[Notification], seen: Mapping[tuple[str, int], Place]) -> set[int]:
    """Records the reader still owns, and work that still stands as it stopped."""
    held = list(rows)
    stopped = [row for row in held if row.module == "core.job"]
    return _as_it_ended(stopped, seen) | _still_mine([row for row in held if row.module != "core.job"], seen)


def _taken_over_words(data: Mapping[str, Any], look: Look, title: str) -> str:
    if "state" not in data:
        return _given_words(data, look, title)
    return _("%(from)s has left, and this work of theirs stopped: %(title)s") % {"from": look.person(data["from"]), "title": title}


say(ASSIGNED, lazy("Somebody gives me a record"), icon="user-check", sentence=_given_words, still=_still_mine)
say(
    LEFT,
    lazy("Somebody left: I take over their records, or their work stopped"),
    icon="log-out",
    sentence=_taken_over_words,
    still=_taken_over,
)
say(MENTIONED, lazy("Somebody mentions me in a note"), icon="at-sign", sentence=_mentioned_words, still=_still_named)
say(JOB, lazy("My import, export or bulk edit is over"), icon="list-checks", sentence=_ended_words, still=_as_it_ended)
