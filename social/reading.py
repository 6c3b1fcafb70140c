"""Reading what a person posts on their own page, when somebody opens it (SOC-13, SOC-9).

Nothing is read that was read the same day, unless somebody asks again; older posts are read a page at a time. It is a job, so
that no page waits for a network, and a person's request, from the part of the limits that is kept for people. What it finds is
kept once and is work for nobody (social.keeping). Why it was refused stays on the row, told to each reader in their words.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.models import User
from core.remote.abilities import Can, Way
from core.remote.errors import Faulty, Gone, Hidden, Limited, Rejected, RemoteError, Revoked, Transient, said
from core.remote.network import network
from core.remote.wires import Wire
from core.work.jobs import Run, enqueue, job
from core.work.models import OPEN, Job
from core.work.run import backoff

from .keeping import gone_between, keep_found
from .models import Profile, Reading
from .network_pages import cost
from .networks.items import Page
from .speaking import Speaker, chosen, remembered, speakers

KIND = "social.read_posts"
SIZE = 20
# A network that does not answer is asked again so often, and a limit is waited for so long.
TRIES, PATIENCE = 4, timedelta(hours=26)
# Why nothing can be read, beside the codes of errors: nobody of us is signed in there.
NOBODY = "no_account"


@dataclass(frozen=True)
class Told:
    """How a profile's posts stand for one reader: being read, read until when, or why not; and the way that works."""

    profile: Profile
    network: str
    busy: bool = False
    fresh: bool = False
    may_read: bool = False
    older: bool = False
    price: str = ""
    why_not: str = ""
    way: Way | None = None
    reading: Reading | None = None


def ask(user: User, profile: Profile, *, again: bool = False, older: bool = False) -> bool:
    """Write the job that reads a profile's newest posts, or older ones. False if they were read today and nobody asks again."""
    row = Reading.objects.filter(profile=profile).first()
    if older and (row is None or not row.older):
        return False
    if not (again or older) and row is not None and is_fresh(row):
        return False
    enqueue(KIND, key=f"profile:{profile.pk}", args={"profile": profile.pk, "older": older}, user=user)
    return True


def is_fresh(row: Reading | None) -> bool:
    """Whether it was read on this day as networks count days, in UTC."""
    return row is not None and row.read_at is not None and row.read_at.astimezone(UTC).date() == clock.now().astimezone(UTC).date()


@job(KIND, label=lazy("Read a person's posts"))
def read(run: Run) -> None:
    """One page of a person's posts."""
    profile = Profile.objects.filter(pk=run.args["profile"]).first()
    user = User.objects.filter(pk=run.job.user_id).first()
    if profile is None or user is None or not profile.met:
        return
    row, _made = Reading.objects.get_or_create(profile=profile)
    speaker = reader(user, profile.network)
    if speaker is None or network(profile.network).why_not(Can.PERSON_POSTS, alone=speaker.mine):
        with run.step():
            Reading.objects.filter(pk=row.pk).update(code=NOBODY, facts={}, tried_at=clock.now())
        return
    older = bool(run.args.get("older")) and bool(row.older)
    wire = Wire(speaker.connection, person=True, guard=run.hold, feature="read_posts", argument=profile.handle[:100])
    try:
        page: Page = network(profile.network).posts_of(wire, profile.outside_id, token=row.older if older else "", size=SIZE)
    except RemoteError as error:
        _refused(run, row, error, older=older)
        return
    with run.step():
        store(profile, row, page, older=older)


def store(profile: Profile, row: Reading, page: Page, *, older: bool) -> int:
    """What a page brought, in the caller's transaction. Gives how many posts are new."""
    new = keep_found(profile, page.posts)
    gone_between(profile, page.posts)
    # Where older ones go on is moved by who reads on. A look at the newest alone does not forget how far somebody came, unless
    # it met nothing that is known: then there is a gap, and reading on begins at its upper end.
    known = row.read_at is not None and new < len([one for one in page.posts if one.kind != "repost"])
    kept = row.older if known and not older else page.next_token
    values: dict[str, Any] = {"older": kept, "code": "", "facts": {}, "tried_at": clock.now()}
    if not older:
        values["read_at"] = clock.now()
    Reading.objects.filter(pk=row.pk).update(**values)
    return new


