"""Codes, tokens of people, pages and apps; what was granted and what killed a token."""

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from ..store import Row, Store
from . import apps, people
from .apps import App
from .problems import Problem

CODE_LIFE_MS = 600_000
SHORT_LIFE_MS, LONG_LIFE_MS = 5_400_000, 5_183_944_000
DATA_ACCESS_MS = 90 * 86_400_000
PACIFIC = timezone(timedelta(hours=-7), "PDT")
# Why a token died, by what happened to it.
DEATHS = {
    "removed": "token_deauthorised",
    "checkpoint": "token_checkpoint",
    "password": "token_password_changed",
    "unconfirmed": "token_unconfirmed",
    "unused": "token_invalid",
    "role": "token_no_page_role",
    "session": "session_invalid",
    "other": "token_other",
}


@dataclass(frozen=True)
class Grant:
    """What a person agreed to in the dialog."""

    app: str
    person: int
    granted: frozenset[str]
    declined: frozenset[str]
    pages: frozenset[int]


def agree(store: Store, grant: Grant) -> None:
    """Write the agreement down; what was decided earlier and not asked again stays."""
    for status, names in (("granted", grant.granted), ("declined", grant.declined)):
        for name in names:
            store.run("INSERT OR REPLACE INTO fb_grants VALUES (?, ?, ?, ?)", grant.app, grant.person, name, status)
    store.run("DELETE FROM fb_granted_pages WHERE app = ? AND person = ?", grant.app, grant.person)
    for page in grant.pages:
        store.run("INSERT INTO fb_granted_pages VALUES (?, ?, ?)", grant.app, grant.person, page)
    # Using the app again opens its access to the person's data for another 90 days.
    ends = store.now_ms() + DATA_ACCESS_MS
    store.run("UPDATE fb_tokens SET data_ends_ms = ? WHERE app = ? AND person = ?", ends, grant.app, grant.person)


def decisions(store: Store, app: str, person: int) -> dict[str, str]:
    """Each permission that was asked for, with what the person said."""
    rows = store.all("SELECT * FROM fb_grants WHERE app = ? AND person = ? ORDER BY rowid", app, person)
    return {row["permission"]: row["status"] for row in rows}


def granted(store: Store, app: str, person: int | None) -> frozenset[str]:
    """What a token of this person may do now."""
    rows = store.all("SELECT permission FROM fb_grants WHERE app = ? AND person = ? AND status = 'granted'", app, person)
    return frozenset(row["permission"] for row in rows)


def granted_pages(store: Store, app: str, person: int) -> list[Row]:
    """The pages a person let the app have and still has a role on."""
    return store.all(
        """SELECT fb_pages.*, tasks FROM fb_pages JOIN fb_roles ON fb_roles.page = fb_pages.id
        JOIN fb_granted_pages ON fb_granted_pages.page = fb_pages.id AND fb_granted_pages.person = fb_roles.person
        WHERE fb_granted_pages.app = ? AND fb_roles.person = ? ORDER BY fb_pages.place""",
        app,
        person,
    )


def write_code(store: Store, app: str, person: int, redirect_uri: str) -> str:
    """A code that can be exchanged once, within ten minutes."""
    code = "AQ" + secrets.token_urlsafe(120)
    store.run("INSERT INTO fb_codes VALUES (?, ?, ?, ?, ?, 0)", code, app, person, redirect_uri, store.now_ms() + CODE_LIFE_MS)
    return code


def from_code(store: Store, app: App, code: str, redirect_uri: str) -> Row:
    """A short-lived user token for a code."""
    row = store.one("SELECT * FROM fb_codes WHERE code = ? AND app = ?", code, app.id)
    if row is None:
        raise Problem("code_malformed")
    if row["redirect_uri"] != redirect_uri:
        raise Problem("code_redirect")
    if row["used"]:
        raise Problem("code_used")
    if row["expires_ms"] <= store.now_ms():
        raise Problem("code_expired")
    store.run("UPDATE fb_codes SET used = 1 WHERE code = ?", code)
    return issue(store, app.id, row["person"], life_ms=SHORT_LIFE_MS)


