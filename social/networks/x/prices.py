"""What X charges (x-api/getting-started/pricing), in millionths of a dollar, and for which answers."""

from __future__ import annotations

import re

# An address makes a post thirteen times as dear.
URL = re.compile(r"https?://\S+|(?<![@\w.])(?:[\w-]+\.)+(?:com|net|org|jp|io|dev|example)\b", re.IGNORECASE)
PRICES = {
    "post_read": 5_000,
    "user_read": 10_000,
    "dm_event_read": 10_000,
    "owned_read": 1_000,
    "post_create": 15_000,
    "post_create_with_url": 200_000,
    "summoned_reply": 10_000,
    "dm_create": 15_000,
    "user_interaction": 15_000,
    "delete": 10_000,
    "counts": 5_000,
    "like_read": 1_000,
    "content_manage": 5_000,
    "follower_read": 10_000,
    "media_metadata": 5_000,
    "event_post": 5_000,
    "event_dm_received": 10_000,
    "event_follow": 10_000,
    "event_post_delete": 0,
    "event_dm_sent": 0,
}
# What may be done beside posting, told before it is done; a search by each hit, somebody's posts ("read_posts") by each of them.
ACTIONS = {
    "like": "user_interaction",
    "unlike": "delete",
    "repost": "user_interaction",
    "message": "dm_create",
    "search": "user_read",
    "read_posts": "post_read",
}
HITS, PERSON_PAGE = 10, 20
_MANY = {"search": HITS, "read_posts": PERSON_PAGE}
# What the answer of an endpoint is charged with: for each of what it brings, or for the call.
READS = {
    "users.me": "user_read",
    "users.by_username": "user_read",
    "users.by_id": "user_read",
    "users.by_ids": "user_read",
    "users.by_usernames": "user_read",
    "users.search": "user_read",
    "users.followers": "follower_read",
    "users.following": "follower_read",
    "users.tweets": "post_read",
    "users.mentions": "post_read",
    "tweets.by_ids": "post_read",
    "tweets.search_recent": "post_read",
    "dm.events": "dm_event_read",
    "dm.events_with": "dm_event_read",
}
CALLS = {
    "tweets.counts_recent": "counts",
    "tweets.delete": "delete",
    "likes.create": "user_interaction",
    "likes.delete": "delete",
    "retweets.create": "user_interaction",
    "dm.send": "dm_create",
    "dm.send_in": "dm_create",
}


def written(text: str, *, answers: bool) -> str:
    """What a post is charged as."""
    if URL.search(text):
        return "post_create_with_url"
    return "summoned_reply" if answers else "post_create"


def unit_of(action: str, text: str) -> tuple[str, int]:
    """What something will be charged as, and how often; an empty unit for nothing."""
    if action in {"reply", "comment", "post"}:
        return written(text, answers=action != "post"), 1
    return ACTIONS.get(action, ""), _MANY.get(action, 1)
