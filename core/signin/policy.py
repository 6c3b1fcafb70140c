"""What this installation demands of its people, cached in every process until an admin changes it."""

from __future__ import annotations

import ipaddress
from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext

from core.access.models import User
from core.actor import Actor
from core.record.write import Refused
from core.signin import audit
from core.signin.models import SecurityPolicy
from core.stamps import bump, stamped

CHANGED = audit.says("security.changed", lazy("Security settings changed"))
SETTINGS = ("least_length", "factor_for", "idle_minutes", "absolute_hours", "networks")


@stamped("security")
def policy() -> SecurityPolicy:
    """The row, or its defaults before anybody saved it. Not to be changed in place."""
    return SecurityPolicy.objects.filter(pk=1).first() or SecurityPolicy(pk=1)


def needs_factor(user: User) -> bool:
    """Whether the policy asks this person for a second factor."""
    wanted = policy().factor_for
    return (
        (user.level or "-") in wanted.get("levels", ())
        or user.profile_id in wanted.get("profiles", ())
        or user.role_id in wanted.get("roles", ())
    )


def idle() -> timedelta | None:
    minutes = policy().idle_minutes
    return timedelta(minutes=minutes) if minutes else None


def absolute() -> timedelta | None:
    hours = policy().absolute_hours
    return timedelta(hours=hours) if hours else None


@stamped("security")
def _networks() -> tuple[Any, ...]:
    return tuple(ipaddress.ip_network(one) for one in policy().networks)


def network(text: str) -> str:
    """One network as it is stored. Raises ValueError for what is none."""
    return str(ipaddress.ip_network(text.strip(), strict=False))


def inside(address: str, networks: Any = None) -> bool:
    """Whether somebody at `address` may come in; everybody may while no network is named."""
    known = _networks() if networks is None else [ipaddress.ip_network(one) for one in networks]
    if not known:
        return True
    try:
        one = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(one in net for net in known if net.version == one.version)


@transaction.atomic
def change(actor: Actor, *, address: str, **values: Any) -> None:
    """Save what differs. Raises Refused for networks that would lock out the one who saves, at `address`."""
    if values.get("networks") and not inside(address, values["networks"]):
        raise Refused(
            _("Your own address, %(address)s, is in none of these networks: you would lock yourself out. Add it first.")
            % {"address": address or "?"}
        )
    row, _made = SecurityPolicy.objects.select_for_update().get_or_create(pk=1)
    before = {name: getattr(row, name) for name in SETTINGS if name in values}
    for name, value in values.items():
        setattr(row, name, value)
    row.save()
    audit.note(actor, CHANGED, row, before, {name: values[name] for name in before})
    bump("security")


class Length:
    """Django's check of a password's length, with the shortest length an admin has set."""

    def validate(self, password: str, user: Any = None) -> None:
        least = max(8, policy().least_length)
        if len(password) < least:
            raise ValidationError(
                ngettext(
                    "This password is too short. It needs %(count)d character or more.",
                    "This password is too short. It needs %(count)d characters or more.",
                    least,
                )
                % {"count": least},
                code="password_too_short",
            )
        if len(password) > 512:
            raise ValidationError(_("This password is too long: 512 characters are enough."), code="password_too_long")

    def get_help_text(self) -> str:
        return _("%(count)d characters or more; a sentence is best.") % {"count": max(8, policy().least_length)}