def lengthen(store: Store, app: App, value: str) -> Row:
    """A long-lived user token for one that is still good; the old one stays as it is."""
    old = find(store, value)
    if old is None or old["app"] != app.id or old["kind"] != "user":
        raise Problem("token_malformed")
    check(store, old)
    return issue(store, app.id, old["person"], life_ms=LONG_LIFE_MS, long=True)


def page_token(store: Store, user: Row, page: int) -> Row:
    """The token of a page from a user's: the same one as long as it lives; without end from a long-lived one."""
    known = store.one(
        "SELECT * FROM fb_tokens WHERE kind = 'page' AND app = ? AND person = ? AND page = ? AND long = ? AND dead = ''"
        " AND (expires_ms IS NULL OR expires_ms = ?)",
        user["app"],
        user["person"],
        page,
        user["long"],
        user["expires_ms"],
    )
    return known or issue(
        store, user["app"], user["person"], page=page, ends_ms=None if user["long"] else user["expires_ms"], long=user["long"]
    )


def app_token(store: Store, app: App) -> Row:
    """The app's own token, the same each time."""
    known = store.one("SELECT * FROM fb_tokens WHERE kind = 'app' AND app = ? AND dead = ''", app.id)
    return known or _write(store, f"{app.id}|{secrets.token_urlsafe(20)}", "app", app.id, None, None, False, None)


def issue(
    store: Store,
    app: str,
    person: int,
    *,
    page: int | None = None,
    life_ms: int | None = None,
    ends_ms: int | None = None,
    long: bool = False,
) -> Row:
    """A new token of a person or of a page."""
    ends = store.now_ms() + life_ms if life_ms else ends_ms
    return _write(store, "EAAB" + secrets.token_urlsafe(110), "page" if page else "user", app, person, page, long, ends)


def find(store: Store, value: str) -> Row | None:
    """The token, alive or not. `app id|app secret` is an app token as well."""
    row = store.one("SELECT * FROM fb_tokens WHERE token = ?", value)
    if row is not None or "|" not in value:
        return row
    app_id, _, secret = value.partition("|")
    app = apps.find(store, app_id)
    return app_token(store, app) if app and secret and secret == app.secret else None


def check(store: Store, token: Row) -> None:
    """Refuse a token that is dead or whose time is over."""
    if token["dead"]:
        raise Problem(token["dead"], app=token["app"])
    now = store.now_ms()
    if token["expires_ms"] is not None and token["expires_ms"] <= now:
        raise Problem("token_expired", ended=_spoken(token["expires_ms"]), now=_spoken(now))
    if token["kind"] == "page" and not people.tasks(store, token["page"], token["person"]):
        raise Problem("token_no_page_role")


def kill(store: Store, person: int, why: str, *, app: str = "", page: int | None = None) -> int:
    """Let tokens of a person die: all of them, those of one app, or those of one page."""
    return store.run(
        "UPDATE fb_tokens SET dead = ? WHERE person = ? AND dead = '' AND (? = '' OR app = ?) AND (? IS NULL OR page = ?)",
        DEATHS[why],
        person,
        app,
        app,
        page,
        page,
    )


def remove_app(store: Store, app: App, person: int) -> int:
    """The person takes the app off: every token dies, nothing is granted any more, and the app is told."""
    user_id = people.app_scoped(store, app.id, person)
    died = kill(store, person, "removed", app=app.id)
    store.run("UPDATE fb_codes SET used = 1 WHERE app = ? AND person = ?", app.id, person)
    had = store.run("DELETE FROM fb_grants WHERE app = ? AND person = ?", app.id, person)
    store.run("DELETE FROM fb_granted_pages WHERE app = ? AND person = ?", app.id, person)
    if had:
        apps.call_back(store, app, "deauthorize", user_id)
    return died


def _write(store: Store, value: str, kind: str, app: str, person: int | None, page: int | None, long: bool, ends_ms: int | None) -> Row:
    now = store.now_ms()
    data_ends = now + DATA_ACCESS_MS if person else None
    store.run("INSERT INTO fb_tokens VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, '')", value, kind, app, person, page, long, now, ends_ms, data_ends)
    row = store.one("SELECT * FROM fb_tokens WHERE token = ?", value)
    assert row is not None  # noqa: S101
    return row


def _spoken(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(PACIFIC).strftime("%A, %d-%b-%y %H:%M:%S PDT")
