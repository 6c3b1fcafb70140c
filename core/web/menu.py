"""The shell around every page: apps, navigation, quick create, pinned views. Only what the reader has."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import get_script_prefix, resolve, reverse
from django.utils.text import capfirst
from django.utils.translation import get_language

from core import stamps
from core.access.gate import can, rights
from core.module.registry import UnknownModule, module
from core.module.saved import tastes, view_name
from core.notify.tell import unread
from core.organisation.settings import organisation, setting
from core.web.doors import Door, door_of


@dataclass(frozen=True)
class App:
    """One app of the switcher: its label, icon and what stands in its navigation, module keys and named pages mixed. Where there
    are many, a line with a label alone heads those below it."""

    key: str
    label: Any
    icon: str
    home: str
    items: tuple[tuple[str, Any, str], ...]  # ("crm.lead", "", ""), (url name, label, icon), or ("", label, "") for a heading
    create: tuple[str, ...] = ()

    @property
    def url(self) -> str:
        return _named(self.home, get_script_prefix())[0]


_apps: dict[str, App] = {}
# What stands in the shells of those who were here last, under all that it follows from.
_held: dict[tuple[Any, ...], dict[str, Any]] = {}
_MOST = 1_000


def add_app(key: str, label: Any, icon: str, home: str, items: tuple[tuple[str, Any, str], ...], create: tuple[str, ...] = ()) -> None:
    """Put an app into the shell. Called when Django is ready; apps appear in the order they were added."""
    _apps[key] = App(key, label, icon, home, items, create)


_when: dict[str, Callable[[Any], bool]] = {}


def show_when(name: str, function: Callable[[Any], bool]) -> None:
    """Show a named page in the navigation only while `fn(user)` holds, beside what its door says."""
    _when[name] = function


_stands: dict[str, str] = {}


def stands_in(name: str, app: str) -> None:
    """Show a named page of the kernel with the navigation of an app, whose name its address does not begin with."""
    _stands[name] = app


_offers: list[Callable[[Any], dict[str, Any] | None]] = []


def offers(function: Callable[[Any], dict[str, Any] | None]) -> Callable[[Any], dict[str, Any] | None]:
    """Decorator: what start pages offer this person to do with one click, `{"url", "icon", "words", "label"}`, or None."""
    _offers.append(function)
    return function


_settings: dict[str, list[tuple[str, Any]]] = {}


def add_setting(module: str, name: str, label: Any) -> None:
    """Offer a page that sets something of one module to the console, which knows modules only by their keys."""
    _settings.setdefault(module, []).append((name, label))


def settings_of(module: str) -> list[tuple[str, Any]]:
    """(url name, label) of the pages that set something of this module."""
    return _settings.get(module, [])


_list_links: dict[str, list[tuple[str, Any, str]]] = {}


def add_list_link(module: str, name: str, label: Any, icon: str) -> None:
    """Offer a page of its app in the menu of a module's list, to whom its door admits. It gets the module's key and the list's
    address, from which `core.module.listing.state` reads what is shown."""
    _list_links.setdefault(module, []).append((name, label, icon))


def list_links(module: str, user: Any) -> list[dict[str, Any]]:
    """What stands in the menu of a list beside what the kernel puts there."""
    made = []
    for name, label, icon in _list_links.get(module, ()):
        url, door = _named(name, get_script_prefix())
        if door is not None and door.admits(user) and (not door.app or rights(user).has_app(door.app)):
            made.append({"url": url, "label": label, "icon": icon})
    return made


def all_apps() -> list[App]:
    return list(_apps.values())


def given_apps() -> list[str]:
    """The keys of the apps people are given: those one can open. The console is none of them, for its levels open it."""
    return [key for key in _apps if key != "admin_console"]


def apps_of(user: Any) -> list[App]:
    held = rights(user)
    return [app for app in _apps.values() if held.has_app(app.key)]


def app_label(key: str) -> str:
    """What people call an app."""
    return str(_apps[key].label) if key in _apps else capfirst(key)


@lru_cache(maxsize=200)
def _named(name: str, _prefix: str) -> tuple[str, Door | None]:
    """Where a named page stands, and its door; neither changes while the server runs."""
    url = reverse(name)
    return url, door_of(resolve(url).func)


def _items(app: App, user: Any) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = []
    used: set[str] = set()
    group = ""
    for number, (name, label, icon) in enumerate(app.items):
        if not name:
            group = label
            continue
        if "." in name:
            one = module(name)
            if not can(user, one, "view"):
                continue
            url, label, icon = one.url(), one.plural, one.icon
        else:
            url, door = _named(name, get_script_prefix())
            if door is None or not door.admits(user) or (name in _when and not _when[name](user)):
                continue
        exact = number == 0 or url.count("/") <= 2
        letter = next((c for c in name.split(".")[-1].split("-")[-1] if c not in used), "")
        used.add(letter)
        made.append({"url": url, "label": label, "icon": icon, "letter": letter, "exact": exact, "group": group})
    return made


def _is_on(item: dict[str, Any], path: str) -> bool:
    return bool(path == item["url"] if item["exact"] else path.startswith(item["url"]))


def _pins(app: App, user: Any) -> list[dict[str, Any]]:
    made = []
    for choice in (c for c in tastes(user) if c.pinned and c.module.startswith(f"{app.key}.")):
        try:
            one = module(choice.module)
        except UnknownModule:
            continue
        label = next((str(v.label) for v in one.views if v.key == choice.view), None)
        if label is None:
            label = view_name(choice.view)
        if label:
            made.append({"url": f"{one.url()}?view={choice.view}", "label": label})
    return made


def shell(request: HttpRequest) -> dict[str, Any]:
    """Context of every page."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated or request.headers.get("HX-Request"):
        return {}
    first, path = _place(request)
    key = (_all_that_counts(user), first if first in _apps else "")
    held = _held.get(key)
    if held is None:
        if len(_held) >= _MOST:
            _held.clear()
        held = _held[key] = _standing(user, first)
    side = [{**one, "on": _is_on(one, path)} for one in held["side"]]
    return {
        **held,
        "saved": request.session.pop("saved", ""),
        "side": side,
        "unread": unread(user),
        "offers": lambda: [made for function in _offers if (made := function(user))],
        "shell_key": (*key, *(number for number, one in enumerate(side) if one["on"])),
    }


