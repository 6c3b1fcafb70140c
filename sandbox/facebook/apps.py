"""The developer apps of Facebook, and what is signed with their secrets."""

import base64
import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field, replace

from .. import courier
from ..courier import Parcel
from ..store import Row, Store
from .problems import Problem

DEFAULT_ID, DEFAULT_SECRET = "900000000000001", "sandbox-facebook-secret"
DEFAULT_CONFIG = "910000000000001"
DEFAULT_REDIRECTS = "http://localhost:8000/social/connect/facebook/callback,http://127.0.0.1:8000/social/connect/facebook/callback"
PERMISSIONS = {
    "public_profile": "Name and picture · 名前と写真",
    "email": "Email address · メールアドレス",
    "pages_show_list": "Show a list of the pages you manage · 管理するページの一覧",
    "pages_read_engagement": "Read content posted on the page · ページのコンテンツを読む",
    "pages_read_user_content": "Read user content on your page · ページ上の利用者の投稿を読む",
    "pages_manage_posts": "Create and manage posts · 投稿の作成と管理",
    "pages_manage_engagement": "Manage comments and likes · コメントといいねの管理",
    "pages_manage_metadata": "Page settings and webhooks · ページの設定とWebhook",
    "pages_messaging": "Manage conversations in Messenger · Messengerの会話を管理",
    "business_management": "Manage your business · ビジネスの管理",
}
ALWAYS = "public_profile"


@dataclass(frozen=True)
class App:
    """A registered app. `configs` are the sets of permissions of Facebook Login for Business."""

    id: str
    secret: str
    redirect_uris: tuple[str, ...]
    name: str = "CRM"
    needs_proof: bool = True
    deauthorize_url: str = ""
    deletion_url: str = ""
    configs: dict[str, list[str]] = field(default_factory=dict)


def register(store: Store, app: App) -> None:
    """Make an app known, or change it."""
    known = store.one("SELECT place FROM fb_apps WHERE id = ?", app.id)
    place = known["place"] if known else store.number("SELECT COUNT(*) FROM fb_apps")
    store.run(
        "INSERT OR REPLACE INTO fb_apps VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        app.id,
        app.secret,
        app.name,
        json.dumps(app.redirect_uris),
        json.dumps(app.configs),
        app.needs_proof,
        app.deauthorize_url,
        app.deletion_url,
        place,
    )


def register_default(store: Store) -> None:
    """The app that the environment names, so that a fresh start is enough for the demo."""
    said = os.environ.get
    app = App(
        id=said("SANDBOX_FACEBOOK_ID", DEFAULT_ID),
        secret=said("SANDBOX_FACEBOOK_SECRET", DEFAULT_SECRET),
        redirect_uris=tuple(part.strip() for part in said("SANDBOX_FACEBOOK_REDIRECT", DEFAULT_REDIRECTS).split(",") if part.strip()),
        deauthorize_url=said("SANDBOX_FACEBOOK_DEAUTHORIZE", ""),
        deletion_url=said("SANDBOX_FACEBOOK_DELETION", ""),
        configs={DEFAULT_CONFIG: list(PERMISSIONS)},
    )
    known = find(store, app.id)
    # What the control changed about the app outlives a restart; what the environment says now goes before.
    kept = app if known is None else replace(known, secret=app.secret, redirect_uris=app.redirect_uris)
    if known is not None and app.deauthorize_url + app.deletion_url:
        kept = replace(kept, deauthorize_url=app.deauthorize_url, deletion_url=app.deletion_url)
    register(store, kept)


def find(store: Store, app_id: str) -> App | None:
    """The app with this id."""
    row = store.one("SELECT * FROM fb_apps WHERE id = ?", app_id)
    return _app(row) if row else None


def first(store: Store) -> App | None:
    """The app that was registered first: the one the control means when it names none."""
    row = store.one("SELECT * FROM fb_apps ORDER BY place LIMIT 1")
    return _app(row) if row else None


def proven(store: Store, app_id: str, secret: str) -> App:
    """The app that names itself and its secret."""
    app = find(store, app_id)
    if app is None:
        raise Problem("app_unknown")
    if not hmac.compare_digest(app.secret.encode(), secret.encode()):
        raise Problem("secret_wrong")
    return app


def proof(secret: str, token: str) -> str:
    """appsecret_proof: who has the token shows that it has the secret too."""
    return hmac.new(secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def check_proof(app: App, token: str, given: str | None, *, needed: bool) -> None:
    """A proof that is there must be right; an app may demand that it is there."""
    if given is None:
        if needed and app.needs_proof:
            raise Problem("proof_missing")
        return
    if not hmac.compare_digest(given.encode(), proof(app.secret, token).encode()):
        raise Problem("proof_wrong")


def signature(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature-256."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def old_signature(secret: str, body: bytes) -> str:
    """The value of X-Hub-Signature, which is still sent beside the other."""
    return "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()


def signed_request(secret: str, user_id: str, issued_s: int) -> str:
    """What the callbacks carry: signature and payload, both base64url without padding; the encoded payload is what is signed."""
    payload = _base64url(json.dumps({"user_id": user_id, "algorithm": "HMAC-SHA256", "issued_at": issued_s}).encode())
    return f"{_base64url(hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest())}.{payload}"


def call_back(store: Store, app: App, kind: str, user_id: str) -> bool:
    """Send the deauthorize or the data-deletion callback; false when the app has none."""
    url = app.deauthorize_url if kind == "deauthorize" else app.deletion_url
    if not url:
        return False
    body = f"signed_request={signed_request(app.secret, user_id, store.now_ms() // 1000)}".encode()
    courier.post(store, Parcel("facebook", kind, url, body, {"Content-Type": "application/x-www-form-urlencoded"}))
    return True


def _base64url(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _app(row: Row) -> App:
    return App(
        row["id"],
        row["secret"],
        tuple(json.loads(row["redirect_uris"])),
        row["name"],
        bool(row["needs_proof"]),
        row["deauthorize_url"],
        row["deletion_url"],
        json.loads(row["configs"]),
    )
