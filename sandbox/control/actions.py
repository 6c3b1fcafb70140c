"""What the control can do. Each action takes a JSON object (or a form's strings) and gives one back."""

from collections.abc import Callable
from typing import Any

from .. import apps, courier, faults, networks, people, posts, volume
from ..posts import Draft
from ..store import Row, Store
from ..x import direct, endpoints, hooks, limits, media, tokens, writing
from .views import post_shape, state

Values = dict[str, Any]


def post_as_customer(store: Store, values: Values) -> Values:
    """{username, name?, text, reply_to?, quote_of?, pictures?, alt?}: write a post, making the customer when new; with so many pictures,
    and the words for the first of them."""
    text = _text(values, "text")
    parent = _post(store, values["reply_to"]) if values.get("reply_to") else None
    quoted = _post(store, values["quote_of"]) if values.get("quote_of") else None
    person = people.found_or_made(store, _text(values, "username"), str(values.get("name", "")))
    if parent is not None:
        text = _addressed(store, text, parent, person["id"])
    draft = Draft(person["id"], text, reply_to=parent["id"] if parent else None, quote_of=quoted["id"] if quoted else None)
    post = posts.publish(store, draft)
    count = min(4, int(values.get("pictures", 0)))
    media.attach(store, post["id"], [(post["id"] + place, "" if place else str(values.get("alt", ""))) for place in range(count)])
    hooks.posted(store, post)
    return {"post": post_shape(store, post)}


def delete_post(store: Store, values: Values) -> Values:
    """{id}: take any post back."""
    row = _post(store, values.get("id"))
    deleted = posts.delete(store, row["id"])
    if deleted:
        hooks.deleted(store, row)
    return {"deleted": deleted}


def message_as_customer(store: Store, values: Values) -> Values:
    """{username, text, name?, to?, encrypted?}: write to an account in private, making the customer when new."""
    text = _text(values, "text")
    person = people.found_or_made(store, _text(values, "username"), str(values.get("name", "")))
    to = _person(store, values.get("to") or "enishi_demo")
    row = direct.write(store, person["id"], (to["id"],), text, encrypted=bool(values.get("encrypted")))
    return {"message": {"id": str(row["id"]), "conversation": row["conversation"], "text": row["text"]}}


def like_as_customer(store: Store, values: Values) -> Values:
    """{username, id}: like a post."""
    person, post = _person(store, values.get("username")), _post(store, values.get("id"))
    if store.run("INSERT OR IGNORE INTO x_likes VALUES (?, ?, ?)", person["id"], post["id"], store.now_ms()):
        store.run("UPDATE posts SET likes = likes + 1 WHERE id = ?", post["id"])
        hooks.liked(store, person["id"], post)
    return {"liked": True}


def account(store: Store, values: Values) -> Values:
    """{username, rename?, protected?, suspended?, closed?}: what happens to accounts; closed ones take no messages."""
    person = _person(store, values.get("username"))
    if values.get("rename"):
        name = str(values["rename"]).removeprefix("@")
        if not people.USERNAME.fullmatch(name) or people.by_username(store, name):
            raise ValueError("rename: 1 to 15 of A-Z a-z 0-9 _, and not taken")
        store.run("UPDATE people SET username = ? WHERE id = ?", name, person["id"])
    for column in ("protected", "suspended"):
        if column in values:
            store.run(f"UPDATE people SET {column} = ? WHERE id = ?", _flag(values[column]), person["id"])  # noqa: S608
    if "closed" in values:
        sql = "INSERT OR IGNORE INTO x_closed VALUES (?)" if _flag(values["closed"]) else "DELETE FROM x_closed WHERE person = ?"
        store.run(sql, person["id"])
    return {"id": str(person["id"])}


def many(store: Store, values: Values) -> Values:
    """{channels, posts, rate}: so many channels get so many generated posts, `rate` a second, from now on; 0 channels end it."""
    volume.begin(store, int(values.get("channels", 500)), int(values.get("posts", 1_000_000)), int(values.get("rate", 100)))
    return {"volume": store.setting("volume", "")}


def search_is_late(store: Store, values: Values) -> Values:
    """{on}: whether search finds new posts only after 30 seconds, as X does."""
    store.set_setting("search_is_late", int(_flag(values.get("on"))))
    return {"on": _flag(values.get("on"))}


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
    """{}: forget all ordered trouble, also that of webhooks."""
    faults.clear(store)
    for name in ("x_hooks_twice", "x_hooks_wrong"):
        store.set_setting(name, 0)
    return {"cleared": True}


def webhooks(store: Store, values: Values) -> Values:
    """{twice?, wrong?: how many; hold?: true; release?: kept|reversed}: trouble on the way out."""
    told: Values = {}
    for name in ("twice", "wrong"):
        if name in values:
            told[name] = max(0, int(values[name]))
            store.set_setting(f"x_hooks_{name}", told[name])
    if "hold" in values:
        told["hold"] = _flag(values["hold"])
        store.set_setting("x_hooks_held", int(told["hold"]))
    if "release" in values:
        order = str(values["release"])
        if order not in {"kept", "reversed"}:
            raise ValueError("release: kept or reversed")
        store.set_setting("x_hooks_held", 0)
        told["released"] = courier.release(store, "x", backwards=order == "reversed")
    if not told:
        raise ValueError("twice, wrong, hold or release is needed")
    return told


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
    found = limits.told(store, found)
    for bucket in found:
        limits.exhaust(store, bucket)
    return {"exhausted": [{"subject": one.subject, "endpoint": one.endpoint, "limit": one.size} for one in found]}


def limit(store: Store, values: Values) -> Values:
    """{endpoint, per_user, seconds?}: from now on a limit is so large, and its window so long; without per_user as X has it."""
    endpoint = endpoints.BY_ID.get(str(values.get("endpoint", "")))
    if endpoint is None:
        raise ValueError(f"endpoint: one of {', '.join(endpoints.BY_ID)}")
    if values.get("per_user") is None:
        store.set_setting(f"limit:{endpoint.id}", "")
        return {"limit": None}
    size, span = int(values["per_user"]), int(values.get("seconds", limits.WINDOW_S))
    if not (1 <= size <= 100_000 and 1 <= span <= limits.DAY_S):
        raise ValueError("per_user: 1 to 100000; seconds: 1 to 86400")
    store.set_setting(f"limit:{endpoint.id}", f"{size},{span}")
    return {"limit": {"endpoint": endpoint.id, "per_user": size, "seconds": span}}


def revoke(store: Store, values: Values) -> Values:
    """{username}: the account takes its consent back; all its tokens are dead."""
    person = _person(store, values.get("username"))["id"]
    dead = tokens.revoke_person(store, person)
    hooks.revoked(store, person)
    return {"revoked": dead}


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
    "message-as-customer": message_as_customer,
    "like-as-customer": like_as_customer,
    "account": account,
    "search-is-late": search_is_late,
    "volume": many,
    "fault": fault,
    "clear-faults": clear_faults,
    "webhooks": webhooks,
    "exhaust": exhaust,
    "limit": limit,
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


def _flag(value: object) -> bool:
    return str(value).lower() in {"1", "true", "on", "yes"}


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