def _place(request: HttpRequest) -> tuple[str, str]:
    """Which app's navigation stands around a page, and at which address it is there: what an app shows of another's record is
    reached from that record, and belongs to it."""
    match, first = request.resolver_match, request.path.split("/")[1]
    asked = match.kwargs if match is not None else {}
    app, path = asked.get("app"), asked.get("path")
    if first in _apps and app in _apps and app != first and path:
        return app, reverse("list", args=[app, path])
    return _stands.get(getattr(match, "view_name", ""), first), request.path


def _all_that_counts(user: Any) -> tuple[Any, ...]:
    """Everything the shell of a person follows from but the page: when any of it changes, the shell is made anew."""
    profile = user.profile
    rights_held = (repr(profile.rights), repr(profile.features)) if profile else ()
    name = (user.pk, user.family_name, user.given_name, user.email, user.language, user.level, user.is_active)
    return (*name, *rights_held, get_language(), get_script_prefix(), stamps.versions())


def _standing(user: Any, first: str) -> dict[str, Any]:
    """What of the shell stands whatever page is shown: `first` is the first word of its address."""
    apps = apps_of(user)
    here = (
        next((app for app in apps if app.key == first), None)
        or next((app for app in apps if app.key == "crm"), None)
        or (apps[0] if apps else None)
    )
    create = [one for app in apps for key in app.create if can(user, one := module(key), "create")]
    return {
        "apps": apps,
        "app_here": here,
        "side": _items(here, user) if here else [],
        "pins": _pins(here, user) if here else [],
        "create_menu": [{"url": one.url(page="new"), "label": one.label, "icon": one.icon} for one in create],
        "is_admin": rights(user).is_admin,
        "house": setting("name", here.key if here else ""),
        "house_mark": reverse("console-logo", args=[mark]) if (mark := organisation().logo_stamp) else "",
        "other_language": "en" if user.language == "ja" else "ja",
    }
