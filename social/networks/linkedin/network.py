"""The network LinkedIn: where it is, what it allows, how it counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.remote.abilities import Can, Offer
from core.remote.budget import Bucket
from core.remote.errors import RemoteError
from core.remote.http import Answer
from core.remote.network import Asked, Limit, register

from .. import looking
from ..abilities import LEVELS, LINKS, OFFERS, PROFILES, REASONS, level_name
from ..items import Page
from .hooks import Listening
from .meaning import ABOUT, meaning
from .reading import Reading
from .restli import PERSON, comment_parts, written
from .signin import SigningIn
from .writing import Writing

DAY = 86_400


def _day(member: int, app: int, shared: str = "") -> tuple[Limit, Limit]:
    """A day of a member and of the app, both ending at 00:00 UTC."""
    return Limit(member, DAY, shared=shared, daily=True), Limit(app, DAY, "app", shared, daily=True)


# LinkedIn publishes no limit and sends no header: these are assumed until the first refusal of a day teaches better.
_USUAL = (1_000, 100_000)
SEARCH, MESSAGES, INVITATIONS = _day(100, 500, "profile-search"), _day(100, 500, "private-messages"), _day(100, 500, "invitations")
UPDATES, DETAILS = _day(100, 500, "network-updates"), _day(100, 500, "profile-details")
# All calls together, at the development tier.
_EVERYTHING = _day(100, 500, "everything")
WARN_DAYS, LAST_DAY = 60, 17


@register
class LinkedIn(SigningIn, Listening, Reading, Writing):
    """Company pages, members' own accounts, and what was once open of others."""

    key, label = "linkedin", "LinkedIn"
    levels = LEVELS["linkedin"]
    offers = OFFERS["linkedin"]
    links = LINKS["linkedin"]
    profiles = PROFILES["linkedin"]
    # What we have no verb for yet is not asked for at the sign-in (T4).
    unused = frozenset({Can.PICTURES, Can.HIDE})
    limits = {
        "me": DETAILS,
        "people": DETAILS,
        "people.full": DETAILS,
        "people.search": SEARCH,
        "messages": MESSAGES,
        "invitations": INVITATIONS,
        "network_updates": UPDATES,
        "userinfo": _day(*_USUAL),
        "org.by_vanity": _day(*_USUAL),
        "org": _day(*_USUAL),
        "org.followers": _day(*_USUAL),
        "posts.by_author": _day(*_USUAL),
        "posts.create": _day(*_USUAL),
        "comments.list": _day(*_USUAL),
        "comments.get": _day(*_USUAL),
        "comments.create": _day(*_USUAL),
        "reactions.create": _day(*_USUAL),
        "reactions.delete": _day(*_USUAL),
        "notifications": _day(*_USUAL),
        "subscribe": _day(*_USUAL),
    }
    named = {
        "profile-search": lazy("Profile search"),
        "private-messages": lazy("Private messages"),
        "invitations": lazy("Invitations"),
        "network-updates": lazy("Network updates"),
        "profile-details": lazy("Profile details"),
        "everything": lazy("All calls, at the development tier"),
        "notifications": lazy("What happened on the page"),
        "posts.create": lazy("Posts"),
        "posts.by_author": lazy("Reading posts"),
        "comments.create": lazy("Comments"),
        "comments.list": lazy("Reading comments"),
        "comments.get": lazy("Reading a comment"),
        "reactions.create": lazy("Likes"),
        "reactions.delete": lazy("Likes taken back"),
        "org": lazy("Pages"),
        "org.by_vanity": lazy("Pages by name"),
        "org.followers": lazy("Followers"),
        "subscribe": lazy("Setting up news at once"),
    }
    counted = frozenset({"profile-search", "private-messages", "invitations", "network-updates", "profile-details"})
    streams = ("notifications",)
    # Liking twice is one like, and what is taken back is taken back.
    repeatable = frozenset({"like", "unlike"})
    basic_scopes = ("openid", "profile")
    client_auth = "form"
    people_only = True
    pkce = False
    cancelled = frozenset({"user_cancelled_login", "user_cancelled_authorize"})
    told_back = {
        "unauthorized_scope_error": lazy(
            "LinkedIn has not granted this app what the access level on its page here stands for. Choose the level that was granted."
        )
    }
    # Terms for the data of members, and of pages (LinkedIn: Data storage requirements).
    member_prefix = PERSON
    keeps = {"person": timedelta(hours=24), "said": timedelta(hours=48), "own": timedelta(days=180)}

    @property
    def base_url(self) -> str:  # type: ignore[override]
        return str(settings.LINKEDIN_API)

    @property
    def site(self) -> str:  # type: ignore[override]
        return str(settings.LINKEDIN_SITE)

    @property
    def authorize_url(self) -> str:  # type: ignore[override]
        return str(settings.LINKEDIN_AUTHORIZE_URL or f"{self.site}/oauth/v2/authorization")

    @property
    def token_url(self) -> str:  # type: ignore[override]
        return str(settings.LINKEDIN_TOKEN_URL or f"{self.site}/oauth/v2/accessToken")

    @property
    def introspect_url(self) -> str:  # type: ignore[override]
        return str(settings.LINKEDIN_INTROSPECT_URL or f"{self.site}/oauth/v2/introspectToken")

    @property
    def revoke_url(self) -> str:  # type: ignore[override]
        return str(settings.LINKEDIN_REVOKE_URL or f"{self.site}/oauth/v2/revoke")

    @property
    def settings_id(self) -> str:  # type: ignore[override]
        return str(settings.LINKEDIN_CLIENT_ID)

    @property
    def settings_secret(self) -> str:  # type: ignore[override]
        return str(settings.LINKEDIN_CLIENT_SECRET)

    @property
    def settings_app(self) -> tuple[str, str]:  # type: ignore[override]
        return str(settings.LINKEDIN_APP_ID), ""

    @property
    def settings_level(self) -> str:  # type: ignore[override]
        return str(settings.LINKEDIN_LEVEL)

    @property
    def level_choices(self) -> tuple[str, ...]:
        return (*self.levels, "cm_standard,historic")

    def notices(self) -> list[str]:
        """What an admin should know: until when the version lives, and that limits are assumed."""
        found = [_("LinkedIn tells no limits. What stands here is assumed until its first refusal of a day teaches better.")]
        ends = version_ends(str(settings.LINKEDIN_VERSION))
        if ends - clock.now().date() < timedelta(days=WARN_DAYS):
            words = _("LinkedIn answers version %(version)s until about %(day)s. Raise %(setting)s before.")
            found.append(words % {"version": settings.LINKEDIN_VERSION, "day": formats.date_format(ends), "setting": "LINKEDIN_VERSION"})
        return found

    def remarks(self, ability: Can) -> list[str]:
        """The reasons of its table say why something is closed; where it is open they say nothing, but for the address to paste."""
        offer, held = self.offers.get(ability, Offer()), self.held
        if not self.can(ability):
            return []
        if offer.level not in held:
            told = [level_name(one) for one in offer.beyond if one in held]
            return [*told, str(ABOUT["messages"])] if ability in {Can.MESSAGE, Can.MESSAGE_FIRST} else told
        return [str(REASONS["li_paste_post"])] if REASONS["li_paste_post"] in offer.reasons else []

    def error(self, answer: Answer, asked: Asked) -> RemoteError:
        return meaning(answer, asked) or super().error(answer, asked)

    def buckets(self, endpoint: str, subject: str) -> list[Bucket]:
        """The day of each endpoint; at the development tier the day of all of them, too."""
        found = super().buckets(endpoint, subject)
        if "cm_development" in self.level().split(",") and endpoint in self.limits:
            found += self._buckets(_EVERYTHING, endpoint, subject)
        return found

    def post_url(self, handle: str, outside_id: str) -> str:
        """Where a post or a comment stands for people: below the post."""
        return self.link("post", urn=comment_parts(outside_id)[0] or outside_id)

    # What the kernel asks ---------------------------------------------------------------------------------------------

    def read(self, wire: Any, kind: str, subject: str, argument: str, *, since: str, token: str) -> Page:
        return self.notifications(wire, subject, since=since, token=token)

    def earlier(self, cursor: str, span: timedelta) -> str:
        """Cursors are milliseconds."""
        return str(max(1, int(cursor) - int(span.total_seconds() * 1000))) if cursor.isdigit() else ""

    def reaches(self, page: Page, cursor: str) -> bool:
        """Newest first, by their times. What was changed or deleted has none here, so that a page of such things ends nothing."""
        return cursor.isdigit() and any(one.at.timestamp() * 1000 <= int(cursor) for one in page.posts)

    def pace(self, kind: str) -> tuple[int, int]:
        return settings.LINKEDIN_POLL_FLOOR, settings.LINKEDIN_POLL_CEILING

    def room(self, action: str) -> int:
        return {"post": 3_000, "repost": 3_000, "message": 8_000, "invitation": 300}.get(action, 1_250)

    def length(self, text: str, action: str = "") -> int:
        """As it goes out: in public, signs of its own that LinkedIn gives a meaning carry a backslash."""
        return len(text) if action in {"message", "invitation"} else len(written(text))

    def find_sent(self, wire: Any, delivery: Any) -> str | None:
        from .sending import LOOKS  # it knows the network; the kernel asks the network

        return looking.find(LOOKS, self, wire, delivery)


def version_ends(version: str) -> date:
    """About a year after its month (202508 ended on August 17, 2026); long ago for what is none."""
    try:
        born = datetime.strptime(version, "%Y%m").replace(tzinfo=UTC)
    except ValueError:
        return date(2000, 1, 1)
    return date(born.year + 1, born.month, LAST_DAY)
