"""Reading from Graph: one thing, many by `?ids=`, a list with its cursors, and what hangs below them."""

import base64
import binascii
import json
from typing import Any
from urllib.parse import urlencode

from ..store import Row
from . import content, edges, people, settings, shapes, talk, times, volume
from .call import Body, Call
from .edges import EDGES, Args, Edge, Select
from .fields import Field, parse
from .problems import Problem, invalid

USUAL_LIMIT, LARGEST_LIMIT, MOST_IDS = 25, 100, 50
Found = tuple[str, Row]


def find(call: Call, value: str) -> Found | None:
    """What an id names, and that only where this caller may know of it."""
    if value == "me":
        return _me(call)
    if value.startswith("t_") and value[2:].isdigit() and len(value) < 20:
        thread = talk.by_id(call.store, int(value[2:]))
        return ("thread", thread) if thread and call.page and thread["page"] == call.page["id"] and call.sees(thread["person"]) else None
    if value.startswith("m_"):
        message = talk.message(call.store, value)
        return ("message", message) if message and _reads_message(call, message) else None
    first, _, second = value.partition("_")
    if second:
        return _content(call, first, second) if (first + second).isdigit() and len(value) < 40 else None
    return _somebody(call, value)


def own(call: Call, page: Row | None) -> bool:
    """Whether the call's token is the page's own."""
    return page is not None and call.page is not None and page["id"] == call.page["id"]


def node(call: Call, kind: str, row: Row, wishes: tuple[Field, ...] | None) -> Body:
    """One thing with the fields that were wished for."""
    call.objects += 1
    makers = shapes.NODES[kind]
    told: Body = {}
    for wish in wishes or tuple(Field(name) for name in shapes.DEFAULTS[kind]):
        maker, edge = makers.get(wish.name), EDGES.get((kind, wish.name))
        if maker is not None:
            value = maker(call, row, wish)
            if value is not shapes.ABSENT:
                told[wish.name] = _cut(value, wish.below)
        elif edge is not None:
            told[wish.name] = connection(call, row, edge, wish.args, wish.below, f"{_address(kind, row)}/{wish.name}", wish.text_below)
        else:
            raise Problem("field_unknown", field=wish.name, node=shapes.NAMES.get(kind, kind))
    if "id" in makers and "id" not in told:
        told["id"] = makers["id"](call, row, Field("id"))
    return told


def connection(call: Call, row: Row, edge: Edge, args: Args, wishes: tuple[Field, ...] | None, address: str, wish_text: str) -> Body:
    """A list: its rows, where they end, and how to go on."""
    call.need(edge.permissions, edge.refusal)
    wishes = wishes or tuple(Field(name) for name in edge.defaults) or None
    select = edge.select(call, row, args)
    limit = _limit(args)
    found, backwards = _found(call, row, edge, select, args, address, limit + 1 if limit else 0)
    more, rows = len(found) > limit, found[:limit]
    if backwards:
        rows.reverse()
    told: Body = {"data": [_item(call, edge.child, one, wishes) for one in rows if edges.visible(call, one)]}
    if rows:
        told["paging"] = _paging(call, select, rows, args, address, wish_text, more, backwards)
    if edge.summary is not None and args.get("summary", "").lower() in {"true", "1", "total_count"}:
        told["summary"] = edge.summary(call, row, select, args)
    return told


def many(call: Call) -> Body:
    """GET /?ids=a,b,c: each under its id; one that is not there spoils all."""
    wanted = [one.strip() for one in call.text("ids").split(",") if one.strip()]
    if not wanted:
        raise invalid("Param ids must be non-empty")
    if len(wanted) > MOST_IDS:
        raise invalid(f"Too many IDs. Maximum: {MOST_IDS}. Provided: {len(wanted)}.")
    told: Body = {}
    gone: list[str] = []
    for value in dict.fromkeys(wanted):
        call.from_outside = False
        found = find(call, value)
        if found is None:
            gone.append(value)
        else:
            check(call, *found)
            told[value] = node(call, *found, wishes_of(call))
    if gone:
        raise Problem("alias_missing", id=",".join(gone))
    return told


