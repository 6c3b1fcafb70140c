"""The wires: one authenticated call within the budgets, for somebody's connection or for the app itself."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils.encoding import force_str

from core import clock

from . import budget, http, money
from .budget import Bucket
from .errors import Faulty, Limited, LimitedToday, NotAllowed, RemoteError, Revoked, Stale
from .http import Answer
from .network import Asked, Network, network
from .secrets import Secret

if TYPE_CHECKING:
    from .models import Connection

logger = logging.getLogger(__name__)
# Sealed also in memory. A cache: whoever has none asks for one, and one that is refused is asked for anew.
_tokens: dict[tuple[str, str], Secret] = {}


class Wire:
    """Calls for one connection: token, budget, call, what the answer teaches and costs, what it means.

    `person` says that somebody waits (they may use what is kept from robots). `guard` is called right before a
    request leaves, the last moment to stop: a job passes `run.hold`, so that a worker without its lease sends nothing.
    `feature` and `argument` say what the call is for, on the page of spending (SOC-9).
    """

    def __init__(
        self,
        connection: Connection,
        *,
        person: bool = False,
        guard: Callable[[], None] | None = None,
        feature: str = "",
        argument: str = "",
    ) -> None:
        self.connection = connection
        self.network = network(connection.network)
        self.person = person
        self.guard = guard
        self.feature = feature
        self.argument = argument
        # What was taken from which allowance, for whoever decides when to call again.
        self.taken: Counter[Bucket] = Counter()

    def get(self, endpoint: str, path: str, params: Mapping[str, Any] | None = None, **more: Any) -> Any:
        """Read. Gives the JSON; raises a RemoteError. `endpoint` is the key of the limits."""
        return self.call("GET", endpoint, path, params=params, **more).json()

    def post(self, endpoint: str, path: str, json: Any = None, **more: Any) -> Any:
        """Write. Gives the JSON or None; an answer of success without JSON was a success."""
        return self.call("POST", endpoint, path, json=json, **more).json_or_none()

    def put(self, endpoint: str, path: str, json: Any = None, **more: Any) -> Any:
        return self.call("PUT", endpoint, path, json=json, **more).json_or_none()

    def delete(self, endpoint: str, path: str, **more: Any) -> Any:
        return self.call("DELETE", endpoint, path, **more).json_or_none()

    def call(self, method: str, endpoint: str, path: str, **more: Any) -> Answer:
        """One call. A refused token is refreshed once and the call repeated (the network did nothing), then it is Revoked."""
        from . import connection as tokens  # it knows networks, to refresh; the wire is its only user here

        chain = self.connection.chain
        try:
            if not self.connection.open:
                raise Revoked("taken off here")
            token = tokens.fresh_access_token(chain)
            answer, error = self._send(method, endpoint, path, token.reveal(), more)
            if isinstance(error, Stale):
                token = tokens.renewed_access_token(chain, chain.version)
                answer, error = self._send(method, endpoint, path, token.reveal(), more)
                error = Revoked("refused twice") if isinstance(error, Stale) else error
            if error is not None:
                self._follow(error)
                raise error
        except RemoteError as error:
            error.network = force_str(self.network.label)
            raise
        tokens.was_well(chain)
        return answer

    def _follow(self, error: RemoteError) -> None:
        """What an error does to the sign-in (core.remote.errors.EFFECTS)."""
        from . import connection as tokens  # as above

        chain = self.connection.chain
        if isinstance(error, Revoked):
            tokens.needs_signin(chain, chain.version, str(error))
        elif isinstance(error, NotAllowed) and error.needs in chain.scopes:
            tokens.lacks(chain, error.needs)
        elif isinstance(error, Faulty):
            logger.error("%s refused a request as faulty: %s, their id %s", self.network.key, error, error.support or "none")

    def _send(self, method: str, endpoint: str, path: str, token: str, more: dict[str, Any]) -> tuple[Answer, RemoteError | None]:
        net, chain = self.network, self.connection.chain
        buckets = net.buckets(endpoint, net.subject_of(chain))
        if net.prices:
            money.open_for(net, person=self.person)
        budget.take(buckets, person=self.person)
        self.taken.update(buckets)
        if self.guard:
            self.guard()
        answer = http.fetch(method, net.base_url + path, **net.dressed(token, more))
        for learned in net.learned(buckets, answer):
            budget.learn(learned)
        if answer.ok:
            charged = net.bill(endpoint, answer, more.get("json"))
            money.charge(net, charged, feature=self.feature or endpoint, argument=self.argument, connection=self.connection)
            return answer, None
        writing = method not in http.READING
        fresh = clock.now() - chain.refreshed_at < timedelta(seconds=60)
        error = net.error(answer, Asked(endpoint, writing, tuple(chain.scopes), fresh))
        if isinstance(error, Limited):
            self._enough(buckets, answer, error)
        return answer, error

    def _enough(self, buckets: list[Bucket], answer: Answer, error: Limited) -> None:
        """Nothing more through the bucket that closed: the one with nothing left, else the first. What a network counts by days
        is not forgotten for a pause of a minute."""
        told = [learned.bucket for learned in self.network.learned(buckets, answer) if learned.left <= 0]
        if isinstance(error, LimitedToday) and not told:
            for bucket in [one for one in buckets if one.daily and error.per in {"", one.per}]:
                budget.ceiling(bucket, error.seconds())
            return
        for bucket in told or [one for one in buckets if not one.daily][:1]:
            budget.empty(bucket, error.seconds())


class AppWire:
    """Like `Wire`, with the app's token: within the app's budget and money. `feature` and `argument` as there."""

    def __init__(self, net: Network, *, person: bool = True, feature: str = "", argument: str = "") -> None:
        self.network = net
        self.person = person
        self.feature = feature
        self.argument = argument

    def get(self, endpoint: str, path: str, params: Mapping[str, Any] | None = None) -> Any:
        return self.call("GET", endpoint, path, params=params).json()

    def post(self, endpoint: str, path: str, json: Any = None) -> Any:
        return self.call("POST", endpoint, path, json=json).json_or_none()

    def call(self, method: str, endpoint: str, path: str, **more: Any) -> http.Answer:
        """One call. A refused token is asked for once more. Raises a RemoteError; NotAllowed where the app has no token."""
        for again in (False, True):
            try:
                return self._once(method, endpoint, path, again, more)
            except Stale:
                continue
            except RemoteError as error:
                error.network = force_str(self.network.label)
                raise
        raise NotAllowed(detail="the app's token is refused")

    def _token(self, anew: bool) -> str:
        key = (self.network.key, self.network.app_pair()[0])
        if anew or key not in _tokens:
            _tokens[key] = Secret.of(self.network.app_token())
        return _tokens[key].reveal()

    def _once(self, method: str, endpoint: str, path: str, anew: bool, more: dict[str, Any]) -> http.Answer:
        net = self.network
        token = self._token(anew)
        buckets = net.app_buckets(endpoint)
        if net.prices:
            money.open_for(net, person=self.person)
        budget.take(buckets, person=self.person)
        answer = http.fetch(method, net.base_url + path, **net.dressed(token, more))
        for learned in net.learned(buckets, answer):
            budget.learn(learned)
        if answer.ok:
            money.charge(net, net.bill(endpoint, answer, more.get("json")), feature=self.feature or endpoint, argument=self.argument)
            return answer
        error = net.error(answer, Asked(endpoint, method not in http.READING))
        if isinstance(error, Limited) and buckets:
            budget.empty(buckets[0], error.seconds())
        raise error
