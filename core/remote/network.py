"""What a network can and allows, declared; and the wire: one authenticated call within the budget.

Pages ask `can`, never a network's name. Translating answers into errors happens in `Network.error` and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar

from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from core import clock

from . import budget, http
from .budget import Bucket, Learned
from .errors import Gone, Limited, NotAllowed, OutcomeUnknown, Rejected, RemoteError, Revoked, Transient, Unpaid, Words
from .http import Answer

if TYPE_CHECKING:
    from .models import Connection


class Can(StrEnum):
    """What can be done at a network."""

    READ = "read"
    SEARCH = "search"
    PROFILE = "profile"
    POST = "post"
    REPLY = "reply"
    MESSAGE = "message"
    LIKE = "like"
    SHARE = "share"
    FOLLOW = "follow"
    CONNECT = "connect"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class Limit:
    """A published limit of an endpoint: `calls` in `seconds`, counted `per` "user" (token) or "app"."""

    calls: int
    seconds: int
    per: str = "user"


class Network:
    """One outside system. Subclasses declare, translate errors, and offer verbs as plain methods with a `wire`."""

    key: ClassVar[str] = ""
    label: ClassVar[Words] = ""
    # Access level of the app → what it includes; for what it does not, a reason for people.
    levels: ClassVar[Mapping[str, frozenset[Can]]] = {}
    reasons: ClassVar[Mapping[Can, Words]] = {}
    limits: ClassVar[Mapping[str, tuple[Limit, ...]]] = {}
    # OAuth 2: which scopes are asked (only those in use, T4) and how the app names itself at the token endpoint.
    scopes: ClassVar[tuple[str, ...]] = ()
    client_auth: ClassVar[str] = "basic"

    base_url = authorize_url = token_url = revoke_url = ""
    client_id = client_secret = ""

    def level(self) -> str:
        """The access level of the app now, a key of `levels`."""
        return next(iter(self.levels), "")

    @property
    def abilities(self) -> frozenset[Can]:
        return self.levels.get(self.level(), frozenset())

    def can(self, ability: Can) -> bool:
        return ability in self.abilities

    def why_not(self, ability: Can) -> str:
        """Why it cannot, for people; empty if it can."""
        if self.can(ability):
            return ""
        return force_str(self.reasons.get(ability) or _("The network does not offer this with the present access."))

    def buckets(self, endpoint: str, subject: str) -> list[Bucket]:
        """The allowances one call takes from. `subject` is the outside user of the token."""
        found = []
        for limit in self.limits.get(endpoint, ()):
            whose = subject if limit.per == "user" else "app"
            found.append(Bucket(f"{self.key}:{self.client_id}:{whose}:{endpoint}", limit.calls, limit.seconds))
        return found

    def learned(self, buckets: list[Bucket], answer: Answer) -> Iterable[Learned]:
        """What an answer tells of its buckets; here the `x-rate-limit-*` headers for the first of them."""
        numbers = [answer.headers.get(f"x-rate-limit-{name}") for name in ("limit", "remaining", "reset")]
        if buckets and all(number is not None and number.isdigit() for number in numbers):
            limit, left, reset = (int(number or 0) for number in numbers)
            yield Learned(buckets[0], limit, left, seconds_until(reset, answer))

    def error(self, answer: Answer, *, writing: bool) -> RemoteError:
        """What a refusing answer means. Subclasses look at the body first and end here."""
        status = answer.status
        if status == 429:
            return Limited(clock.now() + timedelta(seconds=retry_after(answer)))
        if status == 401:
            return Revoked("401")
        if status == 402:
            return Unpaid("402")
        if status == 403:
            return NotAllowed(detail="403")
        if status in {404, 410}:
            return Gone(str(status))
        if status >= 500 or status < 400:
            return OutcomeUnknown(str(status)) if writing and status >= 500 else Transient(str(status))
        return Rejected(detail=str(status))

    def find_sent(self, wire: Wire, delivery: Any) -> str | None:
        """Look at the network whether a delivery of unknown fate is there: its outside id, or None.

        Compare author, text and target since `delivery.sending_at`. A network that cannot look does not override it.
        """
        raise NotImplementedError


def seconds_until(stamp: int, answer: Answer) -> float:
    """Seconds until a network's unix time. Their clock is compared with their Date header, not with ours (rule 3)."""
    try:
        now = parsedate_to_datetime(answer.headers.get("Date") or "")
    except (TypeError, ValueError):
        now = clock.now()
    return max(0.0, stamp - now.timestamp())


