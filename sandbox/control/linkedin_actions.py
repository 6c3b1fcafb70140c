"""What the control can do to LinkedIn. Each action takes a JSON object (or a form's strings) and gives one back."""

from collections.abc import Callable
from typing import Any

from .. import apps, faults
from ..linkedin import api, endpoints, feed, levels, limits, little, members, seeds, talking, tokens, urns, webhooks
from ..store import Row, Store
from . import actions
from .linkedin_views import comment_shape, post_shape

Values = dict[str, Any]
# Where public pages contradict each other the control chooses; the first is the usual one.
CHOICES = {
    "refresh": ("0", "1"),
    "scopes": ("comma", "blank"),
    "locale": ("object", "string"),
    "signature": ("bare", "prefixed"),
    "duplicate": ("422", "400"),
}


def post(store: Store, values: Values) -> Values:
    """{member or organization, text, mention?, shares?, visibility?, name?, headline?}: write a post as anybody."""
    text = little.escape(_text(values, "text"))
    if values.get("mention"):
        page = _organization(store, values["mention"])
        text = f"@[{little.escape(page['name'])}]({urns.organization(page['id'])}) {text}"
    shared = _post(store, values["shares"]) if values.get("shares") else None
    visibility = str(values.get("visibility") or "PUBLIC")
    if visibility not in {"PUBLIC", "CONNECTIONS"}:
        raise ValueError("visibility: PUBLIC or CONNECTIONS")
    draft = feed.Draft(_actor(store, values), text, visibility=visibility, parent=shared["id"] if shared else None)
    return _told(store, {"post": post_shape(store, feed.publish(store, draft))})


def comment(store: Store, values: Values) -> Values:
    """{member or organization, post or comment, text, count?, name?}: comment, or answer a comment; count writes it so often."""
    text, count = _text(values, "text"), int(values.get("count", 1))
    if not 1 <= count <= 1_000:
        raise ValueError("count: 1 to 1000")
    of, parent = _place(store, values)
    if parent is not None and parent["parent"]:
        parent = feed.comment_by_id(store, parent["parent"])
    actor = _actor(store, values)
    for number in range(count):
        said = text if count == 1 else f"{text} {number + 1}"
        row = feed.comment(store, of, actor, little.escape(said), parent["id"] if parent else None)
    return _told(store, {"comment": comment_shape(store, of, row)})


def edit_comment(store: Store, values: Values) -> Values:
    """{comment, text}: other words for a comment."""
    of, row = _comment(store, values.get("comment"))
    return _told(store, {"comment": comment_shape(store, of, feed.edit_comment(store, of, row, little.escape(_text(values, "text"))))})


def react(store: Store, values: Values) -> Values:
    """{member or organization, post or comment, kind?}: react."""
    kind = str(values.get("kind") or "LIKE")
    if kind not in talking.REACTIONS:
        raise ValueError(f"kind: one of {', '.join(talking.REACTIONS)}")
    of, row = _place(store, values)
    feed.react(store, of, row, _actor(store, values), kind)
    return _told(store, {"reaction": kind})


def delete(store: Store, values: Values) -> Values:
    """{post or comment}: take it back."""
    of, row = _place(store, values)
    if row:
        feed.delete_comment(store, of, row)
    else:
        feed.delete(store, of)
    return _told(store, {"deleted": True})


def close(store: Store, values: Values) -> Values:
    """{post, open?}: nobody may comment any more, or everybody again."""
    row = _post(store, values.get("post"))
    store.run("UPDATE li_posts SET closed = ? WHERE id = ?", not values.get("open"), row["id"])
    return {"closed": not values.get("open")}


def message(store: Store, values: Values) -> Values:
    """{member, to, text}: write a private message as a member."""
    sender, to = urns.person(_member(store, values.get("member"))["id"]), urns.person(_member(store, values.get("to"))["id"])
    number, moment = feed.new_id(store, store.now_ms()), store.now_ms()
    thread = f"urn:li:messagingThread:{number}"
    store.run(
        "INSERT INTO li_messages VALUES (?, ?, json_array(?), ?, '', ?, ?)", number, sender, to, thread, _text(values, "text"), moment
    )
    return {"message": f"urn:li:message:{number}", "thread": thread}