def check(call: Call, kind: str, row: Row) -> None:
    """What must be granted to look at a thing itself."""
    if kind == "page":
        _look_at_page(call, row)
    elif kind in {"post", "comment"}:
        call.need(edges.USER_CONTENT)
    elif kind == "psid":
        call.need(("pages_messaging",), "permission_230")
    elif kind in {"thread", "message"}:
        call.need(edges.TALK, "permission_230")
        call.need_task("MESSAGING")


def wishes_of(call: Call) -> tuple[Field, ...] | None:
    """The `fields` of the call."""
    text = call.text("fields")
    return parse(text) if text else None


def enter(call: Call, kind: str, row: Row, edge: Edge) -> None:
    """Before a list is read by its address: the right kind of token, a page of one's own or one that is public."""
    page = _page_of(call, kind, row)
    if edge.spoken_by == "user":
        if call.token["kind"] != "user":
            raise Problem("field_unknown", field=edge.id.rpartition(".")[2], node=shapes.NAMES[kind])
        return
    if own(call, page):
        call.need_task(edge.task)
    elif page is not None and people.tasks(call.store, page["id"], call.person):
        raise Problem("needs_page_token")
    elif edge.public and edges.pages_of_others(call):
        call.from_outside = True
    else:
        raise Problem("permission_10", permission="pages_read_engagement")


def _me(call: Call) -> Found | None:
    if call.page is not None:
        return "page", call.page
    person = people.person(call.store, call.person)
    if person is None:
        raise Problem("no_token")
    return "user", person


def _somebody(call: Call, value: str) -> Found | None:
    """A page by id or user name, a person by the id this token knows them under."""
    page = people.page(call.store, int(value)) if value.isdigit() and len(value) <= 18 else people.page_called(call.store, value)
    if page is not None:
        return "page", page
    if not value.isdigit():
        raise Problem("alias_missing", id=value)
    if call.page is not None:
        person = people.of_psid(call.store, call.page, value)
        thread = talk.thread(call.store, call.page["id"], person["id"]) if person else None
        if person and thread and thread["wrote_ms"] is not None and not person["unavailable"] and call.sees(person["id"]):
            return "psid", person
    known = people.of_app_scoped(call.store, call.app.id, value)
    return ("user", known) if known and (call.token["kind"] == "app" or known["id"] == call.person) else None


def _content(call: Call, first: str, second: str) -> Found | None:
    comment = content.comment(call.store, int(second)) if len(second) <= 18 else None
    if comment is not None and str(comment["post"]) == first:
        post = content.post(call.store, comment["post"])
        gone = comment["deleted_ms"] or not post or not _reads_post(call, post)
        return None if gone or not call.sees(comment["person"]) else ("comment", comment)
    post = content.post(call.store, int(second)) if len(second) <= 18 else None
    if post is None or str(post["owner"]) != first or not _reads_post(call, post):
        return None
    return "post", post


def _reads_post(call: Call, post: Row) -> bool:
    """Whether a post is there for this token: on the page or naming it, or public on a page of others."""
    if post["deleted_ms"]:
        return False
    page = content.page_of(call.store, post)
    if own(call, page):
        return call.sees(post["person"])
    if page is not None and people.tasks(call.store, page["id"], call.person):
        raise Problem("needs_page_token")
    if not edges.pages_of_others(call) or post["page"] is None or post["shows_ms"] is not None:
        return False
    call.from_outside = True
    return True


def _reads_message(call: Call, message: Row) -> bool:
    thread = talk.by_id(call.store, message["thread"])
    ours = thread is not None and call.page is not None and thread["page"] == call.page["id"] and call.sees(thread["person"])
    return ours and talk.readable(call.store, message)


def _look_at_page(call: Call, page: Row) -> None:
    if own(call, page):
        call.need(edges.READ)
    elif call.token["kind"] == "user" and people.tasks(call.store, page["id"], call.person):
        call.need(("pages_show_list",))
    elif edges.pages_of_others(call):
        call.from_outside = True
    else:
        raise Problem("permission_10", permission="pages_read_engagement")


def _page_of(call: Call, kind: str, row: Row) -> Row | None:
    if kind == "page":
        return row
    if kind == "thread":
        return people.page(call.store, row["page"])
    post = content.post(call.store, row["post"]) if kind == "comment" else row if kind == "post" else None
    return content.page_of(call.store, post) if post else None


def _item(call: Call, kind: str, row: Row, wishes: tuple[Field, ...] | None) -> Body:
    if kind == "message" and not talk.readable(call.store, row):
        wishes = None
    return node(call, kind, row, wishes)


