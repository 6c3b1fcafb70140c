"""What the control can do. Each action takes a JSON object (or a form's strings) and gives one back."""

from collections.abc import Callable
from typing import Any

from .. import apps, faults, networks, people, posts
from ..posts import Draft
from ..store import Row, Store
from ..x import endpoints, limits, tokens, writing
from .views import post_shape, state

Values = dict[str, Any]


def post_as_customer(store: Store, values: Values) -> Values:
    """{username, name?, text, reply_to?, quote_of?}: write a post, making the customer when new."""
    text = _text(values, "text")
    parent = _post(store, values["reply_to"]) if values.get("reply_to") else None
    quoted = _post(store, values["quote_of"]) if values.get("quote_of") else None
    person = people.found_or_made(store, _text(values, "username"), str(values.get("name", "")))
    if parent is not None:
        text = _addressed(store, text, parent, person["id"])
    draft = Draft(person["id"], text, reply_to=parent["id"] if parent else None, quote_of=quoted["id"] if quoted else None)
    return {"post": post_shape(store, posts.publish(store, draft))}


def delete_post(store: Store, values: Values) -> Values:
    """{id}: take any post back."""
    return {"deleted": posts.delete(store, _post(store, values.get("id"))["id"])}


def fault(store: Store, values: Values) -> Values:
    """{kind, count?, path_prefix?, seconds?, status?}: order trouble for the next requests."""
    seconds, status = values.get("seconds"), values.get("status")
    number = faults.order(
        store,
        str(values.get("kind", "")),
        int(values.get("count", 1)),
        str(values.get("path_prefix", "/2/")),
        seconds=None if seconds is None else float(seconds),
        status=None if status is None else int(status),
    )
    return {"fault": number}


def clear_faults(store: Store, values: Values) -> Values:
    """{}: forget all ordered trouble."""
    faults.clear(store)
    return {"cleared": True}


def exhaust(store: Store, values: Values) -> Values:
    """{endpoint, user?, period?, client_id?}: use a limit up; period is "15m" or "24h", without user the app token's."""
    endpoint = endpoints.BY_ID.get(str(values.get("endpoint", "")))
    if endpoint is None:
        raise ValueError(f"endpoint: one of {', '.join(endpoints.BY_ID)}")
    person = _person(store, values["user"])["id"] if values.get("user") else None
    client_id = str(values.get("client_id") or _first_app(store))
    period = str(values.get("period", "15m"))
    if period not in {"15m", "24h"}:
        raise ValueError("period: 15m or 24h")
    span = limits.WINDOW_S if period == "15m" else limits.DAY_S
    found = [one for one in limits.buckets(endpoint.id, endpoint.limits, person, client_id) if one.span_s == span]
    if not found:
        raise ValueError("This endpoint has no such limit.")
    for bucket in found:
        limits.exhaust(store, bucket)
    return {"exhausted": [{"subject": one.subject, "endpoint": one.endpoint, "limit": one.size} for one in found]}


def revoke(store: Store, values: Values) -> Values:
    """{username}: the account takes its consent back; all its tokens are dead."""
    return {"revoked": tokens.revoke_person(store, _person(store, values.get("username"))["id"])}


def level(store: Store, values: Values) -> Values:
    """{level}: switch the access level of all apps."""
    name = str(values.get("level", ""))
    if name not in writing.LEVELS:
        raise ValueError(f"level: one of {', '.join(writing.LEVELS)}")
    store.set_setting("level", name)
    return {"level": name}


def clock(store: Store, values: Values) -> Values:
    """{advance_seconds} or {reset: true}: move the sandbox's time, or let it be the machine's again."""
    if values.get("reset"):
        store.set_setting("clock_offset_ms", 0)
    elif "advance_seconds" in values:
        moved = int(float(values["advance_seconds"]) * 1000)
        store.set_setting("clock_offset_ms", int(store.setting("clock_offset_ms", "0")) + moved)
    else:
        raise ValueError("advance_seconds or reset is needed")
    return {name: value for name, value in state(store, {}).items() if name in {"now", "clock_offset_seconds"}}


def reset(store: Store, values: Values) -> Values:
    """{keep_tokens?}: back to the first day; registered apps stay."""
    networks.clear(store, keep_tokens=bool(values.get("keep_tokens")))
    networks.plant(store)
    return {"reset": True}


def repeat(store: Store, values: Values) -> Values:
    """{count?}: the next mentions pages ignore since_id, so they also repeat what was delivered already."""
    count = int(values.get("count", 1))
    store.set_setting("repeat_mentions", count)
    return {"repeat": count}


def register_app(store: Store, values: Values) -> Values:
    """{client_id, client_secret?, redirect_uris}: make an app known; without a secret it is a public one."""
    redirects = values.get("redirect_uris", [])
    if isinstance(redirects, str):
        redirects = redirects.split()
    if not redirects or not all(isinstance(one, str) and "://" in one for one in redirects):
        raise ValueError("redirect_uris: a list of addresses")
    client_id = _text(values, "client_id")
    apps.register(store, apps.App(client_id, str(values.get("client_secret", "")), tuple(redirects)))
    return {"client_id": client_id}


ACTIONS: dict[str, Callable[[Store, Values], Values]] = {
    "post-as-customer": post_as_customer,
    "delete-post": delete_post,
    "fault": fault,
    "clear-faults": clear_faults,
    "exhaust": exhaust,
    "revoke": revoke,
    "level": level,
    "clock": clock,
    "reset": reset,
    "repeat": repeat,
    "register-app": register_app,
}


def _addressed(store: Store, text: str, parent: Row, author: int) -> str:
    """X's own apps put the name of the person who is answered in front of a reply."""
    answered = people.by_id(store, parent["author"])
    if answered is None or answered["id"] == author or f"@{answered['username']}".lower() in text.lower():
        return text
    return f"@{answered['username']} {text}"


def _text(values: Values, name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is needed")
    return value.strip()


def _person(store: Store, value: object) -> Row:
    text = str(value or "")
    person = people.by_username(store, text) or (people.by_id(store, int(text)) if text.isdigit() else None)
    if person is None:
        raise ValueError(f"nobody is called {text}")
    return person


def _post(store: Store, value: object) -> Row:
    text = str(value or "").strip()
    post = posts.by_id(store, int(text)) if text.isdigit() and len(text) <= 19 else None
    if post is None:
        raise ValueError(f"there is no post {text}")
    return post


def _first_app(store: Store) -> str:
    row = store.one("SELECT client_id FROM apps ORDER BY rowid LIMIT 1")
    return row["client_id"] if row else ""
