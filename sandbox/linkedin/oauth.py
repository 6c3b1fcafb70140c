"""LinkedIn's token service: form posts with the app's secret in the body."""

from .. import apps
from ..apps import App
from ..store import Row, Store
from ..web import Answer, Request, as_json
from . import levels, members, openid, tokens
from .problems import bad_code, bad_refresh, sign_in

FORM = "application/x-www-form-urlencoded"
NO_STORE = (("Cache-Control", "no-store"),)


def access_token(store: Store, request: Request) -> Answer:
    """POST /oauth/v2/accessToken."""
    form = _form(request)
    kind = _needed(form, "grant_type")
    if kind == "client_credentials":
        raise sign_in("access_denied", "This application is not allowed to create application tokens", 401)
    if kind not in {"authorization_code", "refresh_token"}:
        raise sign_in("invalid_request", f"Unsupported grant_type: {kind}")
    app = _app(store, form)
    pair = _from_code(store, app, form) if kind == "authorization_code" else _from_refresh(store, app, form)
    body = {
        "access_token": pair.access,
        "expires_in": tokens.ACCESS_LIFE_MS // 1000,
        "scope": _told_scope(store, pair.scope),
        "token_type": "Bearer",
    }
    if pair.refresh:
        body |= {"refresh_token": pair.refresh, "refresh_token_expires_in": (pair.refresh_ends_ms - store.now_ms()) // 1000}
    member = members.by_id(store, pair.member)
    if kind == "authorization_code" and member and "openid" in pair.scope.split():
        body["id_token"] = openid.id_token(store, request, app.client_id, member, pair.scope)
    return as_json(body, headers=NO_STORE)


def introspect(store: Store, request: Request) -> Answer:
    """POST /oauth/v2/introspectToken."""
    form = _form(request)
    app = _app(store, form)
    token = tokens.find(store, _needed(form, "token"), app.client_id)
    if token is None:
        return as_json({"active": False}, headers=NO_STORE)
    status = _status(store, token)
    body = {
        "active": status == "active",
        "client_id": app.client_id,
        "authorized_at": token["made_ms"] // 1000,
        "created_at": token["made_ms"] // 1000,
        "status": status,
        "expires_at": token["expires_ms"] // 1000,
        "scope": _told_scope(store, token["scope"]),
        "auth_type": "3L",
    }
    return as_json(body, headers=NO_STORE)


def revoke(store: Store, request: Request) -> Answer:
    """POST /oauth/v2/revoke: on no official page, but many clients use it. The whole agreement ends."""
    form = _form(request)
    app = _app(store, form)
    token = tokens.find(store, _needed(form, "token"), app.client_id)
    if token is not None:
        tokens.kill_chain(store, token["chain"])
    return Answer(200, b"", list(NO_STORE))


def _from_code(store: Store, app: App, form: dict[str, str]) -> tokens.Pair:
    code, redirect_uri = _needed(form, "code"), _needed(form, "redirect_uri")
    # Web apps have no PKCE; LinkedIn takes a verifier for one that does not match.
    pair = None if "code_verifier" in form else tokens.exchange(store, code, app.client_id, redirect_uri)
    if pair is None:
        raise bad_code()
    return pair


def _from_refresh(store: Store, app: App, form: dict[str, str]) -> tokens.Pair:
    pair = tokens.renew(store, _needed(form, "refresh_token"), app.client_id)
    if pair is None:
        raise bad_refresh()
    return pair


def _status(store: Store, token: Row) -> str:
    if token["state"] == "revoked":
        return "revoked"
    return "active" if token["expires_ms"] > store.now_ms() else "expired"


def _told_scope(store: Store, scope: str) -> str:
    """LinkedIn separates the scopes of its answers by commas or by blanks; the control chooses."""
    known = [name for name in levels.SCOPES if name in scope.split()]
    return (" " if store.setting("li_scopes", "comma") == "blank" else ",").join(known)


def _form(request: Request) -> dict[str, str]:
    if request.content_type != FORM:
        raise sign_in("invalid_request", f"Content-Type must be {FORM}")
    return request.form()


def _app(store: Store, form: dict[str, str]) -> App:
    client_id, secret = _needed(form, "client_id"), _needed(form, "client_secret")
    app = apps.find(store, client_id)
    if app is None or not app.knows(secret):
        raise sign_in("invalid_client", "Client authentication failed", 401)
    return app


def _needed(form: dict[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise sign_in("invalid_request", f'A required parameter "{name}" is missing')
    return value
