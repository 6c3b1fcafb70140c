"""Records with a story: 200 events, 20 activities, 20 notes and three files each, over the last days."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

STORIED = ("leads", "contacts", "accounts", "deals")


def tell() -> dict[str, int]:
    """The ids of the records with a story, by the last part of their module's address; what is told already is left."""
    from core.access.models import User
    from core.event.models import Event
    from core.module.registry import module_at

    boss = User.objects.get(email="admin@bench.example")
    made = {}
    for path in STORIED:
        module = module_at("crm", path)
        assert module is not None
        # A record that has what others have: an account has people and deals, a contact deals.
        rows = module.model._default_manager.filter(deleted_at=None).order_by("pk")
        made[path] = rows.filter(**_among(path)).values_list("pk", flat=True)[10]
        if not Event.objects.filter(module=module.key, record_id=made[path]).exists():
            _tell(module.key, made[path], boss)
    return made


def _among(path: str) -> dict[str, Any]:
    from crm.models import Deal

    return {"contacts": {"pk__in": Deal.objects.values("contact_id")}, "accounts": {"pk__in": Deal.objects.values("account_id")}}.get(
        path, {}
    )


def _tell(key: str, pk: int, boss: Any) -> None:
    from core import clock
    from core.event.models import Event
    from core.files.models import Attachment, File
    from core.record.models import Note
    from crm.models import Activity

    now = clock.now()

    def before(number: int, minutes: int) -> Any:
        return now - timedelta(minutes=number * minutes)

    changed = [{"phone": [f"03-{n}", f"04-{n}"]} if key != "crm.deal" else {"name": [f"A{n}", f"B{n}"]} for n in range(200)]
    common: dict[str, Any] = {"module": key, "record_id": pk}
    Event.objects.bulk_create(
        Event(at=before(n, 61), kind="updated", actor=boss, way="page", changes=one, **common) for n, one in enumerate(changed)
    )
    Note.objects.bulk_create(Note(author=boss, text=f"Note {n}", at=before(n, 97), **common) for n in range(20))
    held = [File(place=f"bench/{secrets.token_hex(8)}", size=9_000 + n, digest="0" * 64, type="application/pdf", at=now) for n in range(3)]
    kept = File.objects.bulk_create(held)
    Attachment.objects.bulk_create(Attachment(file=one, name=f"Offer {n}.pdf", by=boss, at=now, **common) for n, one in enumerate(kept))
    Activity.objects.bulk_create(_activity(number, key.split(".")[1], pk, boss, before(number, 150)) for number in range(20))


def _activity(number: int, column: str, pk: int, boss: Any, at: Any) -> Any:
    from crm.models import Activity

    done = {"status": "done", "done_at": at, "result": "Spoke"} if number % 5 > 2 else {}
    day = at.date() + timedelta(days=number % 9)
    who: dict[str, Any] = {"owner": boss, "created_by": boss, "changed_by": boss, "created_at": at, "changed_at": at}
    return Activity(subject=f"Call {number}", due_on=day, **{f"{column}_id": pk}, **who, **done)
