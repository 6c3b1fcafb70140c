"""The people of an account, for what is shown on its page because it is theirs (CRM-9)."""

from __future__ import annotations

from core.access.models import User
from core.event.timeline import hanging
from core.module.registry import module

from .models import Account


def people_at(user: User, account: Account) -> list[int]:
    """The ids of an account's contacts that this reader may see, as its timeline rolls them up."""
    return hanging(user, module("crm.contact"), "account", account)
