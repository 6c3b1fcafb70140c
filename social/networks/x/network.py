"""The network X: where it is, what it allows and costs, and its verbs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from django.conf import settings

from core import clock
from core.exchange.models import Delivery
from core.remote import http, oauth
from core.remote.abilities import About, Can
from core.remote.budget import Bucket, Learned
from core.remote.errors import Gone, Rejected, RemoteError
from core.remote.http import Answer
from core.remote.network import Asked, Limit, register, seconds_until
from core.remote.wires import AppWire, Wire

from .. import looking
from ..abilities import LEVELS, LINKS, OFFERS, PROFILES, REASONS
from ..items import Page, People, Person, Whole
from ..length import ROOM, weight
from . import names, prices, shapes
from .hooks import Listening
from .meaning import WINDOWS, meaning
from .talking import Talking

PAGE, AT_ONCE = 100, 100
DAY = 86_400
# How far back a search reaches, with room for what a clock may be wrong by.
REACH = timedelta(days=7) - timedelta(minutes=10)
# x-api/users/search: what may stand in a question for people.
LATIN, HANDLE = re.compile(r"[A-Za-z0-9_' ]{1,50}"), re.compile(r"[A-Za-z0-9_]{1,15}")
# Posts and reposts of one account together, in three hours (x-api/posts/manage-posts).
_POSTING = Limit(300, 10_800, shared="posting")


@register
class X(Talking, Listening):
    """The network X, formerly Twitter."""

    key, label = "x", "X"
    levels = LEVELS["x"]
    offers = OFFERS["x"]
    links, profiles = LINKS["x"], PROFILES["x"]
    has_comments = False  # whatever is said below a post is an answer
    # What we have no verb for yet is not asked for at the sign-in (T4).
    unused = frozenset({Can.PICTURES, Can.HIDE, Can.QUOTE})
    # x-api/fundamentals/rate-limits; what an answer's headers say counts more.
    limits = {
        "users.me": (Limit(75, 900),),
        "users.by_username": (Limit(900, 900),),
        "users.by_id": (Limit(900, 900),),
        "users.by_ids": (Limit(900, 900),),
        "users.by_usernames": (Limit(900, 900),),
        "users.search": (Limit(900, 900),),
        "users.mentions": (Limit(300, 900),),
        "users.tweets": (Limit(900, 900),),
        "users.followers": (Limit(300, 900),),
        "users.following": (Limit(300, 900),),
        "tweets.by_ids": (Limit(5_000, 900),),
        "tweets.search_recent": (Limit(300, 900),),
        "tweets.create": (Limit(100, 900), Limit(10_000, DAY, "app"), _POSTING),
        "tweets.delete": (Limit(50, 900),),
        "likes.create": (Limit(50, 900), Limit(1_000, DAY)),
        "likes.delete": (Limit(50, 900), Limit(1_000, DAY)),
        "retweets.create": (Limit(50, 900), _POSTING),
        "retweets.delete": (Limit(50, 900),),
        "dm.events": (Limit(15, 900),),
        "dm.events_with": (Limit(15, 900),),
        "dm.send": (Limit(15, 900), Limit(1_440, DAY), Limit(1_440, DAY, "app")),
        "dm.send_in": (Limit(15, 900), Limit(1_440, DAY), Limit(1_440, DAY, "app")),
    }
    app_limits = {
        "tweets.counts_recent": (Limit(300, 900, "app"),),
        "webhooks.list": (Limit(450, 900, "app"),),
        "webhooks.create": (Limit(450, 900, "app"),),
        "activity.list": (Limit(500, 900, "app"),),
        "activity.subscribe": (Limit(500, 900, "app"),),
    }
    named = names.NAMED
    streams, newest_first = ("mentions", "messages"), True
    # Liking twice is `liked: true` again, and what is taken back is taken back.
    repeatable = frozenset({"like", "unlike", "unrepost"})
    # Writing on X also needs the two for reading; without offline.access there is no refresh token.
    basic_scopes = ("tweet.read", "users.read", "offline.access")
    client_auth = "basic"
    # Posts that one search looks for the answers of, and people whose posts it looks for: 512 characters a question.
    QUESTION: ClassVar[int] = 512

    @property
    def prices(self) -> dict[str, int]:  # type: ignore[override]
        return {**prices.PRICES, **getattr(settings, "X_PRICES", {})}

    @property
    def base_url(self) -> str:  # type: ignore[override]
        return str(settings.X_API)

    @property
    def site(self) -> str:  # type: ignore[override]
        return str(settings.X_SITE)

    @property
    def authorize_url(self) -> str:  # type: ignore[override]
        return str(settings.X_AUTHORIZE_URL or f"{settings.X_SITE}/i/oauth2/authorize")

    @property
    def token_url(self) -> str:  # type: ignore[override]
        return str(settings.X_TOKEN_URL or f"{settings.X_API}/2/oauth2/token")

    @property
    def revoke_url(self) -> str:  # type: ignore[override]
        return str(settings.X_REVOKE_URL or f"{settings.X_API}/2/oauth2/revoke")

    @property
    def app_token_url(self) -> str:  # type: ignore[override]
        return str(settings.X_APP_TOKEN_URL or f"{settings.X_API}/oauth2/token")

    @property
    def settings_id(self) -> str:  # type: ignore[override]
        return str(settings.X_CLIENT_ID)

    @property
    def settings_secret(self) -> str:  # type: ignore[override]
        return str(settings.X_CLIENT_SECRET)

    @property
    def settings_app(self) -> tuple[str, str]:  # type: ignore[override]
        return str(settings.X_APP_KEY), str(settings.X_APP_SECRET)

    @property
    def settings_level(self) -> str:  # type: ignore[override]
        return str(settings.X_LEVEL)

    def post_url(self, handle: str, outside_id: str) -> str:
        """Where a post stands for people."""
        return self.link("post", username=handle or "i", id=outside_id)

    def refuses(self, ability: Can, about: About) -> str:
        """An answer is taken only by somebody who called us (rule of February 2026), a message by who takes messages."""
        if ability == Can.REPLY and not (about.ours or about.summons or "enterprise" in self.held):
            return str(REASONS["x_reply_summoned"])
        return str(REASONS["x_dm_closed"]) if ability in {Can.MESSAGE, Can.MESSAGE_FIRST} and about.closed else ""

    # What answers teach, mean and cost --------------------------------------------------------------------------------

    def learned(self, buckets: list[Bucket], answer: Answer) -> Iterable[Learned]:
        """The quarter of an hour by x-rate-limit-*, on writes also the days of the user and of the app."""
        for window, fits in zip(WINDOWS, (_quarter, _users_day, _apps_day), strict=True):
            numbers = [answer.headers.get(f"{window}-{name}", "") for name in ("limit", "remaining", "reset")]
            bucket = next(filter(fits, buckets), None)
            if bucket and all(number.isdigit() for number in numbers):
                limit, left, reset = map(int, numbers)
                yield Learned(bucket, limit, left, seconds_until(reset, answer))

    def error(self, answer: Answer, asked: Asked) -> RemoteError:
        return meaning(answer, asked) or super().error(answer, asked)

    def bill(self, endpoint: str, answer: Answer, sent: Any) -> Iterator[tuple[str, list[str]]]:
        """What is read is charged once a day for each, writing by the call; a post with an address in it costs more."""
        if endpoint in prices.READS:
            data = shapes.as_dict(answer.json_or_none()).get("data") or []
            yield prices.READS[endpoint], shapes.ids(data if isinstance(data, list) else [data])
        elif endpoint == "tweets.create":
            yield prices.written(str((sent or {}).get("text") or ""), answers="reply" in (sent or {})), [""]
        elif endpoint in prices.CALLS:
            yield prices.CALLS[endpoint], [""]

    def estimate(self, action: str, text: str = "") -> int:
        """What a delivery will cost, told before it is queued: an address in a post makes it many times dearer."""
        unit, times = prices.unit_of(action, text)
        return times * self.prices[unit] if unit else 0

    # People -----------------------------------------------------------------------------------------------------------

    def who(self, token: str) -> Person:
        """Whose token this is (GET /2/users/me), right after signing in, before there is a connection."""
        headers = {"Authorization": f"Bearer {token}"}
        answer = http.fetch("GET", f"{self.base_url}/2/users/me", params={"user.fields": shapes.USER_FIELDS}, headers=headers)
        if not answer.ok:
            raise self.error(answer, Asked("users.me", fresh=True))
        return shapes.one_person(answer.json())

    def probe(self, wire: Wire) -> None:
        """GET /2/users/me: charged once a day for each account."""
        wire.get("users.me", "/2/users/me")

    def by_handle(self, wire: Wire, handle: str) -> Person:
        """The person of a handle, with whether they take our messages. Raises Gone."""
        name = handle.strip().removeprefix("@").removeprefix("＠")
        if not HANDLE.fullmatch(name):
            raise Gone("no handle")
        return shapes.one_person(wire.get("users.by_username", f"/2/users/by/username/{name}", {"user.fields": shapes.WITH_MESSAGES}))

    def by_id(self, wire: Wire, outside_id: str) -> Person:
        """The person of an id, whatever they are called now. Raises Gone."""
        return shapes.one_person(wire.get("users.by_id", f"/2/users/{outside_id}", {"user.fields": shapes.WITH_MESSAGES}))

    def people(self, wire: Wire, ids: Sequence[str]) -> dict[str, Person]:
        """People by their ids, a hundred at a time; who is gone is missing."""
        return self._many(wire, "users.by_ids", "/2/users", "ids", ids)

    def by_handles(self, wire: Wire, handles: Sequence[str]) -> dict[str, Person]:
        """The people of some handles, by their ids; what nobody is called is missing."""
        return self._many(wire, "users.by_usernames", "/2/users/by", "usernames", [one for one in handles if HANDLE.fullmatch(one)])

    def _many(self, wire: Wire, endpoint: str, path: str, name: str, values: Sequence[str]) -> dict[str, Person]:
        found: dict[str, Person] = {}
        for begin in range(0, len(values), AT_ONCE):
            params = {**shapes.asked(posts=False), name: ",".join(values[begin : begin + AT_ONCE])}
            found |= shapes.some_people(wire.get(endpoint, path, params))
        return found

    def search_people(self, wire: Wire, words: str) -> tuple[Person, ...]:
        """People by name. X takes Latin letters only: Rejected says so and what to type instead. Each hit is charged."""
        question = " ".join(words.split())
        if not LATIN.fullmatch(question):
            raise Rejected(REASONS["x_no_latin"], "not Latin")
        params = {**shapes.asked(posts=False), "query": question, "max_results": prices.HITS}
        return shapes.people_page(wire.get("users.search", "/2/users/search", params)).people

    def followers(self, wire: Wire, user_id: str, *, token: str = "") -> People:
        """One page of who follows somebody. How many stands in the profile; pages are for lists alone."""
        return shapes.people_page(wire.get("users.followers", f"/2/users/{user_id}/followers", _of_people(token)))

    def following(self, wire: Wire, user_id: str, *, token: str = "") -> People:
        """One page of whom somebody follows."""
        return shapes.people_page(wire.get("users.following", f"/2/users/{user_id}/following", _of_people(token)))

    # What the kernel asks ---------------------------------------------------------------------------------------------

    def read(self, wire: Wire, kind: str, subject: str, argument: str, *, since: str, token: str) -> Page:
        if kind == "messages":
            return self.new_messages(wire, since=since, token=token)
        if kind == "keyword":
            return self.search_posts(wire, self.asked_for(argument), since=since, token=token)
        page = self.mentions(wire, subject, since=since, token=token)
        begins = shapes.moment(since) if since.isdigit() else None
        # Only of the longer readings it is looked what is missing: asking after it costs money.
        if not token and not page.next_token and begins is not None and clock.now() - begins > timedelta(hours=1):
            return replace(page, whole=(Whole(begins),))
        return page

    def earlier(self, cursor: str, span: timedelta) -> str:
        """The id that would have been given `span` earlier: the upper bits of an id are milliseconds."""
        if not cursor.isdigit():
            return ""
        earlier = int(cursor) - (int(span.total_seconds() * 1000) << 22)
        return str(earlier) if earlier > 0 else ""

    def pace(self, kind: str) -> tuple[int, int]:
        if kind == "keyword":  # nobody waits for an answer there, and a call costs also when it brings what came before
            return 2 * settings.X_POLL_FLOOR, 4 * settings.X_POLL_CEILING
        if kind == "messages":  # fifteen calls a quarter of an hour, and some of them for people
            return settings.X_POLL_FLOOR * 3 // 2, settings.X_POLL_CEILING
        return settings.X_POLL_FLOOR, settings.X_POLL_CEILING

    def room(self, action: str) -> int:
        return 10_000 if action == "message" else ROOM

    def length(self, text: str, action: str = "") -> int:
        return len(text) if action == "message" else weight(text)

    def made_at(self, outside_id: str) -> datetime | None:
        return shapes.moment(outside_id) if outside_id.isdigit() else None

    def addressed(self, handle: str, text: str) -> str:
        """An answer begins with whom it is for, as X's own apps write it, unless the name stands in it already."""
        text = text.strip()
        named = not handle or re.search(rf"@{re.escape(handle)}(?![A-Za-z0-9_])", text, re.IGNORECASE)
        return text if named else f"@{handle} {text}"

    # Posts ------------------------------------------------------------------------------------------------------------

    def mentions(self, wire: Wire, user_id: str, *, since: str = "", token: str = "") -> Page:
        """x-api/posts/timelines: one page of what mentions a user, newest first. Raises Transient for a part of a page."""
        asked = {**shapes.asked(), "max_results": PAGE, "since_id": since, "pagination_token": token}
        return shapes.page(wire.get("users.mentions", f"/2/users/{user_id}/mentions", shapes.filled(asked)))

    def posts_of(self, wire: Wire, person: str, *, since: str = "", token: str = "", size: int = PAGE) -> Page:
        """One page of what a user posted, newest first. Raises Hidden for who keeps it to friends."""
        asked = {**shapes.asked(), "max_results": size, "since_id": since, "pagination_token": token}
        return shapes.page(wire.get("users.tweets", f"/2/users/{person}/tweets", shapes.filled(asked)))

    def search_posts(self, wire: Wire, query: str, *, since: str = "", token: str = "") -> Page:
        """x-api/posts/search: one page of the last seven days. A cursor older than that is left out: X refuses it."""
        since = since if since.isdigit() and clock.now() - shapes.moment(since) < REACH else ""
        asked = {**shapes.asked(), "query": query[: self.QUESTION], "max_results": PAGE, "since_id": since, "next_token": token}
        return shapes.page(wire.get("tweets.search_recent", "/2/tweets/search/recent", shapes.filled(asked)))

    @staticmethod
    def asked_for(keyword: str) -> str:
        """The question of a keyword: whoever only passes a post on says nothing new, and each repost would be paid for."""
        return f"({keyword}) -is:retweet"

    @property
    def found_price(self) -> int:
        return self.prices["post_read"]

    def count(self, keyword: str) -> int:
        """What a keyword would bring, before it is switched on (x-api/posts/counts)."""
        wire = AppWire(self, feature="counts", argument=keyword)
        body = shapes.as_dict(wire.get("tweets.counts_recent", "/2/tweets/counts/recent", {"query": self.asked_for(keyword)}))
        meta = shapes.as_dict(body.get("meta"))
        return int(meta.get("total_tweet_count", meta.get("total_post_count", 0)))

    def gone(self, wire: Wire, ids: Sequence[str]) -> set[str]:
        """Which of these posts were deleted, a hundred at a time: X tells nobody, and wants them gone within 24 hours."""
        found: set[str] = set()
        for begin in range(0, len(ids), AT_ONCE):
            found |= shapes.gone_ids(wire.get("tweets.by_ids", "/2/tweets", {"ids": ",".join(ids[begin : begin + AT_ONCE])}))
        return found

    def reply(self, wire: Wire, answers: str, text: str) -> str:
        """x-api/posts/manage-posts: answer a post; the id of ours. Raises OutcomeUnknown when X took it without naming it."""
        return self._posted(wire, {"text": text, "reply": {"in_reply_to_tweet_id": answers}})

    def post(self, wire: Wire, text: str) -> str:
        """Post; the id of it."""
        return self._posted(wire, {"text": text})

    @staticmethod
    def _posted(wire: Wire, body: dict[str, Any]) -> str:
        return shapes.named(wire.post("tweets.create", "/2/tweets", body), "id")

    def take_back(self, wire: Wire, outside_id: str) -> None:
        """Delete a post of ours."""
        wire.delete("tweets.delete", f"/2/tweets/{outside_id}")

    def like(self, wire: Wire, item: str) -> None:
        wire.post("likes.create", f"/2/users/{wire.connection.chain.outside_id}/likes", {"tweet_id": item})

    def unlike(self, wire: Wire, item: str) -> None:
        wire.delete("likes.delete", f"/2/users/{wire.connection.chain.outside_id}/likes/{item}")

    def repost(self, wire: Wire, item: str) -> None:
        wire.post("retweets.create", f"/2/users/{wire.connection.chain.outside_id}/retweets", {"tweet_id": item})

    def unrepost(self, wire: Wire, item: str) -> None:
        wire.delete("retweets.delete", f"/2/users/{wire.connection.chain.outside_id}/retweets/{item}")

    def find_sent(self, wire: Wire, delivery: Delivery) -> str | None:
        from .sending import LOOKS  # it knows the network; the kernel asks the network

        return looking.find(LOOKS, self, wire, delivery)

    def app_token(self) -> str:
        """x-api: the token of the app itself, for what needs no person."""
        return oauth.app_token(self)


def _quarter(bucket: Bucket) -> bool:
    return bucket.seconds == 900


def _users_day(bucket: Bucket) -> bool:
    return bucket.seconds == DAY and ":app:" not in bucket.key


def _apps_day(bucket: Bucket) -> bool:
    return bucket.seconds == DAY and ":app:" in bucket.key


def _of_people(token: str) -> dict[str, Any]:
    return shapes.filled({**shapes.asked(posts=False), "max_results": PAGE, "pagination_token": token})
