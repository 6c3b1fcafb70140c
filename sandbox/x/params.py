"""X's strictness: every parameter known, in range and well formed, or a 400 that names it."""

import base64
import binascii
import re
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from ..posts import NO_END
from ..web import Request
from . import spelling
from .problems import Problem, invalid

ID = re.compile(r"[0-9]{1,19}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
FIELDS = ("tweet.fields", "post.fields", "expansions", "user.fields", "media.fields", "poll.fields", "place.fields")
USER_FIELDS = ("tweet.fields", "post.fields", "expansions", "user.fields")
FREE = frozenset(("media.fields", "poll.fields", "place.fields"))


@dataclass(frozen=True)
class Wanted:
    """What the answer shall hold, in tweet names, and the spelling to tell it in."""

    spelling: str
    post_fields: frozenset[str]
    user_fields: frozenset[str]
    expansions: frozenset[str]
    media_fields: frozenset[str] = frozenset()


def check_names(request: Request, allowed: tuple[str, ...]) -> None:
    """Refuse names that this endpoint does not take, and names given twice."""
    seen: set[str] = set()
    for name, value in parse_qsl(request.query, keep_blank_values=True):
        if name not in allowed:
            raise invalid(name, value, f"The query parameter [{name}] is not one of [{','.join(allowed)}]")
        if name in seen or not value:
            raise invalid(name, value, f"The `{name}` query parameter value [{value}] is not valid")
        seen.add(name)


def wanted(params: dict[str, str], *, of_people: bool = False) -> Wanted:
    """Read fields and expansions, in either spelling, never both in one request."""
    if "tweet.fields" in params and "post.fields" in params:
        raise invalid("post.fields", params["post.fields"], "The query parameter [post.fields] cannot be used with [tweet.fields]")
    told, pictures = spelling.spelling_of(params), frozenset(params.get("media.fields", "").split(","))
    if told == spelling.POST:
        expansions = spelling.POST_USER_EXPANSIONS if of_people else spelling.POST_EXPANSIONS
        return Wanted(
            told,
            frozenset(spelling.to_tweet_fields(_names(params, "post.fields", spelling.POST_FIELDS))),
            frozenset(_names(params, "user.fields", spelling.POST_USER_FIELDS)),
            frozenset(spelling.to_tweet_expansions(_names(params, "expansions", expansions))),
            pictures,
        )
    expansions = spelling.TWEET_USER_EXPANSIONS if of_people else spelling.TWEET_EXPANSIONS
    return Wanted(
        told,
        frozenset(_names(params, "tweet.fields", spelling.TWEET_FIELDS)),
        frozenset(_names(params, "user.fields", spelling.TWEET_USER_FIELDS)),
        frozenset(_names(params, "expansions", expansions)),
        pictures,
    )


def number(params: dict[str, str], name: str, least: int, most: int, default: int) -> int:
    """A whole number within its range."""
    value = params.get(name)
    if value is None:
        return default
    if not re.fullmatch(r"-?\d{1,9}", value):
        raise invalid(name, value, f"The `{name}` query parameter value [{value}] is not a valid number")
    if not least <= int(value) <= most:
        raise invalid(name, value, f"The `{name}` query parameter value [{value}] is not between {least} and {most}")
    return int(value)


def identifier(value: str, name: str) -> int:
    """An id: up to 19 digits, kept as a number only inside."""
    if not ID.fullmatch(value) or int(value) >= NO_END:
        raise invalid(name, value, f"The `{name}` query parameter value [{value}] is not valid")
    return int(value)


def optional_identifier(params: dict[str, str], name: str, default: int) -> int:
    """An id, if there is one."""
    return identifier(params[name], name) if name in params else default


def moment(params: dict[str, str], name: str, default: int) -> int:
    """A time of RFC 3339 in UTC, in milliseconds."""
    value = params.get(name)
    if value is None:
        return default
    problem = invalid(name, value, f"The `{name}` query parameter value [{value}] is not a valid RFC3339 date-time")
    if not TIME.fullmatch(value):
        raise problem
    try:
        return int(datetime.fromisoformat(value).timestamp() * 1000)
    except ValueError:
        raise problem from None


def listed(params: dict[str, str], name: str, pattern: re.Pattern[str]) -> list[str]:
    """A list of 1 to 100 values, separated by commas."""
    value = params.get(name)
    if not value:
        raise invalid(name, "", f"The `{name}` query parameter can not be empty")
    parts = value.split(",")
    if len(parts) > 100:
        raise invalid(name, value, f"The number of values in the `{name}` query parameter list [{len(parts)}] is not between 1 and 100")
    for part in parts:
        if not pattern.fullmatch(part):
            raise invalid(name, part, f"The `{name}` query parameter value [{part}] does not match ^{pattern.pattern}$")
    return list(dict.fromkeys(parts))


def page_token(endpoint: str, person: int, last_id: int) -> str:
    """An opaque token: the next page begins below `last_id`."""
    return base64.b32encode(f"{endpoint}/{person}/{last_id}".encode()).decode().rstrip("=").lower()


def page_start(params: dict[str, str], endpoint: str, person: int) -> int:
    """Where the page of a token begins; tokens of other timelines are refused."""
    value = params.get("pagination_token")
    if value is None:
        return NO_END
    problem = _bad_token(value)
    try:
        text = base64.b32decode(value.upper() + "=" * (-len(value) % 8)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise problem from None
    found_endpoint, _, rest = text.partition("/")
    found_person, _, last_id = rest.partition("/")
    if found_endpoint != endpoint or found_person != str(person) or not ID.fullmatch(last_id):
        raise problem
    return int(last_id)


def offset_token(endpoint: str, begin: int) -> str:
    """An opaque token: the next page begins with so many left out."""
    return base64.b32encode(f"{endpoint}/{begin}".encode()).decode().rstrip("=").lower()


def offset_start(params: dict[str, str], name: str, endpoint: str) -> int:
    """How many of a list a page's token leaves out; tokens of other lists are refused."""
    value = params.get(name)
    if value is None:
        return 0
    try:
        text = base64.b32decode(value.upper() + "=" * (-len(value) % 8)).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise _bad_token(value) from None
    found_endpoint, _, begin = text.rpartition("/")
    if found_endpoint != endpoint or not begin.isdigit():
        raise _bad_token(value)
    return int(begin)


def _bad_token(value: str) -> Problem:
    return invalid("pagination_token", value, f"The `pagination_token` query parameter value [{value}] is not valid")


def _names(params: dict[str, str], name: str, allowed: frozenset[str]) -> set[str]:
    names = set(params[name].split(",")) if name in params else set()
    for one in names:
        if one not in allowed:
            raise invalid(name, one, f"The `{name}` query parameter value [{one}] is not one of [{','.join(sorted(allowed))}]")
    return names
