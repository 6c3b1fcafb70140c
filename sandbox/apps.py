"""The developer apps that may speak to the sandbox; every network has its own way to let them prove who they are."""

import hmac
import json
import os
from dataclasses import dataclass

from .store import Row, Store


@dataclass(frozen=True)
class App:
    """A registered app; without a secret it is a public one."""

    client_id: str
    secret: str
    redirect_uris: tuple[str, ...]

    def knows(self, secret: str) -> bool:
        """Whether this is the app's secret; a public app has none."""
        return self.secret != "" and hmac.compare_digest(self.secret.encode(), secret.encode())


def register(store: Store, app: App) -> None:
    """Make an app known, or change it."""
    store.run("INSERT OR REPLACE INTO apps VALUES (?, ?, ?)", app.client_id, app.secret, json.dumps(app.redirect_uris))


def register_named(store: Store, prefix: str, client_id: str, secret: str, redirects: str) -> None:
    """The app that the environment names (<prefix>CLIENT_ID …), so that a fresh start is enough for the demo."""
    wanted = os.environ.get(f"{prefix}REDIRECT", redirects)
    register(
        store,
        App(
            os.environ.get(f"{prefix}CLIENT_ID", client_id),
            os.environ.get(f"{prefix}CLIENT_SECRET", secret),
            tuple(part.strip() for part in wanted.split(",") if part.strip()),
        ),
    )


def find(store: Store, client_id: str) -> App | None:
    """The app with this id."""
    row = store.one("SELECT * FROM apps WHERE client_id = ?", client_id)
    return _app(row) if row else None


def _app(row: Row) -> App:
    return App(row["client_id"], row["secret"], tuple(json.loads(row["redirect_uris"])))
