"""What a network can and allows, declared.

Pages ask `can`, never a network's name. Translating answers into errors happens in `Network.error` and nowhere else. A new
network is a subclass that declares `levels`, `offers`, `links`, `limits`, `prices`, addresses and scopes, translates its errors,
and offers verbs as methods with a `wire`; docs/networks.md tells it step by step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from core import clock

from . import apps, errors
from .abilities import ALWAYS, LABELS, About, Can, Offer, Way, filled
from .budget import Bucket, Learned
from .errors import Faulty, Gone, Limited, NotAllowed, OutcomeUnknown, Rejected, RemoteError, Stale, Transient, Unpaid, Words
from .http import Answer
from .profiles import Profiles
from .waits import retry_after, seconds_until

if TYPE_CHECKING:
    from .models import TokenChain
    from .wires import Wire


@dataclass(frozen=True, slots=True)
class Limit:
    """A published limit of an endpoint: `calls` in `seconds`, counted `per` "user" (token) or "app"; with `shared`, together
    with the other endpoints of that name. `daily` ones end at 00:00 UTC."""

    calls: int
    seconds: int
    per: str = "user"
    shared: str = ""
    daily: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What was asked, for whoever has to say what the answer means.

    `scopes` are what the owner granted (empty: not known). `fresh` says that the token is younger than a minute.
    """

    endpoint: str = ""
    writing: bool = False
    scopes: tuple[str, ...] = ()
    fresh: bool = False


