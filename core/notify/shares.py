"""Telling people that somebody shared a record with them; taken back with the share, if nobody read it yet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.access import parties
from core.access.audience import who_may_see
from core.access.models import User
from core.actor import Actor
from core.event.emit import Happened, listens
from core.field.look import Look
from core.module.registry import module

from .kinds import say
from .models import Notification
from .tell import notify

SHARED = "core.shared"
# A record shared with a whole company is told on its page, not to each of them.
MOST = 100


@listens("shared")
def shared(told: Sequence[Happened], actor: Actor) -> None:
    """Whoever may see the record now, and is not who shared it, is told."""
    for one in told:
        ids = parties.people(str(one.event.detail.get("whom", ""))) - {actor.user_id}
        if not ids or len(ids) > MOST or actor.way in {"sync", "system"}:
            continue
        seen = who_may_see(module(one.event.module), one.record, ids)
        for user in User.objects.filter(pk__in=seen):
            notify(user, SHARED, one.record, {"by": actor.user_id}, key=f"shared:{one.event.pk}", actor=actor)


@listens("unshared")
def unshared(told: Sequence[Happened], actor: Actor) -> None:
    for one in told:
        ids = parties.people(str(one.event.detail.get("whom", "")))
        rows = Notification.objects.filter(module=one.event.module, record_id=one.record.pk, kind=SHARED, read_at=None)
        rows.filter(user__in=ids).delete()


def _words(data: Mapping[str, Any], look: Look, title: str) -> str:
    words = {"who": look.person(data.get("by")) or _("Enishi"), "title": title, "kind": module(str(data["module"])).label}
    return _("%(who)s shared with you: %(title)s (%(kind)s)") % words


say(SHARED, lazy("Somebody shares a record with me"), icon="share-2", sentence=_words)
