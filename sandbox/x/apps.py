"""How an app proves to X who it is."""

import base64
import binascii
from urllib.parse import unquote

from ..apps import App, find, register_named
from ..store import Store

DEFAULT_REDIRECTS = "http://localhost:8000/social/connect/x/callback,http://127.0.0.1:8000/social/connect/x/callback"


def register_default(store: Store) -> None:
    """The app of the demo."""
    register_named(store, "SANDBOX_", "sandbox-client", "sandbox-secret", DEFAULT_REDIRECTS)


def proven(store: Store, authorization: str, client_id: str) -> App | None:
    """The app that calls: a confidential one by HTTP Basic, a public one by its id in the body."""
    if authorization:
        name, secret = _basic(authorization)
        app = find(store, name)
        return app if app is not None and app.knows(secret) else None
    app = find(store, client_id)
    return app if app and not app.secret else None


def _basic(authorization: str) -> tuple[str, str]:
    scheme, _, value = authorization.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, secret = base64.b64decode(value.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    # RFC 6749 2.3.1: both halves are form-encoded before they are joined.
    return unquote(name), unquote(secret)
