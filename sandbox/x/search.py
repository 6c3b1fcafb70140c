"""Search over the posts of the last seven days, with X's operators, and the counts that tell what it would bring."""

import re
from collections.abc import Callable
from typing import Any

from .. import people
from ..posts import NO_END, Range
from ..store import Row, Store
from ..text import HASHTAG, URL, mentioned
from . import shapes
from .call import Body, Call
from .params import FIELDS, moment, number, optional_identifier, page_start, page_token, wanted
from .problems import invalid
from .reading import with_posts

RECENT = (
    "query", "max_results", "next_token", "sort_order", "since_id", "until_id", "start_time", "end_time", *FIELDS,
)  # fmt: skip
COUNTS = ("query", "granularity", "since_id", "until_id", "start_time", "end_time")
DAYS_7, LATE_MS = 7 * 86_400_000, 30_000
LONGEST, LONGEST_ENTERPRISE = 512, 4_096
SPANS = {"minute": 60_000, "hour": 3_600_000, "day": 86_400_000}
COUNT_COST = 0.005
TOKEN = re.compile(r'-?[a-z_]+:"[^"]*"|-?"[^"]*"|\(|\)|[^\s()]+')
LANGUAGES = re.compile(r"[a-z]{2,3}")
Test = Callable[[Row], bool]


def recent(call: Call) -> Body:
    """GET /2/tweets/search/recent, newest first."""
    params, want = call.request.params, wanted(call.request.params)
    size = number(params, "max_results", 10, 100, 10)
    order = params.get("sort_order", "recency")
    if order not in {"recency", "relevancy"}:
        raise invalid("sort_order", order, f"The `sort_order` query parameter value [{order}] is not one of [recency,relevancy]")
    part = _range(call, size + 1, token="next_token")  # noqa: S106 - a parameter's name
    found = _found(call, part)
    rows = found[:size]
    if not rows:
        return {"meta": {"result_count": 0}}
    meta: Body = {"newest_id": str(rows[0]["id"]), "oldest_id": str(rows[-1]["id"]), "result_count": len(rows)}
    if len(found) > size:
        meta["next_token"] = page_token(call.endpoint, 0, rows[-1]["id"])
    return {**with_posts(call, rows, want, []), "meta": meta}


def counts(call: Call) -> Body:
    """GET /2/tweets/counts/recent: how many, by minute, hour or day. Costs the same however many there are."""
    name = call.request.params.get("granularity", "hour")
    if name not in SPANS:
        raise invalid("granularity", name, f"The `granularity` query parameter value [{name}] is not one of [minute,hour,day]")
    span = SPANS[name]
    part = _range(call, NO_END, token="")
    by_start: dict[int, int] = {}
    for row in _found(call, part):
        start = row["created_ms"] // span * span
        by_start[start] = by_start.get(start, 0) + 1
    call.cost_usd += COUNT_COST
    data = [
        {"start": shapes.iso(start), "end": shapes.iso(start + span), "tweet_count": count} for start, count in sorted(by_start.items())
    ]
    return {"data": data, "meta": {"total_tweet_count": sum(by_start.values())}}


def _range(call: Call, limit: int, *, token: str) -> Range:
    params, now = call.request.params, call.store.now_ms()
    floor = now - DAYS_7
    since = optional_identifier(params, "since_id", 0)
    if since and (since >> 22) + 1_288_834_974_657 < floor:
        raise invalid("since_id", str(since), "'since_id' must be a tweet id created after the limit of 7 days")
    start = moment(params, "start_time", floor)
    if start < floor:
        raise invalid("start_time", params["start_time"], "Invalid 'start_time': must be on or after 7 days ago")
    renamed = {"pagination_token": params[token]} if token and token in params else {}
    return Range(
        after_id=since,
        before_id=min(optional_identifier(params, "until_id", NO_END), page_start(renamed, call.endpoint, 0)),
        start_ms=start,
        # A post may be found half a minute after it was written.
        end_ms=moment(params, "end_time", now - LATE_MS + 1 if _is_late(call.store) else NO_END),
        limit=limit,
    )


def _is_late(store: Store) -> bool:
    """Whether new posts show up in search only after 30 seconds, as X does; the control may switch it on."""
    return store.setting("search_is_late", "0") == "1"


def _found(call: Call, part: Range) -> list[Row]:
    query = call.request.params.get("query", "")
    longest = LONGEST_ENTERPRISE if call.store.setting("level", "pay_per_use") == "enterprise" else LONGEST
    if not 1 <= len(query) <= longest:
        raise invalid("query", query, f"The `query` query parameter value must have 1 to {longest} characters")
    test = parse(call.store, query)
    rows = call.store.all(
        """SELECT posts.* FROM posts JOIN people ON people.id = posts.author
        WHERE posts.deleted_ms IS NULL AND people.suspended = 0 AND (people.protected = 0 OR people.id = ?)
          AND posts.id > ? AND posts.id < ? AND posts.created_ms >= ? AND posts.created_ms < ? AND posts.retweet_of IS NULL
        ORDER BY posts.id DESC""",
        call.viewer,
        part.after_id,
        part.before_id,
        part.start_ms,
        part.end_ms,
    )
    made: list[Row] = []
    for row in rows:
        if test(row):
            made.append(row)
            if len(made) >= part.limit:
                break
    return made


