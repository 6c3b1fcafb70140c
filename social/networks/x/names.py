"""What people call the calls of X, where their limits are shown."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.remote.errors import Words

NAMED: dict[str, Words] = {
    "users.me": _("Sign-ins looked at"),
    "users.by_username": _("Profiles by handle"),
    "users.by_usernames": _("Profiles by several handles"),
    "users.by_id": _("Profiles by number"),
    "users.by_ids": _("Profiles, a hundred at a time"),
    "users.search": _("Searches for people"),
    "users.mentions": _("Mentions read"),
    "users.tweets": _("Posts of a person read"),
    "users.followers": _("Followers read"),
    "users.following": _("Followed accounts read"),
    "tweets.by_ids": _("Posts looked at again"),
    "tweets.search_recent": _("Searches for posts"),
    "tweets.counts_recent": _("Estimates of searches"),
    "tweets.create": _("Posts and answers written"),
    "tweets.delete": _("Posts deleted"),
    "posting": _("Posts and reposts together"),
    "likes.create": _("Likes"),
    "likes.delete": _("Likes taken back"),
    "retweets.create": _("Reposts"),
    "retweets.delete": _("Reposts taken back"),
    "dm.events": _("Private messages read"),
    "dm.events_with": _("Private messages with a person read"),
    "dm.send": _("Private messages written"),
    "dm.send_in": _("Private messages answered"),
    "webhooks.list": _("Webhooks looked at"),
    "webhooks.create": _("Webhooks registered"),
    "activity.list": _("Subscriptions looked at"),
    "activity.subscribe": _("Subscriptions made"),
}
