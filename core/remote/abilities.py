"""What can be done at a network: from which access level on, why not below it, and what works instead (SOC-1, SOC-18).

A network declares a table of offers, one line for each `Can`. Pages ask `Network.can`, `why_not` and `way`, never a network's name.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from django.utils.translation import gettext_lazy as _

from .errors import Words

# Levels beside those that a network names: without any app, and at no level an ordinary organisation can apply for.
ALWAYS, NEVER = "always", "none"


class Can(StrEnum):
    """What can be done at a network."""

    SEARCH_PEOPLE = "search_people"
    LINK_BY_HANDLE = "link_by_handle"
    LINK_BY_URL = "link_by_url"
    PROFILE = "profile_basic"
    COUNTS = "profile_counts"
    BACKGROUND = "education_work"
    PICTURE = "profile_picture"
    PERSON_POSTS = "person_posts"
    INTERACTIONS = "interactions_with_us"
    MENTIONS = "mentions"
    VISITOR_POSTS = "visitor_posts"
    COMMENTS = "comments_on_ours"
    KEYWORDS = "keyword_search"
    HASHTAGS = "hashtag_search"
    REVIEWS = "reviews"
    POST = "post"
    PICTURES = "post_pictures"
    REPLY = "reply_or_comment"
    LIKE = "like"
    REPOST = "repost"
    QUOTE = "quote"
    MESSAGE_FIRST = "direct_message_first"
    MESSAGE = "direct_message_answer"
    INVITE = "invitation"
    UPDATES = "network_updates"
    HIDE = "hide_comment"
    WEBHOOKS = "webhooks"
    REVOCATION_EVENT = "revocation_event"
    REVOKE = "revoke_from_here"


class Instead(StrEnum):
    """What works where software may not: a link by its address, or the network's own page."""

    LINK_BY_URL = "link_by_url"
    SEARCH_THERE = "open_search_on_site"
    OPEN = "open_on_site"
    COMPOSE = "open_compose_on_site"


LABELS: Mapping[Instead, Words] = {
    Instead.LINK_BY_URL: _("Paste the profile's address"),
    Instead.SEARCH_THERE: _("Search on %(network)s"),
    Instead.OPEN: _("Open on %(network)s"),
    Instead.COMPOSE: _("Write on %(network)s"),
}


@dataclass(frozen=True, slots=True)
class Offer:
    """One line of a network's table.

    `level` is the lowest access level that has it, `alone` the lowest for somebody's own account where that is another,
    `beyond` are levels nobody can apply for that have it, too (old contracts, which the sandbox plays). `reasons` are said
    where it cannot be done; where it can, they are what to know about it. `instead` is what works in any case, and `link`
    the network's page for it. `scopes` are the permissions that somebody has to grant for it, `own_scopes` those for somebody's
    own account where they are others.
    """

    level: str = NEVER
    reasons: tuple[Words, ...] = ()
    instead: Instead | None = None
    link: str = "profile"
    alone: str = ""
    beyond: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    own_scopes: tuple[str, ...] = ()

    def lacking(self, granted: Collection[str] | None, *, alone: bool = False) -> list[str]:
        """The permissions that were not granted; none where it is not known what was (None)."""
        needed = self.own_scopes if alone and self.own_scopes else self.scopes
        return [one for one in needed if granted is not None and one not in granted]


@dataclass(frozen=True, slots=True)
class About:
    """What is to be acted on: some things depend on it and not on the level (SOC-19).

    `ours`: a post of our own. `summons`: its author mentioned or quoted us. `here`: it was said to the account that acts, or by it.
    `heard_at`: the person's last message to us, None for never. `closed`: the person takes no messages from us.
    """

    ours: bool = False
    summons: bool = True
    here: bool = True
    heard_at: datetime | None = None
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Way:
    """What works instead: `label` for the link to `url`; `text` is to be copied, where the address cannot carry it."""

    label: str
    url: str = ""
    text: str = ""


def filled(template: str, values: Mapping[str, str]) -> str:
    """A link with its places filled, each value quoted; empty where one that it needs is missing."""
    made = template
    for part in template.split("{")[1:]:
        name = part.partition("}")[0]
        value = values.get(name, "")
        if not value and name != "text":
            return ""
        made = made.replace(f"{{{name}}}", value if name == "site" else quote(value, safe=":" if name == "urn" else ""))
    return made