def accept(store: Store, values: Values) -> Values:
    """{invitation}: the invited member says yes; the two are connected."""
    number = str(values.get("invitation", "")).rpartition(":")[2]
    row = store.one("SELECT * FROM li_invitations WHERE id = ? AND state = 'PENDING'", int(number) if number.isdigit() else 0)
    other = urns.member_id(row["invitee"]) if row else None
    if row is None or other is None:
        raise ValueError("there is no such invitation to a member")
    store.run("UPDATE li_invitations SET state = 'ACCEPTED' WHERE id = ?", row["id"])
    members.connect(store, urns.member_id(row["inviter"]) or "", other)
    return {"accepted": True}


def role(store: Store, values: Values) -> Values:
    """{member, organization?, role?, state?}: give a role on a page, or take it (state REVOKED)."""
    page = _organization(store, values.get("organization") or "enishi-demo")
    name, state = str(values.get("role") or members.ADMINISTRATOR), str(values.get("state") or "APPROVED")
    if name not in members.ROLES or state not in members.STATES:
        raise ValueError(f"role: one of {', '.join(members.ROLES)}; state: one of {', '.join(members.STATES)}")
    members.set_role(store, _member(store, values.get("member"))["id"], page["id"], name, state)
    return {"role": name, "state": state}


def connect(store: Store, values: Values) -> Values:
    """{member, other}: they know each other from now on."""
    members.connect(store, _member(store, values.get("member"))["id"], _member(store, values.get("other"))["id"])
    return {"connected": True}


def leave(store: Store, values: Values) -> Values:
    """{member, back?}: the member closes the account, or comes back."""
    back = bool(values.get("back"))
    store.run("UPDATE li_members SET gone = ? WHERE id = ?", not back, _member(store, values.get("member"))["id"])
    return {"gone": not back}


def level(store: Store, values: Values) -> Values:
    """{level}: switch the access level of all apps."""
    name = str(values.get("level", ""))
    if name not in levels.LEVELS:
        raise ValueError(f"level: one of {', '.join(levels.LEVELS)}")
    store.set_setting("li_level", name)
    return {"level": name}


def choose(store: Store, values: Values) -> Values:
    """{refresh? scopes? locale? signature? duplicate?}: how the network answers where it is told in two ways."""
    for name, value in values.items():
        if str(value) not in CHOICES.get(name, ()):
            raise ValueError(f"{name}: one of {', '.join(CHOICES.get(name, ('nothing',)))}")
        store.set_setting(f"li_{name}", str(value))
    return {name: store.setting(f"li_{name}", usual[0]) for name, usual in CHOICES.items()}


def fault(store: Store, values: Values) -> Values:
    """{kind, count?, path_prefix?, seconds?, status?}: order trouble for the next requests, or for the next webhooks."""
    kind, seconds, status = str(values.get("kind", "")), values.get("seconds"), values.get("status")
    path = str(values.get("path_prefix") or (webhooks.PATH if kind in webhooks.KINDS else "/rest/"))
    # Other networks know some of the kinds too; their paths are theirs.
    if not path.rpartition(" ")[2].startswith((webhooks.PATH, *api.PREFIXES)):
        raise ValueError(f"path_prefix: begins with one of {', '.join(api.PREFIXES)}")
    number = faults.order(
        store,
        kind,
        int(values.get("count", 1)),
        path,
        seconds=None if seconds is None else float(seconds),
        status=None if status is None else int(status),
        kinds=(*api.KINDS, *webhooks.KINDS),
    )
    return {"fault": number}


def clear_faults(store: Store, values: Values) -> Values:
    """{}: forget all ordered trouble."""
    faults.clear(store)
    return {"cleared": True}


def exhaust(store: Store, values: Values) -> Values:
    """{bucket, member?, client_id?}: use today's limit up; without a member the app's."""
    bucket = str(values.get("bucket", ""))
    if bucket not in _buckets():
        raise ValueError(f"bucket: one of {', '.join(_buckets())}")
    member = _member(store, values["member"])["id"] if values.get("member") else ""
    app, own = limits.counts(store, bucket, member, str(values.get("client_id") or _first_app()))
    limits.exhaust(store, own if member else app)
    return {"exhausted": (own if member else app).subject, "limit": (own if member else app).size}


