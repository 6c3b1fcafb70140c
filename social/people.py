"""Who speaks: profiles of the networks, and the leads, contacts and accounts they belong to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery

from core import clock
from core.access.gate import can
from core.access.models import User
from core.actor import Actor
from core.event.emit import emit_one
from core.identity.keys import HANDLE, handle_key, name_forms
from core.identity.models import IdentityKey
from core.module.registry import module
from core.record.insert import fresh
from core.record.models import Record, Tie
from core.record.upsert import upsert
from core.remote.network import network

from .models import Conversation, Post, Profile
from .networks.items import Person

TIE = "profile"
PROFILE = "social.profile"
# The modules whose records carry an X handle, the best answer to "who is this" first.
HOLDERS = ("crm.contact", "crm.lead", "crm.account")
# What a network tells of somebody, or does not tell this time.
_MAYBE = ("bio", "place", "picture_url", "protected", "background")
# Our columns, and what a network tells.
_COUNTS = {"followers": "followers", "following": "following", "post_count": "posts", "like_count": "likes"}
_TOLD = ["handle", "name", *_MAYBE, *_COUNTS, "handle_key", "name_key", "seen_at", "was", "gone_at"]
# Counts change with every post that is read: they are written anew once in this time.
COUNTED_EVERY = timedelta(days=1)
MOST = 20
FEW = 5


def keep(network: str, people: Iterable[Person]) -> dict[str, Profile]:
    """The profiles of these people by outside id, made or brought up to date, tied to their records. In a transaction."""
    seen = {person.outside_id: person for person in people if person.outside_id}
    if not seen:
        return {}
    by_handle = {f"@{one.handle.lower()}": one for one in seen.values() if one.handle}
    held = _held(network, [*seen, *by_handle])
    if waiting := [one for outside_id, one in held.items() if outside_id in by_handle]:
        _meet(network, waiting, by_handle)
        held = _held(network, list(seen))
    anew, named, now = [], [], clock.now()
    for outside_id, person in sorted(seen.items()):
        old = held.get(outside_id)
        if old is not None and _knows(old, person, now):
            continue
        # Records carry handles of X alone; what another network calls somebody says nothing of them.
        if network == "x" and person.handle and (old is None or old.handle_key != person.handle.lower()):
            named.append(outside_id)
        held[outside_id] = _seen(network, person, old, now)
        anew.append(held[outside_id])
    if anew:
        upsert(Profile, anew, ["network", "outside_id"], _TOLD)
    if named:
        tie_profiles([held[outside_id] for outside_id in named])
    return held


def _held(network: str, outside_ids: Collection[str]) -> dict[str, Profile]:
    return {one.outside_id: one for one in Profile.objects.filter(network=network, outside_id__among=outside_ids)}


def _knows(old: Profile, person: Person, now: datetime) -> bool:
    """Whether there is nothing new: a post without its author's particulars, or the same as of late."""
    if not (person.handle or person.name):
        return True
    same = all(getattr(old, name) == value for name, value in _told(person).items())
    return same and old.gone_at is None and old.seen_at > now - COUNTED_EVERY


def _told(person: Person) -> dict[str, Any]:
    """What a network told of somebody this time, but for the counts. Nobody's handle or name is ever empty."""
    words = {name: value for name in ("handle", "name") if (value := getattr(person, name))}
    return words | {name: value for name in _MAYBE if (value := getattr(person, name)) is not None}


def _seen(key: str, person: Person, old: Profile | None, now: datetime) -> Profile:
    """A profile as it is seen now; what is not told this time stays as it was. Where what is told may be kept for a while only, what
    stays does not live longer for it: it is seen when it was told."""
    one, told = old or fresh(Profile), _told(person)
    one.network, one.outside_id = key, person.outside_id
    stays = any(getattr(one, name) for name in ("name", *_MAYBE) if name not in told)
    net = network(key)
    if not (stays and "person" in net.keeps and one.outside_id.startswith(net.member_prefix)):
        one.seen_at = now
    if one.handle and person.handle and one.handle_key != person.handle.lower():
        one.was = one.handle
    counts = {ours: count for ours, theirs in _COUNTS.items() if (count := getattr(person, theirs)) is not None}
    if told.get("name", one.name) != one.name or not one.name_key:
        one.name_key = spelled(told.get("name", one.name))
    one.__dict__.update(told, **counts, gone_at=None)
    one.handle_key = one.handle.lower()
    return one


