"""Who may control the sandbox, and which function answers which address."""

import ipaddress
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from ..store import Store
from ..web import Answer, Request, as_json, as_page, moved
from . import actions, page, views

API, FORMS, HOME = "/control/api/", "/control/do/", "/control"


def answer(store: Store, request: Request) -> Answer:
    """Answer a request below /control."""
    if not _from_here(request):
        return as_json({"error": "The control is open to this machine only."}, 403)
    with store.turn():
        if request.path.startswith(API):
            return _api(store, request, request.path.removeprefix(API).strip("/"))
        if request.path.startswith(FORMS) and request.method == "POST":
            return _form(store, request, request.path.removeprefix(FORMS).strip("/"))
        if request.path.rstrip("/") == HOME and request.method == "GET":
            return as_page(page.home(store, request.params))
    return as_json({"error": "Not found."}, 404)


def _api(store: Store, request: Request, name: str) -> Answer:
    if request.method == "GET" and name in views.VIEWS:
        try:
            return as_json(views.VIEWS[name](store, request.params))
        except ValueError as error:
            return as_json({"error": str(error)}, 400)
    if request.method == "POST" and name in actions.ACTIONS:
        try:
            return as_json(actions.ACTIONS[name](store, _values(request)))
        except (ValueError, TypeError) as error:
            return as_json({"error": str(error)}, 400)
    known = name in views.VIEWS or name in actions.ACTIONS
    return as_json({"error": "Method not allowed." if known else "Not found."}, 405 if known else 404)


def _form(store: Store, request: Request, name: str) -> Answer:
    if name not in actions.ACTIONS:
        return as_json({"error": "Not found."}, 404)
    try:
        actions.ACTIONS[name](store, {key: value for key, value in request.form().items() if value != ""})
    except ValueError as error:
        return as_page(page.home(store, {}, problem=str(error)), 400)
    return moved(f"{HOME}?{urlencode({'done': name})}", 303)


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
