"""The table of endpoints, as the contract lists them."""

import re

from . import acting, direct, finding, hooks, media, reading, search, writing
from .call import Endpoint
from .limits import Limits
from .params import FIELDS, USER_FIELDS

READ = ("tweet.read", "users.read")
WRITE = ("tweet.read", "tweet.write", "users.read")
FOLLOWS, LIKES, LIKE = (*READ, "follows.read"), (*READ, "like.read"), (*READ, "like.write")
MODERATE, MEDIA = (*READ, "tweet.moderate.write"), ("media.write",)
READ_DM, DM = (*READ, "dm.read"), (*READ, "dm.write")
SENDING = Limits(15, per_user_24h=1_440, per_app_24h=1_440)

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
    Endpoint("users.search", "GET", "/2/users/search", Limits(900, 300), finding.search, finding.SEARCH, app=False),
    Endpoint("users.followers", "GET", "/2/users/{id}/followers", Limits(300, 300), finding.followers, finding.LISTS, scopes=FOLLOWS),
    Endpoint("users.following", "GET", "/2/users/{id}/following", Limits(300, 300), finding.following, finding.LISTS, scopes=FOLLOWS),
    Endpoint("users.liked", "GET", "/2/users/{id}/liked_tweets", Limits(75, 75), acting.liked, acting.LIKED, scopes=LIKES, app=False),
    Endpoint(
        "tweets.liking_users", "GET", "/2/tweets/{id}/liking_users", Limits(75, 75), finding.liking, finding.LISTS, scopes=LIKES, app=False
    ),
    Endpoint("tweets.search_recent", "GET", "/2/tweets/search/recent", Limits(300, 450), search.recent, search.RECENT),
    Endpoint("tweets.counts_recent", "GET", "/2/tweets/counts/recent", Limits(0, 300), search.counts, search.COUNTS, scopes=(), user=False),
    # The 24-hour user limit of posts is the one of the site itself (2,400 a day); the contract only names the app's.
    Endpoint(
        "tweets.create",
        "POST",
        "/2/tweets",
        Limits(100, per_user_24h=2_400, per_app_24h=10_000, posting_3h=300),
        writing.create,
        scopes=WRITE,
        app=False,
        status=201,
    ),
    Endpoint("tweets.delete", "DELETE", "/2/tweets/{id}", Limits(50), writing.delete, scopes=WRITE, app=False),
    Endpoint("tweets.hide_reply", "PUT", "/2/tweets/{tweet_id}/hidden", Limits(50), acting.hide, scopes=MODERATE, app=False),
    Endpoint(
        "likes.create",
        "POST",
        "/2/users/{id}/likes",
        Limits(50, per_user_24h=1_000),
        acting.like,
        scopes=LIKE,
        app=False,
        level=writing.ENTERPRISE,
    ),
    Endpoint(
        "likes.delete",
        "DELETE",
        "/2/users/{id}/likes/{tweet_id}",
        Limits(50, per_user_24h=1_000),
        acting.unlike,
        scopes=LIKE,
        app=False,
        level=writing.ENTERPRISE,
    ),
    Endpoint("retweets.create", "POST", "/2/users/{id}/retweets", Limits(50, posting_3h=300), acting.repost, scopes=WRITE, app=False),
    Endpoint("retweets.delete", "DELETE", "/2/users/{id}/retweets/{source_tweet_id}", Limits(50), acting.unrepost, scopes=WRITE, app=False),
    Endpoint("dm.events", "GET", "/2/dm_events", Limits(15), direct.events, direct.LIST, scopes=READ_DM, app=False),
    Endpoint(
        "dm.events_with",
        "GET",
        "/2/dm_conversations/with/{participant_id}/dm_events",
        Limits(15),
        direct.events_with,
        direct.LIST,
        scopes=READ_DM,
        app=False,
    ),
    Endpoint(
        "dm.events_in", "GET", "/2/dm_conversations/{id}/dm_events", Limits(15), direct.events_in, direct.LIST, scopes=READ_DM, app=False
    ),
    Endpoint(
        "dm.send", "POST", "/2/dm_conversations/with/{participant_id}/messages", SENDING, direct.send, scopes=DM, app=False, status=201
    ),
    Endpoint(
        "dm.send_in",
        "POST",
        "/2/dm_conversations/{dm_conversation_id}/messages",
        SENDING,
        direct.send_in,
        scopes=DM,
        app=False,
        status=201,
    ),
    Endpoint("dm.group", "POST", "/2/dm_conversations", SENDING, direct.group, scopes=DM, app=False, status=201),
    Endpoint(
        "dm.delete",
        "DELETE",
        "/2/dm_events/{event_id}",
        Limits(300, per_user_24h=1_500),
        direct.delete,
        scopes=("dm.read", "dm.write"),
        app=False,
    ),
    Endpoint("media.init", "POST", "/2/media/upload/initialize", Limits(1_875, per_app_24h=180_000), media.start, scopes=MEDIA, app=False),
    Endpoint(
        "media.append", "POST", "/2/media/upload/{id}/append", Limits(1_875, per_app_24h=180_000), media.append, scopes=MEDIA, app=False
    ),
    Endpoint("media.finalize", "POST", "/2/media/upload/{id}/finalize", Limits(1_875), media.finish, scopes=MEDIA, app=False),
    Endpoint("media.simple", "POST", "/2/media/upload", Limits(500, per_app_24h=50_000), media.whole, scopes=MEDIA, app=False),
    Endpoint("usage", "GET", "/2/usage/tweets", Limits(0, 50), media.usage, ("days", "usage.fields"), scopes=(), user=False),
    Endpoint("webhooks.create", "POST", "/2/webhooks", Limits(0, 450), hooks.create, scopes=(), user=False),
    Endpoint("webhooks.list", "GET", "/2/webhooks", Limits(0, 450), hooks.listed, ("webhook_config.fields",), scopes=(), user=False),
    Endpoint("webhooks.validate", "PUT", "/2/webhooks/{webhook_id}", Limits(0, 450), hooks.validate, scopes=(), user=False),
    Endpoint("webhooks.delete", "DELETE", "/2/webhooks/{webhook_id}", Limits(0, 450), hooks.remove, scopes=(), user=False),
    Endpoint("activity.subscribe", "POST", "/2/activity/subscriptions", Limits(500, 500), hooks.subscribe, scopes=()),
    Endpoint("activity.list", "GET", "/2/activity/subscriptions", Limits(500, 500), hooks.subscriptions, hooks.LIST, scopes=()),
    Endpoint(
        "activity.unsubscribe",
        "DELETE",
        "/2/activity/subscriptions/{subscription_id}",
        Limits(0, 500),
        hooks.unsubscribe,
        scopes=(),
        user=False,
    ),
)

BY_ID = {endpoint.id: endpoint for endpoint in ENDPOINTS}
# Those without a place in the path first: /2/users/search is nobody's id.
_PATTERNS = tuple(
    (re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", one.path)), one) for one in sorted(ENDPOINTS, key=lambda one: "{" in one.path)
)


def find(method: str, path: str) -> tuple[Endpoint | None, dict[str, str], bool]:
    """The endpoint, the values in its path, and whether the path exists for another method."""
    elsewhere = False
    for pattern, endpoint in _PATTERNS:
        match = pattern.fullmatch(path)
        if match and endpoint.method == method:
            return endpoint, match.groupdict(), False
        elsewhere = elsewhere or match is not None
    return None, {}, elsewhere
