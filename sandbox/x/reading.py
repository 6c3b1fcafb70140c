"""Reading on X: people, posts, timelines."""

from .. import people, posts
from ..people import USERNAME
from ..posts import NO_END, Range
from ..store import Row, Store
from . import shapes
from .call import Body, Call
from .params import (
    FIELDS,
    ID,
    Wanted,
    identifier,
    listed,
    moment,
    number,
    optional_identifier,
    page_start,
    page_token,
    wanted,
)
from .problems import hidden, invalid, missing, suspended
from .spelling import POST, in_post_names

TIMELINE = ("since_id", "until_id", "max_results", "pagination_token", "start_time", "end_time", *FIELDS)
POST_READ, USER_READ = 0.005, 0.01


def me(call: Call) -> Body:
    """GET /2/users/me."""
    return _one_person(call, people.by_id(call.store, call.viewer), "id", str(call.viewer))


def user_by_username(call: Call) -> Body:
    """GET /2/users/by/username/{username}."""
    name = call.values["username"]
    if not USERNAME.fullmatch(name):
        raise invalid("username", name, f"The `username` query parameter value [{name}] does not match ^[A-Za-z0-9_]{{1,15}}$")
    return _one_person(call, people.by_username(call.store, name), "username", name)


def user_by_id(call: Call) -> Body:
    """GET /2/users/{id}."""
    value = call.values["id"]
    return _one_person(call, people.by_id(call.store, identifier(value, "id")), "id", value)


def users_by_usernames(call: Call) -> Body:
    """GET /2/users/by?usernames=."""
    names = listed(call.request.params, "usernames", USERNAME)
    return _many_people(call, "usernames", [(name, people.by_username(call.store, name)) for name in names])


def users_by_ids(call: Call) -> Body:
    """GET /2/users?ids=."""
    ids = listed(call.request.params, "ids", ID)
    return _many_people(call, "ids", [(value, people.by_id(call.store, identifier(value, "ids"))) for value in ids])


def tweet_by_id(call: Call) -> Body:
    """GET /2/tweets/{id}."""
    want = wanted(call.request.params)
    value = call.values["id"]
    rows, errors = _seen(call, "id", [(value, posts.by_id(call.store, identifier(value, "id")))])
    if not rows:
        return {"errors": errors}
    body = with_posts(call, rows, want, errors)
    return {**body, "data": body["data"][0]}


def tweets_by_ids(call: Call) -> Body:
    """GET /2/tweets?ids=."""
    want = wanted(call.request.params)
    ids = listed(call.request.params, "ids", ID)
    rows, errors = _seen(call, "ids", [(value, posts.by_id(call.store, identifier(value, "ids"))) for value in ids])
    return with_posts(call, rows, want, errors)


def mentions(call: Call) -> Body:
    """GET /2/users/{id}/mentions, newest first."""
    want, person, errors = _timeline_of(call)
    part = _range(call, person)
    if errors:
        return {"errors": errors}
    if "pagination_token" not in call.request.params and _repeats(call.store):
        part = Range(0, part.before_id, part.start_ms, part.end_ms, part.limit)
    return _timeline(call, want, person, part, posts.mentions(call.store, person, call.viewer, part))


def tweets(call: Call) -> Body:
    """GET /2/users/{id}/tweets, newest first."""
    want, person, errors = _timeline_of(call)
    part = _range(call, person)
    value = call.request.params.get("exclude")
    without = frozenset(value.split(",")) if value else frozenset()
    for name in without - {"replies", "retweets"}:
        raise invalid("exclude", name, f"The `exclude` query parameter value [{name}] is not one of [replies,retweets]")
    if errors:
        return {"errors": errors}
    return _timeline(call, want, person, part, posts.written(call.store, person, part, without))


def _one_person(call: Call, row: Row | None, parameter: str, value: str) -> Body:
    want = wanted(call.request.params, of_people=True)
    error = _closed(row, parameter, value)
    if error or row is None:
        return {"errors": [error]}
    call.cost_usd += USER_READ
    return told({"data": shapes.user(call.store, row, want.user_fields, viewer=call.viewer)}, want)


def _many_people(call: Call, parameter: str, found: list[tuple[str, Row | None]]) -> Body:
    want = wanted(call.request.params, of_people=True)
    data: list[Body] = []
    errors: list[Body] = []
    for value, row in found:
        error = _closed(row, parameter, value)
        if error or row is None:
            errors.append(error or {})
        else:
            data.append(shapes.user(call.store, row, want.user_fields, viewer=call.viewer))
    call.cost_usd += USER_READ * len(data)
    return told({"data": data, "errors": errors}, want)


def _closed(row: Row | None, parameter: str, value: str) -> Body | None:
    """The error for a person who is not there or whom X suspended."""
    if row is None:
        return missing("user", parameter, value)
    return suspended(parameter, value) if row["suspended"] else None


def _seen(call: Call, parameter: str, found: list[tuple[str, Row | None]]) -> tuple[list[Row], list[Body]]:
    """The posts that this caller may see, and an error for each of the others."""
    rows: list[Row] = []
    errors: list[Body] = []
    for value, row in found:
        seen = shapes.visible(call.store, row, call.viewer)
        if seen and row is not None:
            rows.append(row)
        else:
            errors.append((missing if seen is None else hidden)("tweet", parameter, value))
    return rows, errors


def _timeline_of(call: Call) -> tuple[Wanted, int, list[Body]]:
    want = wanted(call.request.params)
    value = call.values["id"]
    row = people.by_id(call.store, identifier(value, "id"))
    error = _closed(row, "id", value)
    if error is None and row is not None and row["protected"] and row["id"] != call.viewer:
        error = hidden("user", "id", value)
    return want, int(value), [error] if error else []


def _range(call: Call, person: int) -> Range:
    params = call.request.params
    return Range(
        after_id=optional_identifier(params, "since_id", 0),
        before_id=min(optional_identifier(params, "until_id", NO_END), page_start(params, call.endpoint, person)),
        start_ms=moment(params, "start_time", 0),
        end_ms=moment(params, "end_time", NO_END),
        # One more than the page holds tells whether there is a next one.
        limit=number(params, "max_results", 5, 100, 10) + 1,
    )


def _timeline(call: Call, want: Wanted, person: int, part: Range, found: list[Row]) -> Body:
    rows = found[: part.limit - 1]
    if not rows:
        return {"meta": {"result_count": 0}}
    meta = {"result_count": len(rows), "newest_id": str(rows[0]["id"]), "oldest_id": str(rows[-1]["id"])}
    if len(found) > len(rows):
        meta["next_token"] = page_token(call.endpoint, person, rows[-1]["id"])
    return {**with_posts(call, rows, want, []), "meta": meta}


def with_posts(call: Call, rows: list[Row], want: Wanted, errors: list[Body]) -> Body:
    call.cost_usd += POST_READ * len(rows)
    data = [shapes.post(call.store, row, want) for row in rows]
    includes, more = shapes.included(call.store, rows, want, call.viewer)
    return told({"data": data, "includes": includes, "errors": errors + more}, want)


def told(body: Body, want: Wanted) -> Body:
    """Leave out what is empty (X never sends an empty list) and use the spelling asked for."""
    full = {key: value for key, value in body.items() if value}
    return in_post_names(full) if want.spelling == POST else full


def _repeats(store: Store) -> bool:
    """Whether the control asked for a page that repeats what was delivered before; each wish counts once."""
    left = int(store.setting("repeat_mentions", "0"))
    if left:
        store.set_setting("repeat_mentions", left - 1)
    return left > 0