def _cut(value: Any, below: tuple[Field, ...] | None) -> Any:
    """Only what was asked for below; `data` is passed through, as Graph does."""
    if below is None or not isinstance(value, dict):
        return value
    names = [one.name for one in below]
    if isinstance(value.get("data"), dict):
        return {"data": _cut(value["data"], below)}
    if isinstance(value.get("data"), list):
        return {"data": [_cut(one, below) for one in value["data"]]}
    return {name: value[name] for name in names if name in value} | ({"id": value["id"]} if "id" in value else {})


def _limit(args: Args) -> int:
    value = args.get("limit", str(USUAL_LIMIT))
    if not value.isdigit():
        raise invalid("Param limit must be an integer")
    if int(value) > LARGEST_LIMIT:
        raise invalid(f"Param limit must be less than or equal to {LARGEST_LIMIT}")
    return int(value)


def _found(call: Call, row: Row, edge: Edge, select: Select, args: Args, address: str, limit: int) -> tuple[list[Row], bool]:
    """The rows of this page and whether it is walked backwards: what the list holds, within its times, from where the cursor stands."""
    times_of = {name: times.read(args[name], name) for name in ("since", "until") if edge.ranged and args.get(name)}
    backwards = not args.get("after") and bool(args.get("before"))
    cursor = args.get("before" if backwards else "after")
    if cursor and settings.take(call.store, "bad_cursors"):
        raise invalid("Invalid parameter")
    stands = _stands(cursor, address) if cursor else None
    if select.worked_out:
        last = stands[1] if stands else None
        since, until = times_of.get("since"), times_of.get("until")
        return volume.part(call.store, row, after=last, backwards=backwards, since_ms=since, until_ms=until, limit=limit), backwards
    where, values = select.where, list(select.values)
    for name, moment in times_of.items():
        where, values = f"{where} AND {select.key} {'>=' if name == 'since' else '<='} ?", [*values, moment]
    if stands:
        sign = "<" if select.descending != backwards else ">"
        where, values = f"{where} AND ({select.key}, {select.id}) {sign} (?, ?)", [*values, *stands]
    order = "DESC" if select.descending != backwards else "ASC"
    sql = f"SELECT {select.columns} FROM {select.source} WHERE {where} ORDER BY {select.key} {order}, {select.id} {order} LIMIT ?"  # noqa: S608
    return call.store.all(sql, *values, limit), backwards


def _paging(call: Call, select: Select, rows: list[Row], args: Args, address: str, wish_text: str, more: bool, backwards: bool) -> Body:
    key, number = select.key, select.id.rpartition(".")[2]
    first, last = (_cursor(address, row[key], row[number]) for row in (rows[0], rows[-1]))
    told: Body = {"cursors": {"before": first, "after": last}}
    kept = {name: value for name, value in args.items() if name not in {"after", "before", "fields", "access_token", "appsecret_proof"}}
    # Graph writes the token into the address, and leaves the proof out.
    query = {"access_token": call.token["token"], **kept, **({"fields": wish_text} if wish_text else {})}
    base = f"{call.base}/{call.version}/{address}"
    if more or backwards:
        told["next"] = f"{base}?{urlencode({**query, 'after': last})}"
    if args.get("after") or (backwards and more):
        told["previous"] = f"{base}?{urlencode({**query, 'before': first})}"
    return told


def _address(kind: str, row: Row) -> str:
    if kind == "post":
        return content.post_id(row)
    if kind == "comment":
        return content.comment_id(row)
    if kind == "thread":
        return f"t_{row['id']}"
    return "me" if kind == "user" else str(row["id"])


def _cursor(address: str, key: int, number: int) -> str:
    text = json.dumps([address, key, number], separators=(",", ":"))
    return base64.urlsafe_b64encode(b"AQHR" + text.encode()).decode().rstrip("=")


def _stands(cursor: str, address: str) -> tuple[int, int]:
    """Where a cursor stands; one of another list is refused."""
    problem = invalid("Invalid parameter")
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).removeprefix(b"AQHR").decode()
        found, key, number = json.loads(text)
    except (binascii.Error, ValueError, TypeError):
        raise problem from None
    if found != address or not isinstance(key, int) or not isinstance(number, int):
        raise problem
    return key, number