def retry_after(answer: Answer, default: float = 900.0) -> float:
    """Seconds to wait after a 429: Retry-After, x-rate-limit-reset, or a quarter of an hour."""
    header = answer.headers.get("Retry-After") or ""
    if header.isdigit():
        return float(header)
    try:
        return max(0.0, (parsedate_to_datetime(header) - clock.now()).total_seconds())
    except (TypeError, ValueError):
        pass
    reset = answer.headers.get("x-rate-limit-reset") or ""
    return seconds_until(int(reset), answer) if reset.isdigit() else default


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


class Wire:
    """Calls for one connection: token, budget, call, what the answer teaches, what it means.

    `person` says that somebody waits (they may use what is kept from robots). `guard` is called right before a
    request leaves, the last moment to stop: a job passes `run.hold`, so that a worker without its lease sends nothing.
    """

    def __init__(self, connection: Connection, *, person: bool = False, guard: Callable[[], None] | None = None) -> None:
        self.connection = connection
        self.network = network(connection.network)
        self.person = person
        self.guard = guard

    def get(self, endpoint: str, path: str, params: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """Read. Gives the JSON; raises a RemoteError. `endpoint` is the key of the limits."""
        return self.call("GET", endpoint, path, params=params, **more).json()

    def post(self, endpoint: str, path: str, json: Any = None, **more: Any) -> Any:
        """Write. Gives the JSON or None; an answer of success without JSON was a success."""
        return self.call("POST", endpoint, path, json=json, **more).json_or_none()

    def delete(self, endpoint: str, path: str, **more: Any) -> Any:
        return self.call("DELETE", endpoint, path, **more).json_or_none()

    def call(self, method: str, endpoint: str, path: str, **more: Any) -> Answer:
        """One call. A 401 is answered by one refresh and one repetition (the network did nothing), then Revoked."""
        from . import connection as tokens  # it knows networks, to refresh; the wire is its only user here

        chain = self.connection.chain
        token = tokens.fresh_access_token(chain)
        answer = self._send(method, endpoint, path, token.reveal(), more)
        if answer.status == 401:
            token = tokens.renewed_access_token(chain, chain.version)
            answer = self._send(method, endpoint, path, token.reveal(), more)
            if answer.status == 401:
                tokens.needs_signin(chain, chain.version, "401")
        if not answer.ok:
            raise self.network.error(answer, writing=method not in http.READING)
        tokens.was_well(chain)
        return answer

    def _send(self, method: str, endpoint: str, path: str, token: str, more: dict[str, Any]) -> Answer:
        buckets = self.network.buckets(endpoint, self.connection.chain.outside_id)
        budget.take(buckets, person=self.person)
        if self.guard:
            self.guard()
        headers = {"Authorization": f"Bearer {token}", **more.get("headers", {})}
        answer = http.fetch(method, self.network.base_url + path, **{**more, "headers": headers})
        for learned in self.network.learned(buckets, answer):
            budget.learn(learned)
        if answer.status == 429:
            self._enough(buckets, answer)
        return answer

    def _enough(self, buckets: list[Bucket], answer: Answer) -> None:
        """Nothing more through the bucket that closed: the one with nothing left, else the first."""
        told = [learned.bucket for learned in self.network.learned(buckets, answer) if learned.left <= 0]
        for bucket in told or buckets[:1]:
            budget.empty(bucket, retry_after(answer))
