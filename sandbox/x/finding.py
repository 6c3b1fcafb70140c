"""Looking for people: by Latin letters only, and who follows whom."""

import re

from .. import people
from ..store import Row
from . import shapes
from .call import Body, Call
from .params import USER_FIELDS, identifier, number, offset_start, offset_token, wanted
from .problems import invalid, missing, suspended
from .reading import USER_READ, told

# The documented pattern of the query: a Japanese name cannot be searched.
QUERY = re.compile(r"[A-Za-z0-9_' ]{1,50}")
SEARCH = ("query", "max_results", "next_token", *USER_FIELDS)
LISTS = ("max_results", "pagination_token", *USER_FIELDS)


def search(call: Call) -> Body:
    """GET /2/users/search: everybody whose name or user name holds all the words."""
    want = wanted(call.request.params, of_people=True)
    query = call.request.params.get("query", "")
    if not QUERY.fullmatch(query):
        raise invalid("query", query, f"The `query` query parameter value [{query}] does not match ^[A-Za-z0-9_' ]{{1,50}}$")
    words = query.lower().split()
    found = [row for row in people.everybody(call.store) if not row["suspended"] and all(word in _text(row) for word in words)]
    return _page(call, found, "next_token", number(call.request.params, "max_results", 1, 1000, 100), want.user_fields, want)


def followers(call: Call) -> Body:
    """GET /2/users/{id}/followers."""
    sql = "SELECT people.* FROM x_follows JOIN people ON people.id = person WHERE followed = ? AND suspended = 0 ORDER BY at_ms DESC, id"
    return _list(call, sql)


def following(call: Call) -> Body:
    """GET /2/users/{id}/following."""
    sql = "SELECT people.* FROM x_follows JOIN people ON people.id = followed WHERE person = ? AND suspended = 0 ORDER BY at_ms DESC, id"
    return _list(call, sql)


def liking(call: Call) -> Body:
    """GET /2/tweets/{id}/liking_users."""
    sql = "SELECT people.* FROM x_likes JOIN people ON people.id = person WHERE post = ? AND suspended = 0 ORDER BY at_ms DESC, id"
    want = wanted(call.request.params, of_people=True)
    found = call.store.all(sql, identifier(call.values["id"], "id"))
    return _page(call, found, "pagination_token", number(call.request.params, "max_results", 1, 100, 100), want.user_fields, want)


def _list(call: Call, sql: str) -> Body:
    want = wanted(call.request.params, of_people=True)
    value = call.values["id"]
    row = people.by_id(call.store, identifier(value, "id"))
    size = number(call.request.params, "max_results", 1, 1000, 100)
    if row is None or row["suspended"]:
        return {"errors": [suspended("id", value) if row else missing("user", "id", value)]}
    return _page(call, call.store.all(sql, row["id"]), "pagination_token", size, want.user_fields, want)


def _page(call: Call, found: list[Row], token: str, size: int, fields: frozenset[str], want: object) -> Body:
    begin = offset_start(call.request.params, token, call.endpoint)
    rows = found[begin : begin + size]
    if not rows:
        return {"meta": {"result_count": 0}}
    meta: Body = {"result_count": len(rows)}
    if begin + size < len(found):
        meta["next_token"] = offset_token(call.endpoint, begin + size)
    call.cost_usd += USER_READ * len(rows)
    data = [shapes.user(call.store, row, fields, viewer=call.viewer) for row in rows]
    return {**told({"data": data}, want), "meta": meta}


def _text(row: Row) -> str:
    return f"{row['username']} {row['name']}".lower()
