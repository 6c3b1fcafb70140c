"""Words that somebody looks for, where fields are hidden from them: only what they may read answers (A6)."""

from __future__ import annotations

from django.db.models import Q

from core.access.gate import fields, rights
from core.access.models import User
from core.module.module import Module


def told_by(user: User, module: Module, q: str) -> Q | None:
    """That every word stands in a searched field this person may see; None where none is hidden and the index alone decides.

    The index holds all fields together, so that a hit would say that a hidden field holds the words.
    """
    if not rights(user).hidden(module):
        return None
    searched = {part for key in module.search.split() for part in module.fields[key].parts or (key,)}
    open_ = searched & fields(user, module).keys()
    if open_ == searched:
        return None
    made = Q()
    for word in q.replace("\x00", "").split()[:8]:
        one = Q(pk__in=[])
        for key in sorted(open_):
            one |= Q(**{f"{module.fields[key].path}__icontains": word.lstrip("@#") or word})
        made &= one
    return made
