"""The developer apps that may speak to the sandbox, and how they prove who they are."""

import base64
import binascii
import hmac
import json
import os
from dataclasses import dataclass
from urllib.parse import unquote

from ..store import Row, Store

DEFAULT_REDIRECTS = "http://localhost:8000/social/connect/x/callback,http://127.0.0.1:8000/social/connect/x/callback"


@dataclass(frozen=True)
class App:
    """A registered app; without a secret it is a public one."""

    client_id: str
    secret: str
    redirect_uris: tuple[str, ...]


def register(store: Store, app: App) -> None:
    """Make an app known, or change it."""
    store.run("INSERT OR REPLACE INTO apps VALUES (?, ?, ?)", app.client_id, app.secret, json.dumps(app.redirect_uris))


def register_default(store: Store) -> None:
    """The app that the environment names, so that a fresh start is enough for the demo."""
    redirects = os.environ.get("SANDBOX_REDIRECT", DEFAULT_REDIRECTS)
    register(
        store,
        App(
            os.environ.get("SANDBOX_CLIENT_ID", "sandbox-client"),
            os.environ.get("SANDBOX_CLIENT_SECRET", "sandbox-secret"),
            tuple(part.strip() for part in redirects.split(",") if part.strip()),
        ),
    )


def find(store: Store, client_id: str) -> App | None:
    """The app with this id."""
    row = store.one("SELECT * FROM apps WHERE client_id = ?", client_id)
    return _app(row) if row else None


def proven(store: Store, authorization: str, client_id: str) -> App | None:
    """The app that calls: a confidential one by HTTP Basic, a public one by its id in the body."""
    if authorization:
        name, secret = _basic(authorization)
        app = find(store, name)
        right = app is not None and app.secret != "" and hmac.compare_digest(app.secret.encode(), secret.encode())
        return app if right else None
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


def _app(row: Row) -> App:
    return App(row["client_id"], row["secret"], tuple(json.loads(row["redirect_uris"])))