def _meet(network: str, waiting: Iterable[Profile], by_handle: Mapping[str, Person]) -> None:
    """Whoever was linked by their address before the network could be asked is met there: the same person from now on (SOC-18)."""
    for one in waiting:
        person = by_handle[one.outside_id]
        there = Profile.objects.filter(network=network, outside_id=person.outside_id).first()
        if there is None:
            Profile.objects.filter(pk=one.pk).update(outside_id=person.outside_id)
            continue
        if one.noted and not there.noted:
            Profile.objects.filter(pk=there.pk).update(noted=one.noted)
        ties = Tie.objects.filter(kind=TIE, module=PROFILE, record_id=one.pk)
        Tie.objects.bulk_create([_tie(there.pk, tie.other_module, tie.other_id) for tie in ties], ignore_conflicts=True)
        ties.delete()
        Conversation.objects.filter(profile=one).delete()  # nobody wrote to an address
        one.delete()


def by_address(network: str, handle: str) -> Profile:
    """The profile of a handle: the one that is known, or one that waits to be met at the network. In a transaction."""
    key = handle.lower()
    found = Profile.objects.filter(network=network, handle_key=key, gone_at=None).order_by("-seen_at", "-pk").first()
    if found is None:
        first = {"handle": handle, "handle_key": key, "seen_at": clock.now()}
        found, _made = Profile.objects.get_or_create(network=network, outside_id=f"@{key}", defaults=first)
    return found


def spelled(name: str) -> str:
    """A name as it is looked for: width, variant kanji and the order of Latin words fall away; "" if nothing is left."""
    return next(iter(name_forms(name, "")), "")[:200]


def named(user: User, network: str, name: str) -> list[Profile]:
    """Who is known under this name already, who was seen last first: whoever wrote to us is found without asking the network (SOC-11).
    Of whoever wrote in private alone only those are told who read it."""
    key = spelled(name)
    if not key:
        return []
    talks = Conversation.objects.filter(profile=OuterRef("pk"))
    talks = talks.filter(Q(owner=user) | Q(owner=None) if can(user, "social.message", "view") else Q(owner=user))
    said = Post.objects.filter(profile=OuterRef("pk"), channel__isnull=False)
    rows = _there(network).filter(Exists(said) | Exists(talks), name_key=key)
    return list(rows.order_by("-seen_at", "-pk")[:FEW])


def linkable(network: str, outside_id: str) -> Profile | None:
    """Somebody who is known already, as long as they are there: whoever was erased has no name."""
    return _there(network).filter(outside_id=outside_id).exclude(name="").first()


def _there(network: str) -> QuerySet[Profile]:
    return Profile.objects.filter(network=network, gone_at=None).exclude(outside_id__startswith="@")


def linked_to(key: str, pk: int) -> QuerySet[Profile]:
    """The profiles a record is linked to, what was linked last first."""
    ties = Tie.objects.filter(kind=TIE, module=PROFILE, other_module=key, other_id=pk)
    since = ties.filter(record_id=OuterRef("pk")).values("pk")[:1]
    return Profile.objects.filter(pk__in=ties.values("record_id")).annotate(linked=Subquery(since)).order_by("-linked")


def link(profile: Profile, record: Record, *, actor: Actor, how: str) -> None:
    """Somebody said whose profile this is: the record's one profile at this network from now on. `how` it was found: "search",
    "handle" or "address" (X asks that a link remembers it). In a transaction."""
    key = record._meta.label_lower
    # The same one, too: linked anew it is the last that was linked, and no longer what came with a lead (CRM-13).
    others = [one for one in linked_to(key, record.pk) if one.network == profile.network]
    Tie.objects.filter(kind=TIE, module=PROFILE, other_module=key, other_id=record.pk, record_id__in=[one.pk for one in others]).delete()
    tie(profile, key, record.pk)
    emit_one(key, record, "profile_linked", actor, network=profile.network, profile=str(profile), how=how)


