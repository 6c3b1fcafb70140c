"""Which roles show more than somebody sees: whoever is no admin of the whole house places nobody higher than they stand.

A role shows what those below it own, what its peers own, and what is shared with it: by sharing rules and by hand, with the role
itself, with a role above "and those below", or with a group that one of these is in.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import Q

from core import clock
from core.access import opened
from core.access.gate import rights, within
from core.access.models import Role, Share, User
from core.access.parties import keys_of_role, people, people_of_role
from core.access.people import below
from core.module.registry import modules

# What a level of sharing lets one do, as the gate asks it.
_RIGHT = {"read": "view", "write": "edit"}


def higher(by: User, roles: Iterable[Role]) -> set[int]:
    """Ids of those of the roles that show records which `by` does not reach, whatever apps and profile go with them."""
    held = rights(by)
    if held.feature("see_all"):
        return set()
    found, gained = set(), dict[int, frozenset[str]]()
    seen = {by.pk, *held.team}
    for role in roles:
        peers = people_of_role(role.pk) if role.peers and role != by.role else frozenset()
        if not seen.issuperset(below(role.path)) or not peers <= seen:
            found.add(role.pk)
        elif keys := keys_of_role(role.pk, role.path) - held.keys:
            gained[role.pk] = keys
    more = _opening(by, frozenset().union(*gained.values()))
    return found | {pk for pk, keys in gained.items() if not keys.isdisjoint(more)}


def _opening(by: User, parties: Collection[str]) -> set[str]:
    """Those of the parties with whom something is shared that `by` does not reach."""
    if not parties:
        return set()
    held, found = rights(by), set[str]()
    still = Q(until__isnull=True) | Q(until__gt=clock.now())
    by_hand = Share.objects.filter(still, whom__in=sorted(parties)).order_by()
    shared = set(by_hand.values_list("module", "level").distinct())
    for module in modules():
        for level, right in _RIGHT.items():
            reach = held.reach(module, right)
            if reach.everything:
                continue
            own = held.rules(module, level)
            for rule in opened.rules().get(module.key, ()):
                if rule.target not in parties or level not in opened.LEVELS[rule.level]:
                    continue
                if rule.source and people(rule.source) <= reach.owners:
                    continue
                if rule.source or all(one.source or one.criteria != rule.criteria for one in own):
                    found.add(rule.target)
            if (module.key, level) in shared:
                rows = by_hand.filter(module=module.key, level=level, record_id__in=module.model._default_manager.filter(deleted_at=None))
                beyond = rows.exclude(record_id__in=within(reach, module, aside=True).values("pk"))
                found |= set(beyond.values_list("whom", flat=True).distinct())
    return found
