"""What the organisation has set, cached in every process until somebody changes it."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.utils.translation import get_language

from core.organisation.models import AppSetting, Organisation
from core.stamps import stamped

_ENDINGS = {"san": "さん", "sama": "様"}


@stamped("organisation")
def organisation() -> Organisation:
    """The row, or its defaults before anybody saved it. Not to be changed in place."""
    return Organisation.objects.filter(pk=1).first() or Organisation(pk=1)


def home_currency() -> str:
    """The currency sums are told in: the organisation's, or the installation's while nobody chose one."""
    return organisation().currency or str(settings.HOME_CURRENCY)


# What an app may have otherwise than the organisation.
PER_APP = ("name", "address", "language", "time_zone", "portal_url", "hours")


@stamped("organisation")
def _of_app(app: str) -> dict[str, Any]:
    row = AppSetting.objects.filter(pk=app).first()
    return dict(row.values) if row else {}


def setting(name: str, app: str = "") -> Any:
    """A column of the organisation as `app` has it: its own where it has one, else the organisation's."""
    own = _of_app(app) if app and name in PER_APP else {}
    return own[name] if name in own else getattr(organisation(), name)


def own_settings(app: str) -> dict[str, Any]:
    """What this app has otherwise than the organisation."""
    return dict(_of_app(app))


def honorific() -> str:
    """What follows a customer's name for a reader of the active language: 様, さん or nothing (PLT-6)."""
    return _ENDINGS.get(organisation().honorific, "") if get_language() == "ja" else ""


def addressed(name: str) -> str:
    """A customer's name as one speaks to them: 田中 愛 様."""
    ending = honorific()
    if not ending or not name:
        return name
    return f"{name}{ending}" if ending == "さん" else f"{name} {ending}"