class Network:
    """One outside system. Subclasses declare, translate errors, and offer verbs as plain methods with a `wire`."""

    key: ClassVar[str] = ""
    label: ClassVar[Words] = ""
    # Access level of the app → the levels it includes beside itself. An app may hold several, with commas between them.
    levels: ClassVar[Mapping[str, frozenset[str]]] = {}
    offers: ClassVar[Mapping[Can, Offer]] = {}
    # The network's own pages for people, with {places}: profile, post, reply, like, message, search.
    links: ClassVar[Mapping[str, str]] = {}
    # The pages of people there: their addresses and pictures.
    profiles: ClassVar[Profiles] = Profiles()
    limits: ClassVar[Mapping[str, tuple[Limit, ...]]] = {}
    # The same for calls with the app's own token.
    app_limits: ClassVar[Mapping[str, tuple[Limit, ...]]] = {}
    # Abilities there is no verb for yet: their permissions are not asked for.
    unused: ClassVar[frozenset[Can]] = frozenset()
    # What people call the endpoints (and what several share), where their limits are shown.
    named: ClassVar[Mapping[str, Words]] = {}
    # Allowances told in per cent, counted in hundredths of one.
    percents: ClassVar[frozenset[str]] = frozenset()
    # Endpoints whose day is shown before anything of it is used (SOC-4).
    counted: ClassVar[frozenset[str]] = frozenset()
    # What calls cost, where they do: unit → micros. `bill` says which units an answer brought.
    prices: ClassVar[Mapping[str, int]] = {}
    # What is read from an organisation's channel again and again: kinds that `read` takes.
    streams: ClassVar[tuple[str, ...]] = ()
    # Whether pages come newest first and cursors are ids that grow with time.
    newest_first: ClassVar[bool] = False
    # Whether people can change the words of what they said there.
    rewords: ClassVar[bool] = False
    # Whether a word below a post is a comment there, and an answer only below another comment.
    has_comments: ClassVar[bool] = True
    # Whether private messages are a matter between people there: no account of an organisation writes any.
    people_only: ClassVar[bool] = False
    # Actions that may be done twice without harm: an unknown outcome is simply done again.
    repeatable: ClassVar[frozenset[str]] = frozenset()
    # OAuth 2: the scopes without which nothing works (what the abilities need is asked beside them, T4), how they are joined,
    # how the app names itself at the token endpoint, and whether the sign-in carries a PKCE challenge.
    basic_scopes: ClassVar[tuple[str, ...]] = ()
    # For somebody's own account, where that needs other permissions than an organisation's: then these alone are asked for.
    own_scopes: ClassVar[tuple[str, ...]] = ()
    scope_joint: ClassVar[str] = " "
    client_auth: ClassVar[str] = "basic"
    pkce: ClassVar[bool] = True
    # What the address of the sign-in carries beside that.
    asked_also: ClassVar[Mapping[str, str]] = {}
    # What the network says when somebody does not agree.
    cancelled: ClassVar[frozenset[str]] = frozenset({"access_denied"})
    # What else it says on the way back, told in our words.
    told_back: ClassVar[Mapping[str, Words]] = {}
    # How long it lets us keep what it gave, where it says so: "person" is what it told of people, "said" what others said there,
    # "own" what our own accounts said. Links, and what somebody typed here, are ours.
    keeps: ClassVar[Mapping[str, timedelta]] = {}
    # How the ids of people begin, where those of companies begin otherwise: of companies it lets us keep what it told.
    member_prefix: ClassVar[str] = ""

    base_url = authorize_url = token_url = revoke_url = app_token_url = site = ""
    # From the environment; what an admin entered on the page of the network goes before it (core.remote.apps).
    settings_id = settings_secret = settings_level = ""
    settings_app: tuple[str, str] = ("", "")

    @property
    def client_id(self) -> str:
        return apps.entered(self.key).client_id or self.settings_id

    @property
    def client_secret(self) -> str:
        entered = apps.entered(self.key)
        return entered.secret() if entered.client_id else self.settings_secret

    def app_pair(self) -> tuple[str, str]:
        """Key and secret for calls without a person and for signatures of webhooks; the client's, where there is no other."""
        entered = apps.entered(self.key)
        if entered.app_key:
            return entered.app_key, entered.app_secret()
        return self.settings_app if self.settings_app[0] else (self.client_id, self.client_secret)

    def app_token(self) -> str:
        """The token of the app itself. Raises a RemoteError."""
        raise NotImplementedError

    def level(self) -> str:
        """The access level of the app now, a key of `levels`; several with commas between them."""
        return apps.entered(self.key).level or self.settings_level or next(iter(self.levels), "")

    @property
    def level_choices(self) -> tuple[str, ...]:
        """What an admin chooses among; a network whose levels are granted side by side adds the combinations."""
        return tuple(self.levels)

    @property
    def held(self) -> frozenset[str]:
        """All levels that the app's level includes."""
        names = {name.strip() for name in self.level().split(",")} & set(self.levels)
        return frozenset(names).union(*(self.levels[name] for name in names)) | {ALWAYS}

    def can(self, ability: Can, *, alone: bool = False) -> bool:
        """Whether the app's level has it; `alone` for somebody's own account."""
        offer, held = self.offers.get(ability, Offer()), self.held
        return offer.level in held or bool(held & set(offer.beyond)) or (alone and offer.alone in held)

    def why_not(self, ability: Can, *, alone: bool = False, scopes: Collection[str] | None = None, about: About | None = None) -> str:
        """Why it cannot, for people; empty if it can. `scopes` are the permissions granted, `about` what it is to be done to."""
        offer = self.offers.get(ability, Offer())
        if not self.can(ability, alone=alone):
            told = " ".join(force_str(one) for one in offer.reasons)
            return told or _("%(network)s does not offer this.") % {"network": self.label}
        lacking = offer.lacking(scopes, alone=alone)
        if lacking:
            words = _("The permission %(scopes)s is missing. Sign in again and allow it.")
            return words % {"scopes": ", ".join(lacking)}
        return self.refuses(ability, about) if about else ""

    def hindrance(self, ability: Can, *, alone: bool = False, scopes: Collection[str] | None = None) -> dict[str, Any] | None:
        """Why it cannot, as facts that a row keeps and `errors.said` tells to each reader; None if it can."""
        offer = self.offers.get(ability, Offer())
        if not self.can(ability, alone=alone):
            return {"sentences": [errors.source(one) for one in offer.reasons]}
        lacking = offer.lacking(scopes, alone=alone)
        return {"needs": ", ".join(lacking)} if lacking else None

    def no_channels(self) -> str:
        """Why no account of the organisation can be connected at the present level, for people; empty if one can."""
        return ""

    def notices(self) -> list[str]:
        """What an administrator should know of the network now, in their language."""
        return []

    def refuses(self, ability: Can, about: About) -> str:
        """Why this very post or person cannot be acted on, though the level allows the like; empty if it can."""
        return ""

    def remarks(self, ability: Can) -> list[str]:
        """What to know about something that it can: what it costs, how far it reaches back."""
        return [force_str(one) for one in self.offers.get(ability, Offer()).reasons] if self.can(ability) else []

    def link(self, name: str, /, **values: str) -> str:
        """One of the network's own pages for people; empty where something that it needs is not known."""
        return filled(self.links.get(name, ""), {"site": self.site, **values})

    def way(self, ability: Can, *, text: str = "", **values: str) -> Way | None:
        """What works where `why_not` has a reason: the network's page with the text ready, or a link by address (SOC-18)."""
        offer = self.offers.get(ability, Offer())
        if offer.instead is None:
            return None
        label = force_str(LABELS[offer.instead]) % {"network": self.label}
        carries = "{text}" in self.links.get(offer.link, "")
        return Way(label, self.link(offer.link, text=text, **values), "" if carries else text)

    @property
    def scopes(self) -> tuple[str, ...]:
        """What is asked for at the sign-in: what the abilities of the level need, always in the same order."""
        offers = [(ability, offer) for ability, offer in self.offers.items() if ability not in self.unused]
        needed = [one for ability, offer in offers if self.can(ability) for one in offer.scopes]
        needed += [one for ability, offer in offers if self.can(ability, alone=True) for one in offer.own_scopes]
        return tuple(dict.fromkeys([*self.basic_scopes, *needed]))

    def dressed(self, token: str, more: dict[str, Any]) -> dict[str, Any]:
        """A call with its credentials on: a bearer token; networks that want a version or a proof add it."""
        return {**more, "headers": {"Authorization": f"Bearer {token}", **more.get("headers", {})}}

    def settled(self, tokens: Any) -> Any:
        """The tokens of a sign-in as they are kept: a network with short and long ones exchanges them here."""
        return tokens

    def accounts(self, tokens: Any) -> Iterable[tuple[Any, Any]]:
        """The accounts that a sign-in opens, as (Person, Tokens): the person's own, or the pages they chose."""
        return [(self.who(tokens.access), tokens)]

    def own(self, tokens: Any) -> Any:
        """The account of whoever signed in for themselves, as a social.networks.items.Person. Raises a RemoteError."""
        return self.who(tokens.access)

    def who(self, token: str) -> Any:
        """Whose token this is, as a social.networks.items.Person, before there is a connection. Raises a RemoteError."""
        raise NotImplementedError

    def revoke(self, token: str, outside_id: str) -> None:
        """Take a token back at the network. Raises Rejected, Transient, OutcomeUnknown."""
        from . import oauth  # it knows networks; RFC 7009 is what most of them speak

        oauth.revoke(self, token)

    def read(self, wire: Wire, kind: str, subject: str, argument: str, *, since: str, token: str) -> Any:
        """One page of a stream, as a social.networks.items.Page. `subject` is the channel's id, `argument` a keyword or a post,
        `since` the cursor of the last finished round, `token` where this round goes on. Raises Transient for a part of a page."""
        raise NotImplementedError

    def challenged(self, query: Mapping[str, str]) -> tuple[str, str] | None:
        """The answer (body, content type) to a network that asks whether a webhook's address is ours; None if it asks nothing."""
        return None

    def signed(self, headers: Mapping[str, str], body: bytes) -> bool:
        """Whether the network itself sent this raw body; compared in constant time."""
        return False

    def news(self, body: bytes) -> list[Any]:
        """The events of a signed body, as core.exchange.hooks.News."""
        return []

    def withdrawn(self, form: Mapping[str, str]) -> str:
        """Who at the network takes back what they gave us, by a request that the network itself signed lately; empty for none."""
        return ""

    def earlier(self, cursor: str, span: timedelta) -> str:
        """The cursor of so much before: rounds overlap, for posts appear late. Empty for no cursor."""
        return cursor

    def reaches(self, page: Any, cursor: str) -> bool:
        """Whether a page holds something that is not newer than a cursor, so that all pages after it were read before."""
        return self.newest_first and cursor.isdigit() and any(int(one.outside_id) <= int(cursor) for one in page.posts)

    def pace(self, kind: str) -> tuple[int, int]:
        """The shortest and the longest pause between two rounds of a stream, in seconds."""
        return 60, 900

    def room(self, action: str) -> int:
        """How long a text may be, in the network's units; 0 for any length."""
        return 0

    def length(self, text: str, action: str = "") -> int:
        """How long the network takes a text to be; some count what an action says in units of its own."""
        return len(text)

    @property
    def window(self) -> timedelta | None:
        """How long after somebody's last private message they can be answered; None for always."""
        return None

    def made_at(self, outside_id: str) -> datetime | None:
        """When something was made, by the network's clock, where its id tells it."""
        return None

    def addressed(self, handle: str, text: str) -> str:
        """An answer as it goes out: some networks want the name of whom it is for in front."""
        return text.strip()

    def posts_of(self, wire: Wire, person: str, *, since: str = "", token: str = "", size: int = 20) -> Any:
        """One page of what a person posts, newest first, as a social.networks.items.Page. Raises Hidden, Gone."""
        raise NotImplementedError

    def probe(self, wire: Wire) -> None:
        """The cheapest call that tells whether the sign-in still holds (SOC-3). Raises Revoked if it does not."""
        raise NotImplementedError

    def estimate(self, action: str, text: str = "") -> int:
        """What a delivery will cost, in millionths of a dollar, told before it is queued."""
        return 0

    @property
    def found_price(self) -> int:
        """What each post costs that a keyword finds, in millionths of a dollar."""
        return 0

    def count(self, keyword: str) -> int:
        """How many posts of the last seven days a keyword would bring, asked by the app. Raises a RemoteError."""
        raise NotImplementedError

    def bill(self, endpoint: str, answer: Answer, sent: Any) -> Iterable[tuple[str, list[str]]]:
        """What an answer is charged with: a unit of `prices` and the ids of what it brought, or one empty id for the call."""
        return ()

    def subject_of(self, chain: TokenChain) -> str:
        """In whose name the network counts calls with these tokens: the account's, or that of who agreed for it."""
        return str(chain.outside_id)

    def buckets(self, endpoint: str, subject: str) -> list[Bucket]:
        """The allowances one call takes from. `subject` is the outside user of the token (`subject_of`)."""
        return self._buckets(self.limits.get(endpoint, ()), endpoint, subject)

    def app_buckets(self, endpoint: str) -> list[Bucket]:
        """The same for a call with the app's own token."""
        return self._buckets(self.app_limits.get(endpoint, ()), endpoint, "app")

    def _buckets(self, limits: Iterable[Limit], endpoint: str, subject: str) -> list[Bucket]:
        client, found = self.client_id, []
        for limit in limits:
            whose = subject if limit.per == "user" else "app"
            key = f"{self.key}:{client}:{whose}:{limit.shared or endpoint}"
            found.append(Bucket(key, limit.calls, limit.seconds, limit.daily, limit.per))
        return found

    def learned(self, buckets: list[Bucket], answer: Answer) -> Iterable[Learned]:
        """What an answer tells of its buckets; here the `x-rate-limit-*` headers for the first of them."""
        numbers = [answer.headers.get(f"x-rate-limit-{name}") for name in ("limit", "remaining", "reset")]
        if buckets and all(number is not None and number.isdigit() for number in numbers):
            limit, left, reset = (int(number or 0) for number in numbers)
            yield Learned(buckets[0], limit, left, seconds_until(reset, answer))

    def error(self, answer: Answer, asked: Asked) -> RemoteError:
        """What a refusing answer means, by its codes. Subclasses look at the body first and end here."""
        status = answer.status
        if status == 429:
            return Limited(clock.now() + timedelta(seconds=retry_after(answer)))
        if status == 401:
            return Stale("401")
        if status == 402:
            return Unpaid("402")
        if status == 403:
            return NotAllowed(detail="403")
        if status in {404, 410}:
            return Gone(str(status))
        if status >= 500 or status < 400:
            return OutcomeUnknown(str(status)) if asked.writing and status >= 500 else Transient(str(status))
        return Faulty(str(status)) if status == 400 else Rejected(detail=str(status))

    def find_sent(self, wire: Wire, delivery: Any) -> str | None:
        """Look at the network whether a delivery of unknown fate is there: its outside id, or None.

        Compare author, text and target since `delivery.sending_at`. A network that cannot look does not override it.
        """
        raise NotImplementedError


_networks: dict[str, Network] = {}


def register(kind: type[Network]) -> type[Network]:
    """Class decorator: the network exists from now on."""
    _networks[kind.key] = kind()
    return kind


def network(key: str) -> Network:
    """The network of this key. Raises LookupError if there is none."""
    try:
        return _networks[key]
    except KeyError:
        raise LookupError(f"No network {key!r}.") from None


def networks() -> list[Network]:
    return list(_networks.values())
