"""Who speaks: profiles of the networks, and the leads, contacts and accounts they belong to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from core import clock
from core.module.registry import module
from core.record.models import Record, Tie
from core.search.query import matching_ids

from .models import Profile
from .networks.items import Person

TIE = "profile"
PROFILE = "social.profile"
# The modules whose records carry an X handle, the best answer to "who is this" first.
HOLDERS = ("crm.contact", "crm.lead", "crm.account")
_SHOWN = ("handle", "name", "bio", "place", "picture_url")
MOST = 20


def keep(network: str, people: Iterable[Person]) -> dict[str, Profile]:
    """The profiles of these people by outside id, made or brought up to date, tied to their records. In a transaction."""
    seen = {person.outside_id: person for person in people if person.outside_id}
    held = {one.outside_id: one for one in Profile.objects.filter(network=network, outside_id__in=list(seen))}
    fresh, named = [], []
    for outside_id, person in sorted(seen.items()):
        old = held.get(outside_id)
        if old is not None and (not (person.handle or person.name) or all(getattr(old, name) == getattr(person, name) for name in _SHOWN)):
            continue  # nothing new; or a post without its author's particulars
        shown = {name: getattr(person, name) for name in _SHOWN}
        fresh.append(Profile(network=network, outside_id=outside_id, handle_key=person.handle.lower(), seen_at=clock.now(), **shown))
        # Records carry handles of X alone; what another network calls somebody says nothing of them.
        if network == "x" and person.handle and (old is None or old.handle_key != person.handle.lower()):
            named.append(outside_id)
    if fresh:
        columns = [*_SHOWN, "handle_key", "seen_at"]
        Profile.objects.bulk_create(fresh, update_conflicts=True, unique_fields=["network", "outside_id"], update_fields=columns)
        held = {one.outside_id: one for one in Profile.objects.filter(network=network, outside_id__in=list(seen))}
    for outside_id in named:
        tie_profile(held[outside_id])
    return held


def tie_profile(profile: Profile) -> None:
    """Tie a profile to the records that carry its handle (SOC-12)."""
    ties = []
    for key in HOLDERS:
        rows = module(key).model._default_manager.filter(deleted_at__isnull=True, x_handle__iexact=profile.handle)
        found = rows.filter(pk__in=matching_ids(key, profile.handle)).values_list("pk", flat=True)[:MOST]
        ties += [_tie(profile.pk, key, pk) for pk in found]
    Tie.objects.bulk_create(ties, ignore_conflicts=True)


def tie_record(key: str, record: Record, was: str = "") -> None:
    """Tie a record to the profile of its X handle, and no longer to the one of the handle it had."""
    mine = Tie.objects.filter(kind=TIE, module=PROFILE, other_module=key, other_id=record.pk)
    if was:
        mine.filter(record_id__in=Profile.objects.filter(network="x", handle_key=was.lower()).values("pk")).delete()
    handle: str = getattr(record, "x_handle", "")
    found = list(Profile.objects.filter(network="x", handle_key=handle.lower())[:2]) if handle else []
    if len(found) == 1:
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
