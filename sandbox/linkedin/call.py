"""One call of the API on its way through the sandbox."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..store import Store
from ..web import Answer, Request
from . import levels, members, restli, urns
from .problems import Problem, bad_path, bad_request, denied, media_type, missing_field, wrong_field

LARGEST_COUNT = 100


@dataclass
class Call:
    """Who calls what, with the values as they were sent: still encoded."""

    store: Store
    request: Request
    endpoint: "Endpoint"
    member: str
    client_id: str
    scopes: frozenset[str]
    level: str
    version: str
    path: dict[str, str]
    query: dict[str, str] = field(default_factory=dict)

    @property
    def me(self) -> str:
        """The member who calls, as a URN."""
        return urns.person(self.member)

    @property
    def address(self) -> str:
        """Path and query, for the links of a list."""
        path = self.request.raw_path or self.request.path
        return f"{path}?{self.request.query}" if self.request.query else path

    def may(self, *scopes: str) -> bool:
        """Whether the token has one of the scopes, and the level still opens it."""
        return bool(self.scopes & set(scopes))

    def refuse(self) -> Problem:
        """What LinkedIn says to who may not."""
        what = self.endpoint.resource
        return denied(f"{what}.{self.version}01" if self.version else what)

    def need(self, *scopes: str) -> None:
        """Go on only with one of the scopes."""
        if not self.may(*scopes):
            raise self.refuse()

    def need_role(self, number: int, roles: tuple[str, ...] = (members.ADMINISTRATOR,)) -> None:
        """Go on only as who has one of the roles on the page."""
        if not members.holds(self.store, self.member, number, roles):
            raise self.refuse()

    def text(self, name: str) -> str | None:
        """A plain parameter of the query."""
        raw = self.query.get(name)
        if raw is None:
            return None
        try:
            return restli.scalar(raw, query=True)
        except restli.Malformed:
            raise bad_request() from None

    def needed(self, name: str) -> str:
        """A parameter that must be there."""
        value = self.text(name)
        if not value:
            raise bad_request()
        return value

    def fixed(self, name: str, *values: str) -> str:
        """A parameter with one of a few values."""
        value = self.needed(name)
        if value not in values:
            raise bad_request()
        return value

    def whole(self, name: str, default: int, most: int = 2**31) -> int:
        """A number that is not negative."""
        value = self.text(name)
        if value is None:
            return default
        if not value.isascii() or not value.isdigit() or len(value) > 15 or int(value) > most:
            raise bad_request()
        return int(value)

    def span(self, most: int = LARGEST_COUNT) -> tuple[int, int]:
        """start and count."""
        return self.whole("start", 0), self.whole("count", 10, most)

    def listing(self, name: str) -> list[str]:
        """List(a,b) of the query."""
        found = self._structured(name)
        if not isinstance(found, list) or not all(isinstance(one, str) for one in found):
            raise bad_request()
        return [str(one) for one in found]

    def record(self, name: str) -> dict[str, str] | None:
        """(a:1,b:2) of the query, if there is one."""
        if name not in self.query:
            return None
        found = self._structured(name)
        if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
            raise bad_request()
        return {key: str(one) for key, one in found.items()}

    def key(self, *names: str) -> dict[str, str]:
        """The compound key of the path, with exactly these names."""
        try:
            found = restli.record(self.path["key"])
        except restli.Malformed:
            raise bad_path() from None
        if set(found) != set(names):
            raise bad_path()
        return found

    def urn(self) -> str:
        """The URN of the path: percent-encoded all through."""
        try:
            urn = restli.scalar(self.path["urn"])
        except restli.Malformed:
            raise bad_path() from None
        if not urns.ANY.fullmatch(urn):
            raise bad_path()
        return urn

    def body(self) -> dict[str, Any]:
        """The JSON object that came along."""
        if self.request.content_type != "application/json":
            raise media_type()
        try:
            body = json.loads(self.request.body)
        except ValueError:
            raise bad_request("Cannot parse request entity") from None
        if not isinstance(body, dict):
            raise bad_request("Cannot parse request entity")
        return body

    def actor(self, urn: str, member_scopes: tuple[str, ...], page_scopes: tuple[str, ...]) -> str:
        """Who acts: the member, or a page that the member may write for."""
        number = urns.organization_id(urn)
        if number is not None:
            self.need(*page_scopes)
            self.need_role(number, members.WRITERS)
        elif urn == self.me:
            self.need(*member_scopes)
        else:
            raise self.refuse()
        return urn

    def _structured(self, name: str) -> restli.Value:
        try:
            return restli.value(self.query.get(name, ""), query=True)
        except restli.Malformed:
            raise bad_request() from None


def string(body: dict[str, Any], name: str, path: str = "") -> str:
    """A text of a body that must be there."""
    value = body.get(name)
    if value is None:
        raise missing_field(path or f"/{name}")
    if not isinstance(value, str):
        raise wrong_field(path or f"/{name}")
    return value


@dataclass(frozen=True)
class Later:
    """An answer that needs a call to the outside first: made without holding the sandbox, then concluded in a turn."""

    ask: Callable[[], bool]
    conclude: Callable[[bool], Answer]


@dataclass(frozen=True)
class Endpoint:
    """One line of the contract: where it is, from which level on, with which scopes ("a|b": one of them), counted as what."""

    id: str
    method: str
    path: str
    resource: str
    answer: Callable[[Call], Answer | Later]
    scopes: tuple[str, ...] = ()
    level: str = levels.CM_DEVELOPMENT
    params: tuple[str, ...] = ()
    bucket: str = ""
    # Two resources at one address are told apart by a parameter that only one of them has.
    mark: str = ""
    restli_method: str = ""
    restli_required: bool = False