def limit(store: Store, values: Values) -> Values:
    """{bucket, per_member, per_app}: how many calls a day."""
    bucket, sizes = str(values.get("bucket", "")), (int(values.get("per_member", 0)), int(values.get("per_app", 0)))
    if bucket not in _buckets() or min(sizes) < 1:
        raise ValueError(f"bucket: one of {', '.join(_buckets())}; per_member and per_app: 1 at least")
    store.run("INSERT OR REPLACE INTO li_limits VALUES (?, ?, ?)", bucket, *sizes)
    return {"bucket": bucket, "per_member": sizes[0], "per_app": sizes[1]}


def revoke(store: Store, values: Values) -> Values:
    """{member}: the member takes every consent back."""
    return {"revoked": tokens.revoke_member(store, _member(store, values.get("member"))["id"])}


def register_app(store: Store, values: Values) -> Values:
    """{client_id, client_secret, redirect_uris}: make an app known."""
    redirects = values.get("redirect_uris", [])
    if isinstance(redirects, str):
        redirects = redirects.split()
    if not redirects or not all(isinstance(one, str) and "://" in one for one in redirects):
        raise ValueError("redirect_uris: a list of addresses")
    app = apps.App(_text(values, "client_id"), _text(values, "client_secret"), tuple(redirects))
    apps.register(store, app)
    return {"client_id": app.client_id, "application_id": webhooks.application_id(app.client_id)}


def reset(store: Store, values: Values) -> Values:
    """{keep_tokens?}: LinkedIn's first day again; the other networks stay as they are."""
    seeds.clear(store, bool(values.get("keep_tokens")))
    store.run("DELETE FROM settings WHERE name LIKE 'li~_%' ESCAPE '~'")
    seeds.plant(store)
    return {"reset": True}


def challenge(store: Store, values: Values) -> Values:
    """{}: challenge every webhook address now, as it happens by itself every two hours."""
    return {"challenged": webhooks.challenge_again(store, now=True)}


ACTIONS: dict[str, Callable[[Store, Values], Values]] = {
    "post": post,
    "comment": comment,
    "edit-comment": edit_comment,
    "react": react,
    "delete": delete,
    "close": close,
    "message": message,
    "accept": accept,
    "role": role,
    "connect": connect,
    "leave": leave,
    "level": level,
    "choose": choose,
    "fault": fault,
    "clear-faults": clear_faults,
    "exhaust": exhaust,
    "limit": limit,
    "revoke": revoke,
    "register-app": register_app,
    "reset": reset,
    "clock": actions.clock,
}
OUTSIDE: dict[str, Callable[[Store, Values], Values]] = {"challenge": challenge}


def _told(store: Store, values: Values) -> Values:
    """What happened goes to the webhooks at once."""
    webhooks.flush(store)
    return values


def _buckets() -> tuple[str, ...]:
    """Everything that is counted."""
    return tuple(dict.fromkeys((*limits.SIZES, *(endpoints.bucket(one) for one in endpoints.ENDPOINTS))))


def _first_app() -> str:
    return seeds.app_name()


def _text(values: Values, name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is needed")
    return value.strip()


def _actor(store: Store, values: Values) -> str:
    """A page, or a member, made on the spot when new."""
    if values.get("organization"):
        return urns.organization(_organization(store, values["organization"])["id"])
    made = members.found_or_made(store, str(values.get("member", "")), str(values.get("name", "")), str(values.get("headline", "")))
    return urns.person(made["id"])


def _member(store: Store, value: object) -> Row:
    text = str(value or "").strip()
    row = members.by_vanity(store, text) or members.by_id(store, urns.member_id(text) or text)
    if row is None:
        raise ValueError(f"no member is called {text}")
    return row


def _organization(store: Store, value: object) -> Row:
    text = str(value or "").strip()
    row = members.organization_by_vanity(store, text) or members.organization(store, urns.organization_id(text))
    if row is None:
        raise ValueError(f"no page is called {text}")
    return row


def _post(store: Store, value: object) -> Row:
    text = str(value or "").strip()
    row = feed.by_urn(store, text)
    if row is None:
        raise ValueError(f"there is no post {text}")
    return row


def _comment(store: Store, value: object) -> tuple[Row, Row]:
    text = str(value or "").strip()
    found = feed.comment_by_urn(store, text)
    if found is None:
        raise ValueError(f"there is no comment {text}")
    return found


def _place(store: Store, values: Values) -> tuple[Row, Row | None]:
    """The post that is meant, and the comment, if one is."""
    if values.get("comment"):
        return _comment(store, values["comment"])
    return _post(store, values.get("post")), None