def unlink(profile: Profile, record: Record, *, actor: Actor) -> bool:
    """It is somebody else's. False if it was not linked. In a transaction."""
    key = record._meta.label_lower
    gone, _by = Tie.objects.filter(kind=TIE, module=PROFILE, record_id=profile.pk, other_module=key, other_id=record.pk).delete()
    if gone:
        emit_one(key, record, "profile_unlinked", actor, network=profile.network, profile=str(profile))
    return bool(gone)


def tie_profiles(profiles: Sequence[Profile]) -> None:
    """Tie profiles to the records that carry their handles (SOC-12): two statements and one for each module that has some."""
    mine = {handle_key(one.handle): one.pk for one in profiles if one.handle}
    keys = IdentityKey.objects.filter(module__in=HOLDERS, kind=HANDLE, value__among=list(mine), live=True, past=False) if mine else []
    found: dict[str, set[int]] = {}
    for key in keys:
        found.setdefault(key.module, set()).add(key.record_id)
    ties, count = [], Counter[tuple[str, int]]()
    for key in HOLDERS:
        rows = module(key).model._default_manager.filter(pk__in=found.get(key, ()), deleted_at__isnull=True).order_by("pk")
        for pk, handle in rows.values_list("pk", "x_handle") if key in found else ():
            profile = mine.get(handle_key(handle)) if handle else None
            if profile is not None and count[key, profile] < MOST:
                count[key, profile] += 1
                ties.append(_tie(profile, key, pk))
    if ties:
        Tie.objects.bulk_create(ties, ignore_conflicts=True)


def tie_record(key: str, record: Record, was: str = "") -> None:
    """Tie a record to the profile of its X handle, and no longer to the one of the handle it had."""
    mine = Tie.objects.filter(kind=TIE, module=PROFILE, other_module=key, other_id=record.pk)
    if was:
        mine.filter(record_id__in=Profile.objects.filter(network="x", handle_key=was.lower()).values("pk")).delete()
    handle: str = getattr(record, "x_handle", "")
    found = list(Profile.objects.filter(network="x", handle_key=handle.lower(), gone_at=None)[:2]) if handle else []
    if len(found) == 1 and not linked_to(key, record.pk).filter(network="x").exists():  # what somebody linked by hand stays
        Tie.objects.bulk_create([_tie(found[0].pk, key, record.pk)], ignore_conflicts=True)


def tie(profile: Profile, key: str, pk: int) -> None:
    """Somebody said whose profile this is."""
    Tie.objects.bulk_create([_tie(profile.pk, key, pk)], ignore_conflicts=True)


def known_handles(handles: Iterable[str]) -> set[str]:
    """Which of these handles, folded, belong to a profile we know: one question for a whole import's chunk."""
    wanted = {handle.lower() for handle in handles if handle}
    return set(Profile.objects.filter(network="x", handle_key__in=wanted).values_list("handle_key", flat=True)) if wanted else set()


def _tie(profile_id: int, key: str, pk: int) -> Tie:
    return Tie(kind=TIE, module=PROFILE, record_id=profile_id, other_module=key, other_id=pk)


def people_of(profile_ids: Sequence[int]) -> dict[int, list[tuple[str, int]]]:
    """The records each profile is tied to, as (module key, id), the best first."""
    made: dict[int, list[tuple[str, int]]] = {pk: [] for pk in profile_ids}
    rows = Tie.objects.filter(kind=TIE, module=PROFILE, record_id__in=list(made), other_module__in=HOLDERS).order_by("pk")
    for profile_id, key, pk in rows.values_list("record_id", "other_module", "other_id"):
        made[profile_id].append((key, pk))
    for found in made.values():
        found.sort(key=lambda one: HOLDERS.index(one[0]))
    return made


def profiles_of(key: str, ids: Sequence[int]) -> list[Profile]:
    """The profiles tied to these records of one module, a few at most."""
    if not ids:
        return []
    tied = Tie.objects.filter(kind=TIE, module=PROFILE, other_module=key, other_id__in=ids).values("record_id")
    return list(Profile.objects.filter(pk__in=tied).order_by("network", "pk")[:MOST])
