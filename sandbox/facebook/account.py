"""What a person or an app arranges: permissions, subscriptions, pictures, the search for pages."""

import secrets
from urllib.parse import urlencode, urlsplit

from .. import courier
from ..store import Row, Store
from . import events, people, settings, shapes, tokens
from .call import Body, Call
from .problems import Problem, invalid, missing
from .reading import node, wishes_of

DONE: Body = {"success": True}
OBJECTS = ("page", "user", "permissions")


def permissions(call: Call, row: Row) -> Body:
    """GET /me/permissions: granted one by one, declined one by one."""
    said = tokens.decisions(call.store, call.app.id, row["id"])
    return {"data": [{"permission": name, "status": status} for name, status in said.items()]}


def take_back(call: Call, row: Row, permission: str) -> Body:
    """DELETE /{user}/permissions takes the app off, …/{permission} one permission only."""
    if not permission:
        tokens.remove_app(call.store, call.app, row["id"])
    elif not call.store.run(
        "UPDATE fb_grants SET status = 'declined' WHERE app = ? AND person = ? AND permission = ?", call.app.id, row["id"], permission
    ):
        raise invalid("Param permission must be one that was granted")
    return DONE


def subscribe(call: Call, page: Row) -> Body:
    """POST /{page}/subscribed_apps."""
    wanted = [name.strip() for name in call.text("subscribed_fields").split(",") if name.strip()]
    unknown = [name for name in wanted if name not in events.FIELDS]
    if not wanted or unknown:
        raise invalid(f"Param subscribed_fields must be among {{{', '.join(events.FIELDS)}}}")
    call.store.run("INSERT OR REPLACE INTO fb_subscribed VALUES (?, ?, ?)", call.app.id, page["id"], ",".join(dict.fromkeys(wanted)))
    return DONE


def subscribed(call: Call, page: Row) -> Body:
    """GET /{page}/subscribed_apps."""
    row = call.store.one("SELECT fields FROM fb_subscribed WHERE app = ? AND page = ?", call.app.id, page["id"])
    own = {"id": call.app.id, "name": call.app.name, "category": "Business"}
    return {"data": [own | {"subscribed_fields": row["fields"].split(",")}] if row else []}


def unsubscribe(call: Call, page: Row) -> Body:
    """DELETE /{page}/subscribed_apps."""
    call.store.run("DELETE FROM fb_subscribed WHERE app = ? AND page = ?", call.app.id, page["id"])
    return DONE


def set_hook(call: Call) -> Body:
    """POST /{app}/subscriptions: the address is asked for the challenge at once, outside of any turn."""
    kind, url, fields, token = (call.text(name) for name in ("object", "callback_url", "fields", "verify_token"))
    if kind not in OBJECTS:
        raise invalid(f"Param object must be one of {{{', '.join(OBJECTS)}}}")
    if not token:
        raise invalid("The parameter verify_token is required")
    if urlsplit(url).scheme not in {"http", "https"}:
        raise invalid("Param callback_url must be a valid URL")
    wanted = [name.strip() for name in fields.split(",") if name.strip()]
    unknown = [name for name in wanted if kind == "page" and name not in events.FIELDS]
    if not wanted or unknown:
        raise invalid(f"Param fields must be among {{{', '.join(events.FIELDS)}}}")
    store, app = call.store, call.app.id

    def ask() -> "Keep":
        return _challenged(store, app, kind, url, ",".join(wanted), token)

    call.outside = ask
    return {}


def hooks(call: Call) -> Body:
    """GET /{app}/subscriptions."""
    rows = call.store.all("SELECT * FROM fb_hooks WHERE app = ? ORDER BY object", call.app.id)
    return {
        "data": [
            {
                "object": row["object"],
                "callback_url": row["url"],
                "active": True,
                "fields": [{"name": name, "version": call.version} for name in row["fields"].split(",")],
            }
            for row in rows
        ]
    }


def remove_hook(call: Call) -> Body:
    """DELETE /{app}/subscriptions, of one object or all."""
    kind = call.text("object")
    call.store.run("DELETE FROM fb_hooks WHERE app = ? AND (? = '' OR object = ?)", call.app.id, kind, kind)
    return DONE


class Keep:
    """A registration whose address answered the challenge; `call()` writes it down in a turn of its own."""

    def __init__(self, store: Store, app: str, kind: str, url: str, fields: str) -> None:
        self.store, self.values = store, (app, kind, url, fields)

    def __call__(self) -> Body:
        self.store.run("INSERT OR REPLACE INTO fb_hooks VALUES (?, ?, ?, ?, ?)", *self.values, self.store.now_ms())
        return DONE


def search_pages(call: Call) -> Body:
    """GET /pages/search: for apps with Page Public Content Access; there is no search for people."""
    if not settings.at_least(call.store, "ppca"):
        raise Problem("permission_10", permission="pages_read_engagement")
    query = call.text("q").strip()
    if not query:
        raise invalid("The parameter q is required")
    call.from_outside = True
    limit = int(call.text("limit", "25")) if call.text("limit", "25").isdigit() else 25
    rows = call.store.all(
        "SELECT * FROM fb_pages WHERE instr(lower(name), lower(?)) OR instr(lower(username), lower(?)) ORDER BY place LIMIT ?",
        query,
        query,
        limit,
    )
    return {"data": [node(call, "page", row, wishes_of(call)) for row in rows]}


def picture(call: Call, kind: str, row: Row) -> Body:
    """GET /{id}/picture as JSON; the door turns it into a redirect where that was not declined."""
    args: dict[str, str] = {name: call.text(name) for name in ("type", "width", "height") if name in call.values}
    if args.get("type", "square") not in shapes.SIZES:
        raise invalid(f"Param type must be one of {{{', '.join(shapes.SIZES)}}}")
    if kind not in {"page", "user", "psid"}:
        raise missing(row["id"])
    known = kind != "user" or call.token["kind"] != "app" or bool(tokens.granted(call.store, call.app.id, row["id"]))
    return {"data": shapes.picture(call, "page" if kind == "page" else "person", row["id"], args, hidden=not known)}


def named(call: Call, value: str) -> Row:
    """The person that `me` or an app-scoped id means, for a token that may act for them."""
    person = people.person(call.store, call.person) if value == "me" else people.of_app_scoped(call.store, call.app.id, value)
    if person is None or (call.token["kind"] != "app" and person["id"] != call.person):
        raise missing(value)
    return person


def _challenged(store: Store, app: str, kind: str, url: str, fields: str, token: str) -> Keep:
    challenge = str(secrets.randbelow(9 * 10**9) + 10**9)
    joint = "&" if "?" in url else "?"
    query = urlencode({"hub.mode": "subscribe", "hub.challenge": challenge, "hub.verify_token": token})
    status, told = courier.send(
        "GET", f"{url}{joint}{query}", None, {"User-Agent": "facebookplatform/1.0 (+http://developers.facebook.com)"}
    )
    if status != 200 or told.strip() != challenge:
        text = "HTTP Status Message = " + (told[:60] if status == 0 else "the challenge was not echoed" if status == 200 else "refused")
        raise Problem("hook_challenge", status=status, text=text)
    return Keep(store, app, kind, url, fields)
