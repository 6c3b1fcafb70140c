"""Who may control the sandbox, and which function answers which address."""

import ipaddress
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urlsplit

from ..store import Store
from ..web import Answer, Request, as_json, as_page, moved
from . import (
    actions,
    facebook_actions,
    facebook_page,
    facebook_views,
    linkedin_actions,
    linkedin_page,
    linkedin_views,
    page,
    views,
)

API, FORMS, HOME = "/control/api/", "/control/do/", "/control"
Values = dict[str, Any]


@dataclass(frozen=True)
class Desk:
    """The control of one network: its page, what it can do and tell; `outside` is done without holding the sandbox."""

    home: str
    page: Callable[[Store, dict[str, str], str], str]
    actions: dict[str, Callable[[Store, Values], Values]]
    views: dict[str, Callable[[Store, dict[str, str]], Values]]
    outside: dict[str, Callable[[Store, Values], Values]] = field(default_factory=dict)


DESKS = {
    "x": Desk(HOME, page.home, actions.ACTIONS, views.VIEWS),
    "facebook": Desk(f"{HOME}/facebook", facebook_page.home, facebook_actions.ACTIONS, facebook_views.VIEWS),
    "linkedin": Desk(f"{HOME}/linkedin", linkedin_page.home, linkedin_actions.ACTIONS, linkedin_views.VIEWS, linkedin_actions.OUTSIDE),
}


def answer(store: Store, request: Request) -> Answer:
    """Answer a request below /control."""
    if not _from_here(request):
        return as_json({"error": "The control is open to this machine only."}, 403)
    if request.path.startswith(API):
        return _api(store, request, *_desk(request.path.removeprefix(API)))
    if request.path.startswith(FORMS) and request.method == "POST":
        return _form(store, request, *_desk(request.path.removeprefix(FORMS)))
    desk = next((one for one in DESKS.values() if one.home == request.path.rstrip("/")), None)
    if desk and request.method == "GET":
        with store.turn():
            return as_page(desk.page(store, request.params, ""))
    return as_json({"error": "Not found."}, 404)


def _desk(path: str) -> tuple[Desk, str]:
    """Whose control a path means: <network>/<name>; X's names stand alone."""
    network, _, name = path.strip("/").partition("/")
    return (DESKS[network], name) if name and network in DESKS else (DESKS["x"], path.strip("/"))


def _done(store: Store, desk: Desk, name: str, values: Values) -> Values:
    if name in desk.outside:
        return desk.outside[name](store, values)
    with store.turn():
        return desk.actions[name](store, values)


def _api(store: Store, request: Request, desk: Desk, name: str) -> Answer:
    if request.method == "GET" and name in desk.views:
        try:
            with store.turn():
                return as_json(desk.views[name](store, request.params))
        except ValueError as error:
            return as_json({"error": str(error)}, 400)
    doable = name in desk.actions or name in desk.outside
    if request.method == "POST" and doable:
        try:
            return as_json(_done(store, desk, name, _values(request)))
        except (ValueError, TypeError) as error:
            return as_json({"error": str(error)}, 400)
    known = name in desk.views or doable
    return as_json({"error": "Method not allowed." if known else "Not found."}, 405 if known else 404)


def _form(store: Store, request: Request, desk: Desk, name: str) -> Answer:
    if name not in desk.actions and name not in desk.outside:
        return as_json({"error": "Not found."}, 404)
    try:
        _done(store, desk, name, {key: value for key, value in request.form().items() if value != ""})
    except ValueError as error:
        with store.turn():
            return as_page(desk.page(store, {}, str(error)), 400)
    return moved(f"{desk.home}?{urlencode({'done': name})}", 303)


def _values(request: Request) -> dict[str, Any]:
    if not request.body:
        return {}
    values = json.loads(request.body)
    if not isinstance(values, dict):
        raise ValueError("The body must be a JSON object.")
    return values


def _from_here(request: Request) -> bool:
    """Only loopback clients that name this machine: no proxy in between, no other site's page, no rebound name."""
    if "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        return False
    host = request.headers.get("host", "")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != host:
        return False
    return _is_loopback(request.remote) and _is_loopback(urlsplit(f"//{host}").hostname or "")


def _is_loopback(name: str) -> bool:
    if name == "localhost":
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback
