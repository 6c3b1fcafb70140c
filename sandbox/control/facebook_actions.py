"""What the control can do on Facebook: play the customer, the person behind a token, and the network on a bad day."""

from collections.abc import Callable
from typing import Any

from .. import faults
from ..facebook import apps, content, events, people, seeds, settings, talk, tokens, trouble, usage, volume
from ..facebook.apps import App
from ..facebook.content import Author, Draft, Remark
from ..facebook.seeds import PAGE
from ..store import Row, Store
from . import actions
from .facebook_views import comment_shape, message_shape, post_shape

Values = dict[str, Any]


def post(store: Store, values: Values) -> Values:
    """{person, text, page?}: write on the page's wall."""
    page, text = _page(store, values), _text(values, "text")
    draft = Draft(page["id"], Author(person=_person(store, values)["id"]), text, kind="wall_post")
    return {"post": post_shape(store, content.publish(store, draft))}


def mention(store: Store, values: Values) -> Values:
    """{person, text, page?}: write on one's own profile, naming the page."""
    page, text, number = _page(store, values), _text(values, "text"), _person(store, values)["id"]
    draft = Draft(content.PROFILES + number, Author(person=number), text, kind=content.TAG, tagged=page["id"])
    return {"post": post_shape(store, content.publish(store, draft))}


def comment(store: Store, values: Values) -> Values:
    """{on, person, text}: comment on a post, or answer a comment."""
    kind, row = _thing(store, values, "on")
    on = content.post(store, row["post"]) if kind == "comment" else row
    assert on is not None  # noqa: S101
    text = _text(values, "text")
    draft = Remark(on, Author(person=_person(store, values)["id"]), text, row if kind == "comment" else None)
    return {"comment": comment_shape(store, content.remark(store, draft))}


def edit(store: Store, values: Values) -> Values:
    """{id, text}: somebody changes the words of what they wrote."""
    content.edit(store, _thing(store, values, "id")[1], _text(values, "text"))
    return {"edited": True}


def delete(store: Store, values: Values) -> Values:
    """{id}: take any post or comment back."""
    row = _thing(store, values, "id")[1]
    if not row["deleted_ms"]:
        content.delete(store, row)
    return {"deleted": True}


def react(store: Store, values: Values) -> Values:
    """{on, person, type?}: feel something about a post or a comment; type "NONE" takes it back."""
    row, author = _thing(store, values, "on")[1], Author(person=_person(store, values)["id"])
    kind = str(values.get("type", "LIKE")).upper()
    if kind == "NONE":
        content.unreact(store, row, author)
    elif kind in content.REACTIONS:
        content.react(store, row, author, kind)
    else:
        raise ValueError(f"type: NONE or one of {', '.join(content.REACTIONS)}")
    return {"type": kind}


def rate(store: Store, values: Values) -> Values:
    """{person, text?, negative?, page?}: recommend the page, or advise against it."""
    page, person = _page(store, values), _person(store, values)
    row = content.rate(store, page, person["id"], not _truth(values, "negative"), str(values.get("text", "")).strip())
    story = content.post(store, row["story"])
    assert story is not None  # noqa: S101
    return {"story": content.post_id(story)}


def message(store: Store, values: Values) -> Values:
    """{person, text, page?, picture?}: write to the page in Messenger."""
    page, url = _page(store, values), str(values.get("picture", ""))
    text = str(values.get("text", "")).strip() if url else _text(values, "text")
    attachments = [{"type": "image", "payload": {"url": url}}] if url else []
    return {"message": message_shape(store, talk.write(store, page, _person(store, values)["id"], text, attachments))}


def read(store: Store, values: Values) -> Values:
    """{person, page?}: read what the page wrote."""
    return {"watermark": talk.read(store, _page(store, values), _person(store, values)["id"])}


def unavailable(store: Store, values: Values) -> Values:
    """{person, unavailable?}: close the account, or block the page; false opens it again."""
    wanted = _truth(values, "unavailable") if "unavailable" in values else True
    store.run("UPDATE fb_people SET unavailable = ? WHERE id = ?", wanted, _person(store, values)["id"])
    return {"unavailable": wanted}


def level(store: Store, values: Values) -> Values:
    """{level}: switch the access level of all apps."""
    name = str(values.get("level", ""))
    if name not in settings.LEVELS:
        raise ValueError(f"level: one of {', '.join(settings.LEVELS)}")
    settings.put(store, "level", name)
    return {"level": name}


def option(store: Store, values: Values) -> Values:
    """{feed_ids?: same|other, dead_versions?: served|refused}: what the documents leave open."""
    known = {"feed_ids": ("same", "other"), "dead_versions": ("served", "refused")}
    changed = {name: str(values[name]) for name in known if name in values}
    for name, value in changed.items():
        if value not in known[name]:
            raise ValueError(f"{name}: one of {', '.join(known[name])}")
    if not changed:
        raise ValueError(f"one of {', '.join(known)} is needed")
    for name, value in changed.items():
        settings.put(store, name, value)
    return dict(changed)


