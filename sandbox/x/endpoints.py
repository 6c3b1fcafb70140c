"""The table of endpoints, as the contract lists them."""

import re

from . import reading, writing
from .call import Endpoint
from .limits import Limits
from .params import FIELDS, USER_FIELDS

WRITE = ("tweet.read", "tweet.write", "users.read")

ENDPOINTS = (
    Endpoint("users.me", "GET", "/2/users/me", Limits(75), reading.me, USER_FIELDS, app=False),
    Endpoint("users.by_username", "GET", "/2/users/by/username/{username}", Limits(900, 300), reading.user_by_username, USER_FIELDS),
    Endpoint("users.by_usernames", "GET", "/2/users/by", Limits(900, 300), reading.users_by_usernames, ("usernames", *USER_FIELDS)),
    Endpoint("users.by_id", "GET", "/2/users/{id}", Limits(900, 300), reading.user_by_id, USER_FIELDS),
    Endpoint("users.by_ids", "GET", "/2/users", Limits(900, 300), reading.users_by_ids, ("ids", *USER_FIELDS)),
    Endpoint("users.mentions", "GET", "/2/users/{id}/mentions", Limits(300, 450), reading.mentions, reading.TIMELINE),
    Endpoint("users.tweets", "GET", "/2/users/{id}/tweets", Limits(900, 10_000), reading.tweets, ("exclude", *reading.TIMELINE)),
    Endpoint("tweets.by_ids", "GET", "/2/tweets", Limits(5_000, 3_500), reading.tweets_by_ids, ("ids", *FIELDS)),
    Endpoint("tweets.by_id", "GET", "/2/tweets/{id}", Limits(900, 450), reading.tweet_by_id, FIELDS),
    # The 24-hour user limit of posts is the one of the site itself (2,400 a day); the contract only names the app's.
    Endpoint(
        "tweets.create",
        "POST",
        "/2/tweets",
        Limits(100, per_user_24h=2_400, per_app_24h=10_000),
        writing.create,
        scopes=WRITE,
        app=False,
        status=201,
    ),
    Endpoint("tweets.delete", "DELETE", "/2/tweets/{id}", Limits(50), writing.delete, scopes=WRITE, app=False),
)

BY_ID = {endpoint.id: endpoint for endpoint in ENDPOINTS}
_PATTERNS = tuple((re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", one.path)), one) for one in ENDPOINTS)


def find(method: str, path: str) -> tuple[Endpoint | None, dict[str, str], bool]:
    """The endpoint, the values in its path, and whether the path exists for another method."""
    elsewhere = False
    for pattern, endpoint in _PATTERNS:
        match = pattern.fullmatch(path)
        if match and endpoint.method == method:
            return endpoint, match.groupdict(), False
        elsewhere = elsewhere or match is not None
    return None, {}, elsewhere