def _refused(run: Run, row: Reading, error: RemoteError, *, older: bool) -> None:
    """The network said no. At a limit it is read when that is over; an ended sign-in and a closed door wait for people."""
    now = clock.now()
    values: dict[str, Any] = {"code": error.code, "facts": error.facts(), "tried_at": now}
    if older and isinstance(error, Rejected | Faulty):
        values["older"] = ""  # the network has forgotten where we were
    with run.step():
        Reading.objects.filter(pk=row.pk).update(**values)
        if isinstance(error, Limited) and error.until - now < PATIENCE:
            run.later(error.until)
        elif isinstance(error, Transient) and run.job.attempts < TRIES:
            run.later(now + backoff(run.job.attempts + 1))
        else:
            run.finish()


def reader(user: User, key: str) -> Speaker | None:
    """With which account somebody reads: the one they speak with, if the network knows it still, or another one."""
    found = [one for one in speakers(user, [key])[key] if one.signed_in]
    return chosen(found, remembered(user).get(key))


def told(profiles: Sequence[Profile], found: dict[str, list[Speaker]]) -> list[Told]:
    """How the posts of these profiles stand, for whoever may speak with these accounts. Two queries."""
    rows = {row.profile_id: row for row in Reading.objects.filter(profile__in=profiles)}
    keys = [f"profile:{one.pk}" for one in profiles]
    busy = {key for key, state in Job.objects.filter(kind=KIND, key__in=keys, state__in=OPEN).values_list("key", "state")}
    return [_one(one, rows.get(one.pk), f"profile:{one.pk}" in busy, found.get(one.network, [])) for one in profiles]


def _one(profile: Profile, row: Reading | None, busy: bool, accounts: Sequence[Speaker]) -> Told:
    net = network(profile.network)
    alone = bool(accounts) and all(one.mine for one in accounts)
    label, why_not = str(net.label), net.why_not(Can.PERSON_POSTS, alone=alone)
    if not why_not and not profile.met:
        why_not = _("It was linked by its address. Its posts can be read once %(network)s has told who it is.") % {"network": label}
    if not why_not and not accounts:
        why_not = _("Nobody of us who you may speak as is signed in at %(network)s.") % {"network": label}
    elif not why_not and not any(one.signed_in for one in accounts):
        why_not = said(Revoked.code, {"network": label})
    may_read = not why_not
    why_not = why_not or _trouble(profile, row, label)
    if row is not None and row.code == NOBODY:
        why_not = why_not or _("Nobody of us who you may speak as is signed in at %(network)s.") % {"network": label}
    way = Way(_("Open on %(network)s") % {"network": label}, address(profile)) if why_not else None
    older, micros = row is not None and bool(row.older), net.estimate("read_posts")
    return Told(profile, label, busy, is_fresh(row), may_read, older, cost(micros) if micros else "", why_not, way, row)


def _trouble(profile: Profile, row: Reading | None, label: str) -> str:
    """What stood in the way last time, so that each failure reads as itself (SOC-19)."""
    if row is None or not row.code or row.code == NOBODY:
        return ""
    name = profile.name or f"@{profile.handle}"
    if row.code == Hidden.code:
        words = _("%(name)s shows posts only to followers who were let in. What is kept here stays; the rest can be read on %(network)s.")
        return words % {"name": name, "network": label}
    if row.code == Gone.code:
        words = _("%(name)s is not on %(network)s any more: the account was deleted or suspended. What was read before stays here.")
        return words % {"name": name, "network": label}
    return said(row.code, row.facts) or said(Transient.code, {})


def address(profile: Profile) -> str:
    """The profile at its network, for people; empty where it has no page we know of."""
    shown = profile.handle or profile.outside_id
    return network(profile.network).link("profile", username=profile.handle, username_or_id=shown, vanity=profile.handle)