def parse(store: Store, query: str) -> Test:
    """A question as a test of posts. Words stand for AND; OR, quotes, brackets and a leading - as X has them."""
    tokens = TOKEN.findall(query)
    test, rest = _either(store, query, tokens)
    if rest:
        raise _wrong(query)
    return test


def _either(store: Store, query: str, tokens: list[str]) -> tuple[Test, list[str]]:
    first, rest = _all(store, query, tokens)
    tests = [first]
    while rest and rest[0] == "OR":
        more, rest = _all(store, query, rest[1:])
        tests.append(more)
    return (lambda row: any(test(row) for test in tests)), rest


def _all(store: Store, query: str, tokens: list[str]) -> tuple[Test, list[str]]:
    tests: list[Test] = []
    while tokens and tokens[0] not in {"OR", ")"}:
        if tokens[0] == "(":
            test, tokens = _either(store, query, tokens[1:])
            if not tokens or tokens[0] != ")":
                raise _wrong(query)
            tests.append(test)
            tokens = tokens[1:]
        else:
            tests.append(_one(store, query, tokens[0]))
            tokens = tokens[1:]
    if not tests:
        raise _wrong(query)
    return (lambda row: all(test(row) for test in tests)), tokens


def _one(store: Store, query: str, token: str) -> Test:
    if token.startswith("-") and len(token) > 1:
        test = _one(store, query, token[1:])
        return lambda row: not test(row)
    name, colon, value = token.partition(":")
    value = value.strip('"')
    if colon and name in OPERATORS:
        if not value:
            raise _wrong(query)
        return OPERATORS[name](store, value)
    if token.startswith(("#", "＃")):
        tag = token[1:].lower()
        return lambda row: tag in {found.lower() for found in HASHTAG.findall(row["text"])}
    if token.startswith("@"):
        handle = token[1:].lower()
        return lambda row: handle in mentioned(row["text"])
    words = token.strip('"').lower()
    if words.isascii() and re.fullmatch(r"[\w' ]+", words):
        pattern = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(words)}(?![A-Za-z0-9_])", re.IGNORECASE)
        return lambda row: pattern.search(row["text"]) is not None
    return lambda row: words in row["text"].lower()


def _by_author(store: Store, value: str) -> Test:
    person = people.by_username(store, value)
    return lambda row: person is not None and row["author"] == person["id"]


def _to(store: Store, value: str) -> Test:
    person = people.by_username(store, value)
    return lambda row: person is not None and row["reply_person"] == person["id"]


def _is(store: Store, value: str) -> Test:
    column = {"reply": "reply_to", "retweet": "retweet_of", "quote": "quote_of"}.get(value)
    if column is None:
        raise invalid("query", value, f"There were errors processing your request: Reference to invalid operator 'is:{value}'")
    return lambda row: row[column] is not None


def _has(store: Store, value: str) -> Test:
    patterns = {"links": URL, "hashtags": HASHTAG, "mentions": re.compile("@")}
    if value in {"images", "media", "videos"}:
        return lambda row: False
    if value not in patterns:
        raise invalid("query", value, f"There were errors processing your request: Reference to invalid operator 'has:{value}'")
    return lambda row: patterns[value].search(row["text"]) is not None


def _counted(sql: str) -> Callable[[Store, str], Test]:
    def least(store: Store, value: str) -> Test:
        if not value.isdigit():
            raise _wrong(value)
        return lambda row: store.number(sql, row["id"]) >= int(value)

    return least


def _language(store: Store, value: str) -> Test:
    if not LANGUAGES.fullmatch(value):
        raise _wrong(value)
    return lambda row: row["lang"] == value


OPERATORS: dict[str, Callable[[Store, str], Test]] = {
    "from": _by_author,
    "to": _to,
    "lang": _language,
    "is": _is,
    "has": _has,
    "conversation_id": lambda store, value: lambda row: str(row["conversation"]) == value,
    "url": lambda store, value: lambda row: any(value.lower() in url.lower() for url in URL.findall(row["text"])),
    "min_likes": _counted("SELECT likes FROM posts WHERE id = ?"),
    "min_replies": _counted("SELECT COUNT(*) FROM posts WHERE reply_to = ? AND deleted_ms IS NULL"),
    "min_reposts": _counted("SELECT COUNT(*) FROM posts WHERE retweet_of = ? AND deleted_ms IS NULL"),
}


def _wrong(query: str) -> Any:
    return invalid("query", query, "There were errors processing your request: no viable alternative at input")
