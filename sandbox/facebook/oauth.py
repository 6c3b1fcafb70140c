"""Tokens for codes, longer ones for short ones, the app's own, and what debug_token tells about them."""

import base64
import binascii
from typing import Any
from urllib.parse import unquote

from ..store import Row, Store
from . import apps, people, tokens
from .apps import App
from .call import Body, Call
from .problems import Problem, invalid


def access_token(store: Store, values: dict[str, Any]) -> Body:
    """GET or POST /oauth/access_token."""
    kind = str(values.get("grant_type", "authorization_code"))
    app = apps.proven(store, _needed(values, "client_id"), _needed(values, "client_secret"))
    if kind == "client_credentials":
        return {"access_token": tokens.app_token(store, app)["token"], "token_type": "bearer"}
    if kind == "fb_exchange_token":
        return _told(store, tokens.lengthen(store, app, _needed(values, "fb_exchange_token")))
    if kind != "authorization_code":
        raise invalid(f"Unsupported grant_type: {kind}")
    return _told(store, tokens.from_code(store, app, _needed(values, "code"), _needed(values, "redirect_uri")))


def with_basic(values: dict[str, Any], authorization: str) -> dict[str, Any]:
    """The values with id and secret from HTTP Basic, which common OAuth libraries send by themselves and Facebook takes."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return values
    try:
        name, _, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return values
    return {"client_id": unquote(name), "client_secret": unquote(secret)} | values


def debug_token(call: Call) -> Body:
    """GET /debug_token: what a token is, alive or dead. Never an error about the token that is looked at."""
    value = call.text("input_token")
    if not value:
        raise invalid("You must provide an input_token")
    token = tokens.find(call.store, value)
    if token is None:
        problem = Problem("token_malformed")
        return {"data": {"error": {"code": problem.kind.code, "message": problem.message}, "is_valid": False, "scopes": []}}
    if token["app"] != call.app.id:
        raise invalid("The App_id in the input_token did not match the Viewing App")
    return {"data": _debugged(call.store, call.app, token)}


def _debugged(store: Store, app: App, token: Row) -> Body:
    data: Body = {"app_id": app.id, "type": token["kind"].upper(), "application": app.name}
    problem = _dead(store, token)
    if problem:
        error: Body = {"code": problem.kind.code, "message": problem.message}
        data["error"] = error | ({"subcode": problem.kind.subcode} if problem.kind.subcode else {})
    scopes = tokens.granted(store, app.id, token["person"])
    data |= {
        "data_access_expires_at": (token["data_ends_ms"] or 0) // 1000,
        "expires_at": (token["expires_ms"] or 0) // 1000,
        "is_valid": problem is None,
        "issued_at": token["issued_ms"] // 1000,
        "scopes": [name for name in apps.PERMISSIONS if name in scopes],
    }
    if token["person"] is not None:
        pages = [str(row["id"]) for row in tokens.granted_pages(store, app.id, token["person"])]
        granular = [{"scope": name, "target_ids": pages} for name in data["scopes"] if name.startswith("pages_")]
        data |= {"granular_scopes": granular, "user_id": people.app_scoped(store, app.id, token["person"])}
    if token["page"] is not None:
        data["profile_id"] = str(token["page"])
    return data


def _dead(store: Store, token: Row) -> Problem | None:
    try:
        tokens.check(store, token)
    except Problem as problem:
        return problem
    return None


def _told(store: Store, token: Row) -> Body:
    body: Body = {"access_token": token["token"], "token_type": "bearer"}
    return body | {"expires_in": round((token["expires_ms"] - store.now_ms()) / 1000)}


def _needed(values: dict[str, Any], name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise invalid(f"Missing {name} parameter.")
    return value
