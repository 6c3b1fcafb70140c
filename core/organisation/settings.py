"""What the organisation has set, cached in every process until somebody changes it."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

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


# What an app may have otherwise than the organisation. Currency and fiscal year are none of it: sums and years of all apps stand
# side by side. What every app has a use for, and what those have that say so (`reads`).
PER_APP = ("name", "address", "language", "time_zone", "portal_url", "hours")
OF_EVERY_APP = ("name", "language", "time_zone")
_read: dict[str, tuple[str, ...]] = {}


def reads(app: str, *names: str) -> None:
    """Declare what an app asks `setting` for beside what every app does: only what has an effect is asked of an admin."""
    _read[app] = names


def may_differ(app: str) -> tuple[str, ...]:
    """What this app may have otherwise."""
    return tuple(one for one in PER_APP if one in OF_EVERY_APP or one in _read.get(app, ()))


@stamped("organisation")
def _of_app(app: str) -> dict[str, Any]:
    row = AppSetting.objects.filter(pk=app).first()
    return dict(row.values) if row else {}


def setting(name: str, app: str = "") -> Any:
    """A column of the organisation as `app` has it: its own where it has one, else the organisation's."""
    own = _of_app(app) if app and name in PER_APP else {}
    return own[name] if name in own else getattr(organisation(), name)


def house_zone(app: str = "") -> ZoneInfo:
    """The zone of the house, or of one app: where nobody's own zone is asked, a day begins and ends there."""
    return _zone(setting("time_zone", app) or settings.TIME_ZONE)


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError):
        return ZoneInfo(settings.TIME_ZONE)


def house_language(app: str = "") -> str:
    """The language of the house, or of one app: what new people begin with, and what is said to customers by itself."""
    return str(setting("language", app) or "en")


def letterhead(app: str = "") -> list[str]:
    """Who writes, in the lines below a mail to many: name, address in one line, and where customers find the house."""
    name, address, portal = (str(setting(one, app)) for one in ("name", "address", "portal_url"))
    return [one for one in (name, " ".join(address.split()), portal) if one]


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
