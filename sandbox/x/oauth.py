"""X's token service: the form posts that turn codes and refresh tokens into tokens."""

from ..apps import App
from ..store import Store
from ..web import Answer, Request, as_json
from . import apps, tokens
from .problems import Problem

FORM = "application/x-www-form-urlencoded"
NO_STORE = (("Cache-Control", "no-store"),)


def token(store: Store, request: Request) -> Answer:
    """POST /2/oauth2/token."""
    form = _form(request)
    app = _app(store, request, form)
    kind = _needed(form, "grant_type")
    if kind == "authorization_code":
        pair = _from_code(store, app, form)
    elif kind == "refresh_token":
        pair = _from_refresh(store, app, form)
    else:
        raise Problem(400, {"error": "unsupported_grant_type", "error_description": f"Unsupported grant_type: {kind}"})
    body = {"token_type": "bearer", "expires_in": tokens.ACCESS_LIFE_MS // 1000, "access_token": pair.access, "scope": pair.scope}
    if pair.refresh:
        body["refresh_token"] = pair.refresh
    return as_json(body, headers=NO_STORE)


def revoke(store: Store, request: Request) -> Answer:
    """POST /2/oauth2/revoke; an unknown token is as good as revoked (RFC 7009, 2.2)."""
    form = _form(request)
    app = _app(store, request, form)
    tokens.revoke(store, _needed(form, "token"), app.client_id)
    return as_json({"revoked": True}, headers=NO_STORE)


def app_token(store: Store, request: Request) -> Answer:
    """POST /oauth2/token: the token of the app itself."""
    form = _form(request)
    app = apps.proven(store, request.headers.get("authorization", ""), "")
    if app is None or form.get("grant_type") != "client_credentials":
        body = {"errors": [{"code": 99, "message": "Unable to verify your credentials", "label": "authenticity_token_error"}]}
        raise Problem(403, body)
    return as_json({"token_type": "bearer", "access_token": tokens.app_token(store, app.client_id)}, headers=NO_STORE)


def refused(description: str) -> Problem:
    """The one shape in which the token service says no."""
    return Problem(400, {"error": "invalid_request", "error_description": description})


def _from_code(store: Store, app: App, form: dict[str, str]) -> tokens.Pair:
    code = tokens.live_code(store, _needed(form, "code"), app.client_id)
    redirect_uri, verifier = _needed(form, "redirect_uri"), _needed(form, "code_verifier")
    if code is None:
        raise refused("Value passed for the authorization code was invalid.")
    if code["redirect_uri"] != redirect_uri:
        raise refused("Value passed for the redirect uri did not match the uri of the authorization code.")
    if tokens.challenge_of(verifier) != code["challenge"]:
        raise refused("Value passed for the code verifier did not match the code challenge.")
    return tokens.use_code(store, code)


def _from_refresh(store: Store, app: App, form: dict[str, str]) -> tokens.Pair:
    pair = tokens.rotate(store, _needed(form, "refresh_token"), app.client_id)
    if pair is None:
        raise refused("Value passed for the token was invalid.")
    return pair


def _form(request: Request) -> dict[str, str]:
    if request.content_type != FORM:
        raise refused(f"Content-Type must be {FORM}.")
    return request.form()


def _app(store: Store, request: Request, form: dict[str, str]) -> App:
    app = apps.proven(store, request.headers.get("authorization", ""), form.get("client_id", ""))
    if app is None:
        raise Problem(401, {"error": "unauthorized_client", "error_description": "Missing valid authorization header"})
    return app


def _needed(form: dict[str, str], name: str) -> str:
    value = form.get(name, "")
    if not value:
        raise refused(f"Missing required parameter [{name}].")
    return value
