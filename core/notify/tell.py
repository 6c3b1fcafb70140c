"""Telling a person something: one row, and the mail it belongs to, both in the transaction of their cause.

    notify(user, "crm.reminder", activity, {"at": …}, key=f"reminder:{activity.pk}:{at}")

Nobody reads or is mailed anything before the commit, and what is told is looked at again then: see core.notify.showing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from core import clock
from core.access.models import User
from core.actor import Actor

from .kinds import Kind, chosen, kind_of, say
from .models import AT_ONCE, QUEUED, Letter, Notification
from .showing import shown, unread

__all__ = ["gather", "notify", "say", "shown", "unread"]

# Of a group so many ids are kept, to look again whether anything of it is left.
KEPT = 200


@transaction.atomic
def notify(
    user: User, kind: str, record: Any, data: Mapping[str, Any] | None = None, *, key: str = "", actor: Actor | None = None
) -> Notification | None:
    """Tell `user` about `record`, by the ways this person chose for the kind. The same `key` is told once.

    None: it was told before, the person wants none of it, or did it (`actor`). Raises LookupError for a kind nobody declared.
    """
    return _told(user, _declared(kind), record._meta.label_lower, record.pk, dict(data or {}), key, actor)


@transaction.atomic
def gather(
    user: User, kind: str, module: str, ids: Sequence[int], data: Mapping[str, Any], *, key: str, actor: Actor | None = None
) -> Notification | None:
    """Tell `user` about many records of one act (`key`): one notification, which grows while the act goes on."""
    if not ids:
        return None
    standing = Notification.objects.select_for_update().filter(user=user, key=key).first()
    if standing is None:
        held = {**data, "count": len(ids), "ids": list(ids[:KEPT])} if len(ids) > 1 else dict(data)
        return _told(user, _declared(kind), module, ids[0] if len(ids) == 1 else 0, held, key, actor)
    known = standing.data.get("ids") or [standing.record_id]
    count = int(standing.data.get("count", 1)) + len(ids)
    standing.data = {**standing.data, "count": count, "ids": [*known, *ids][:KEPT]}
    standing.record_id, standing.read_at, standing.gone = 0, None, False
    standing.save(update_fields=["data", "record_id", "read_at", "gone"])
    # The mail waits until the act is quiet, so that it says the number in the end.
    Letter.objects.filter(pk=standing.letter_id or 0, state=QUEUED).update(due_at=clock.now() + _declared(kind).grace)
    return standing


def _declared(kind: str) -> Kind:
    found = kind_of(kind)
    if found is None:
        raise LookupError(f"No notification kind {kind!r}.")
    return found


def _told(user: User, kind: Kind, module: str, pk: int, data: dict[str, Any], key: str, actor: Actor | None) -> Notification | None:
    if actor is not None and actor.user_id == user.pk:
        return None
    page, mail = chosen([user.pk], kind)[user.pk]
    if not page and not mail:
        return None
    row = Notification(user=user, kind=kind.key, module=module, record_id=pk, data=data, key=key, page=page, mail=mail, at=clock.now())
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:  # told before
        return None
    if mail == AT_ONCE:
        _post(row, kind.grace)
    return row


def _post(row: Notification, grace: timedelta) -> None:
    """Put a notification into the mail about its record that is still open, or into a new one."""
    about = f"{row.module}:{row.record_id}" if row.record_id else row.key
    row.letter = _letter(row.user, about, clock.now() + grace)
    row.save(update_fields=["letter"])


def _letter(user: User, about: str, due_at: datetime) -> Letter:
    from core.work.jobs import enqueue  # jobs know users, whose module would wait for this one

    for _try in range(5):
        # Held, so that it does not leave between this look and our commit.
        standing = Letter.objects.select_for_update().filter(user=user, about=about, day=None, state=QUEUED).first()
        if standing is not None:
            return standing
        try:
            with transaction.atomic():
                made = Letter.objects.create(user=user, about=about, due_at=due_at, made_at=clock.now())
        except IntegrityError:  # somebody was quicker
            continue
        enqueue("core.notify.mail", key=f"letter:{made.pk}", args={"letter": made.pk}, due_at=due_at)
        return made
    raise RuntimeError(f"Could not open a mail for {about}.")
