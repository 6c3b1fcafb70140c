"""The people of an account, for what is shown on its page because it is theirs (CRM-9)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from core.access.models import User
from core.event.timeline import hanging, keep_hanging
from core.module.registry import module

from .models import Account


def people_at(user: User, account: Account) -> list[int]:
    """The ids of an account's contacts that this reader may see, as its timeline rolls them up."""
    return hanging(user, module("crm.contact"), "account", account)


def remember_people(user: User, account: Account, people: Sequence[Any]) -> None:
    """Say that these are all the contacts of the account that this reader may see: `people_at` will not ask."""
    newest = sorted(people, key=lambda one: (one.changed_at, one.pk), reverse=True)
    keep_hanging(user, module("crm.contact"), "account", account, [one.pk for one in newest])