def exhaust(store: Store, values: Values) -> Values:
    """{what?: app|pages|messenger, page?, percent?, minutes?}: use an allowance up; it falls back after so many minutes."""
    budget = _budget(store, values)
    now = usage.exhaust(store, budget, int(values.get("percent", 100)), int(values.get("minutes", 30)))
    return {"call_count": now.calls, "estimated_time_to_regain_access": now.regain}


def budget(store: Store, values: Values) -> Values:
    """{what?: app|pages|messenger, page?, calls}: give an allowance another size; 0 is the documented one."""
    calls = int(values.get("calls", 0))
    if calls < 0:
        raise ValueError("calls: 0 or more")
    usage.resize(store, _budget(store, values), calls)
    return {"calls": calls}


def revoke(store: Store, values: Values) -> Values:
    """{person}: take the app off under Settings; its tokens are dead and its deauthorize callback is called."""
    person, app = _person(store, values), _app(store, values)
    return {"revoked": tokens.remove_app(store, app, person["id"])}


def kill(store: Store, values: Values) -> Values:
    """{person, why}: let the person's tokens die of something else: password, checkpoint, unconfirmed, unused, session, other."""
    why = str(values.get("why", "password"))
    if why not in tokens.DEATHS:
        raise ValueError(f"why: one of {', '.join(tokens.DEATHS)}")
    return {"killed": tokens.kill(store, _person(store, values)["id"], why)}


def role(store: Store, values: Values) -> Values:
    """{person, tasks, page?}: give somebody tasks on a page, blank-separated; none takes the role away."""
    page, person = _page(store, values), _person(store, values)
    wanted = str(values.get("tasks", "")).upper().split()
    unknown = [name for name in wanted if name not in people.TASKS]
    if unknown:
        raise ValueError(f"tasks: of {', '.join(people.TASKS)}")
    store.run("DELETE FROM fb_roles WHERE page = ? AND person = ?", page["id"], person["id"])
    if wanted:
        store.run("INSERT INTO fb_roles VALUES (?, ?, ?)", page["id"], person["id"], " ".join(wanted))
    return {"tasks": wanted}


def permission(store: Store, values: Values) -> Values:
    """{person, permission, status: granted|declined}: change one permission of the app afterwards."""
    name, status = str(values.get("permission", "")), str(values.get("status", "declined"))
    if name not in apps.PERMISSIONS or status not in {"granted", "declined"}:
        raise ValueError("permission: one of the known; status: granted or declined")
    store.run("INSERT OR REPLACE INTO fb_grants VALUES (?, ?, ?, ?)", _app(store, values).id, _person(store, values)["id"], name, status)
    return {name: status}


def forget(store: Store, values: Values) -> Values:
    """{person}: ask the app to delete their data: the data-deletion callback. Its answer is told among the deliveries."""
    person, app = _person(store, values), _app(store, values)
    return {"called": apps.call_back(store, app, "deletion", people.app_scoped(store, app.id, person["id"]))}


def fault(store: Store, values: Values) -> Values:
    """{kind, count?, path_prefix?, seconds?, status?}: order trouble; "POST /v25.0/…" for one method only."""
    return {"fault": _ordered(store, values)}


def fault_plan(store: Store, values: Values) -> Values:
    """{plan: [{kind, …}, …]}: a row of troubles, played one after the other."""
    plan = values.get("plan")
    if not isinstance(plan, list) or not plan or not all(isinstance(one, dict) for one in plan):
        raise ValueError("plan: a list of {kind, count?, path_prefix?, seconds?, status?}")
    return {"faults": [_ordered(store, one) for one in plan]}


def crowd(store: Store, values: Values) -> Values:
    """{pages, posts, gap_s?, person?}: pages whose visitors' posts are worked out, further ones every `gap_s` seconds of the clock."""
    pages, posts = int(values.get("pages", 500)), int(values.get("posts", 2_000))
    person = people.found_or_made(store, str(values.get("person") or seeds.FIRST_STAFF))
    volume.order(store, pages, posts, float(values.get("gap_s", 60)), person["id"])
    return {"pages": pages, "posts": pages * posts}


def clear_faults(store: Store, values: Values) -> Values:
    """{}: forget all ordered trouble, also that of webhooks and cursors."""
    faults.clear(store)
    for name in ("bad_cursors", "hooks_twice", "hooks_wrong"):
        settings.put(store, name, 0)
    return {"cleared": True}


def reset(store: Store, values: Values) -> Values:
    """{keep_tokens?}: Facebook back on its first day; registered apps and webhook addresses stay."""
    seeds.clear(store, _truth(values, "keep_tokens"))
    seeds.plant(store)
    return {"reset": True}


