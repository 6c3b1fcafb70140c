"""The way in and out of LinkedIn: who signed in, the pages they run, whether the sign-in still holds, and its end.

One set of permissions for all sign-ins of an installation, a member's own and those of pages: asking for another set ends every
older token of that member. There is no PKCE; the state is the guard.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from core.remote import connection as tokens_of
from core.remote import http, oauth
from core.remote.abilities import Can
from core.remote.errors import Rejected, RemoteError, Revoked, Transient
from core.remote.models import ACTIVE, TokenChain
from core.remote.network import Asked, Network
from core.remote.oauth import Tokens
from core.remote.wires import Wire

from ..abilities import REASONS
from ..items import Person
from . import shapes
from .restli import ORGANIZATION, address, enc, versioned

PAGES = 100
# A token of some seconds is not known everywhere yet: 401 65601. Asked again after these pauses, in seconds.
PATIENCE = (1.0, 3.0, 9.0)


class SigningIn(Network):
    """What of LinkedIn is about its sign-in."""

    introspect_url = ""

    def subject_of(self, chain: TokenChain) -> str:
        """Calls for a page count for whoever runs it."""
        return str(chain.granted_by or chain.outside_id)

    def no_channels(self) -> str:
        """Company pages need the Community Management API."""
        return "" if self.can(Can.COMMENTS) else str(REASONS["li_cm"])

    def who(self, token: str) -> Person:
        """Whose token this is (GET /v2/userinfo), with the name of their address where the level tells it."""
        person = shapes.oneself(self._asked_of("userinfo", "/v2/userinfo", token))
        if "r_basicprofile" not in self.scopes:
            return person
        try:
            told = shapes.as_dict(self._asked_of("me", "/v2/me", token))
        except RemoteError:
            return person
        return replace(person, handle=str(told.get("vanityName") or "")[:120], bio=told.get("localizedHeadline"))

    def accounts(self, tokens: Any) -> Iterable[tuple[Person, Tokens]]:
        """The company pages whose administrator signed in. Their token is the member's own, who stands beside it."""
        why_not = self.no_channels()
        if why_not:
            raise Rejected(REASONS["li_cm"])
        member = self.who(tokens.access).outside_id
        for urn in self._run_by(tokens.access):
            node = self._asked_of("org", f"/rest/organizations/{enc(urn.removeprefix(ORGANIZATION))}", tokens.access)
            yield shapes.page_of(shapes.as_dict(node), urn), replace(tokens, granted_by=member)

    def _run_by(self, token: str) -> Iterator[str]:
        start = "0"
        while start:
            params = {"q": "roleAssignee", "role": "ADMINISTRATOR", "state": "APPROVED", "start": start, "count": PAGES}
            body = self._asked_of("org.acls", address("/rest/organizationAcls", params), token)
            yield from (str(one["organization"]) for one in shapes.rows(body) if str(one.get("organization")).startswith(ORGANIZATION))
            start = shapes.following(body, int(start), PAGES)

    def _asked_of(self, endpoint: str, path: str, token: str) -> Any:
        """A reading with a token there is no connection for yet."""
        headers = {"Authorization": f"Bearer {token}", **(versioned() if path.startswith("/rest/") else {})}
        for pause in (*PATIENCE, None):
            answer = http.fetch("GET", self.base_url + path, headers=headers)
            if answer.ok:
                return answer.json()
            error = self.error(answer, Asked(endpoint, fresh=True))
            if pause is None or answer.status != 401 or not isinstance(error, Transient):
                raise error
            time.sleep(pause)
        raise AssertionError

    def inspected(self, token: str) -> dict[str, Any]:
        """What LinkedIn knows of a token (introspection): no call of the API, so no limit is touched."""
        form = {"client_id": self.client_id, "client_secret": self.client_secret, "token": token}
        answer = http.fetch("POST", self.introspect_url, form=form, headers={"Accept": "application/json"})
        told = shapes.as_dict(answer.json_or_none())
        # An answer that does not say it is no answer: our own keys may be wrong, or a proxy stands between.
        if not answer.ok or not isinstance(told.get("active"), bool):
            raise Transient(f"introspection {answer.status}")
        return told

    def probe(self, wire: Wire) -> None:
        """Whether the token is alive, and which permissions it really carries."""
        chain = wire.connection.chain
        told = self.inspected(tokens_of.fresh_access_token(chain).reveal())
        if told["active"] is not True:
            tokens_of.needs_signin(chain, chain.version, f"introspection {told.get('status') or ''}".strip()[:200])
            raise Revoked("introspection")
        granted = str(told.get("scope") or "").replace(",", " ").split()
        for scope in [one for one in chain.scopes if granted and one not in granted]:
            tokens_of.lacks(chain, scope)
        tokens_of.was_well(chain)

    def revoke(self, token: str, outside_id: str) -> None:
        """Take it back, unless another account of the same sign-in lives on: LinkedIn ends all that was agreed to at once."""
        mine = TokenChain.objects.filter(network=self.key, client_id=self.client_id, outside_id=outside_id).first()
        if mine is not None and mine.granted_by:
            shared = TokenChain.objects.filter(network=self.key, client_id=self.client_id, granted_by=mine.granted_by, state=ACTIVE)
            own = {mine.access.reveal(), mine.refresh.reveal() if mine.refresh else None} - {None, ""}
            for one in shared.exclude(pk=mine.pk):
                if own & {one.access.reveal(), one.refresh.reveal() if one.refresh else None}:
                    return
        oauth.revoke(self, token)
