"""The people of an account, for what is shown on its page because it is theirs (CRM-9)."""

from __future__ import annotations

from core.access.gate import queryset
from core.access.models import User

from .models import Account

# So many people of one company are looked at, those changed last: an account of thousands must not slow its page down.
MOST = 500


def people_at(user: User, account: Account) -> list[int]:
    """The ids of an account's contacts that this reader may see; read once for a page."""
    held: tuple[int, list[int]] | None = account.__dict__.get("_people")
    if held is None or held[0] != user.pk:
        rows = queryset(user, "crm.contact").filter(account_id=account.pk).order_by("-changed_at", "-pk")
        held = account.__dict__["_people"] = (user.pk, list(rows.values_list("pk", flat=True)[:MOST]))
    return held[1]