def webhooks(store: Store, values: Values) -> Values:
    """{twice?, wrong?: how many; hold?: true; release?: kept|reversed|batch}: trouble on the way out."""
    told: Values = {}
    for name in ("twice", "wrong"):
        if name in values:
            settings.put(store, f"hooks_{name}", max(0, int(values[name])))
            told[name] = max(0, int(values[name]))
    if "hold" in values:
        settings.put(store, "hooks_held", "1" if _truth(values, "hold") else "0")
        told["hold"] = _truth(values, "hold")
    if "release" in values:
        order = str(values["release"])
        if order not in {"kept", "reversed", "batch"}:
            raise ValueError("release: kept, reversed or batch")
        settings.put(store, "hooks_held", "0")
        told["released"] = events.release(store, order)
    if not told:
        raise ValueError("twice, wrong, hold or release is needed")
    return told


def register_app(store: Store, values: Values) -> Values:
    """{id, secret, redirect_uris, name?, needs_proof?, deauthorize_url?, deletion_url?, configs?}: make an app known or change it."""
    number = _text(values, "id")
    known = apps.find(store, number)
    redirects = values.get("redirect_uris", known.redirect_uris if known else [])
    if isinstance(redirects, str):
        redirects = redirects.split()
    if not redirects or not all(isinstance(one, str) and "://" in one for one in redirects):
        raise ValueError("redirect_uris: a list of addresses")
    if not number.isdigit():
        raise ValueError("id: digits")
    app = App(
        number,
        str(values.get("secret") or (known.secret if known else "")),
        tuple(redirects),
        str(values.get("name") or (known.name if known else "CRM")),
        _truth(values, "needs_proof") if "needs_proof" in values else known.needs_proof if known else True,
        str(values.get("deauthorize_url", known.deauthorize_url if known else "")),
        str(values.get("deletion_url", known.deletion_url if known else "")),
        dict(values.get("configs") or (known.configs if known else {})),
    )
    if not app.secret:
        raise ValueError("secret is needed")
    apps.register(store, app)
    return {"id": number}


ACTIONS: dict[str, Callable[[Store, Values], Values]] = {
    "post": post,
    "mention": mention,
    "comment": comment,
    "edit": edit,
    "delete": delete,
    "react": react,
    "rate": rate,
    "message": message,
    "read": read,
    "unavailable": unavailable,
    "level": level,
    "option": option,
    "exhaust": exhaust,
    "budget": budget,
    "revoke": revoke,
    "kill": kill,
    "role": role,
    "permission": permission,
    "forget": forget,
    "fault": fault,
    "fault-plan": fault_plan,
    "crowd": crowd,
    "clear-faults": clear_faults,
    "webhooks": webhooks,
    "clock": actions.clock,
    "reset": reset,
    "register-app": register_app,
}


def _ordered(store: Store, values: Values) -> int:
    kind, count = str(values.get("kind", "")), int(values.get("count", 1))
    if kind == trouble.CURSOR:
        settings.put(store, "bad_cursors", count)
        return 0
    seconds, status = values.get("seconds"), values.get("status")
    return faults.order(
        store,
        kind,
        count,
        str(values.get("path_prefix", "/v")),
        seconds=None if seconds is None else float(seconds),
        status=None if status is None else int(status),
        kinds=trouble.KINDS,
    )


def _budget(store: Store, values: Values) -> usage.Budget:
    what = str(values.get("what", "pages"))
    if what == "app":
        return usage.of_app(store, _app(store, values).id)
    if what not in {"pages", "messenger"}:
        raise ValueError("what: app, pages or messenger")
    page = _page(store, values)
    return usage.of_page(store, page) if what == "pages" else usage.of_messenger(store, page)


def _text(values: Values, name: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value.strip():
        raise ValueError(f"{name} is needed")
    return value.strip()


def _truth(values: Values, name: str) -> bool:
    return str(values.get(name, "")).lower() in {"true", "1", "on", "yes"}


def _person(store: Store, values: Values) -> Row:
    return people.found_or_made(store, str(values.get("person", "")))


def _page(store: Store, values: Values) -> Row:
    wanted = str(values.get("page") or PAGE)
    page = people.page(store, int(wanted)) if wanted.isdigit() else people.page_called(store, wanted)
    if page is None:
        raise ValueError(f"there is no page {wanted}")
    return page


def _app(store: Store, values: Values) -> App:
    app = apps.find(store, str(values["app"])) if values.get("app") else apps.first(store)
    if app is None:
        raise ValueError("app: not known")
    return app


def _thing(store: Store, values: Values, name: str) -> tuple[str, Row]:
    """A post or a comment by its id, whole or the last part of it."""
    number = str(values.get(name, "")).strip().rpartition("_")[2]
    if number.isdigit() and len(number) <= 18:
        comment_row = content.comment(store, int(number))
        row = comment_row or content.post(store, int(number))
        if row is not None:
            return "comment" if comment_row else "post", row
    raise ValueError(f"there is no post or comment {values.get(name, '')}")
