"""The network Facebook: where it is, what it allows, and its verbs. All but the sign-in is done with the token of a page."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from core import clock
from core.exchange.models import Delivery
from core.remote import connection as tokens_of
from core.remote import http, oauth
from core.remote.abilities import About, Can
from core.remote.budget import Bucket, Learned
from core.remote.errors import RemoteError, Revoked, Transient
from core.remote.http import Answer
from core.remote.models import ACTIVE, TokenChain
from core.remote.network import Asked, Limit, register
from core.remote.oauth import Tokens
from core.remote.wires import AppWire, Wire

from .. import looking
from ..abilities import LEVELS, LINKS, OFFERS, PROFILES, REASONS
from ..items import Person
from . import shapes, usage
from .asking import named
from .meaning import code_of, meaning
from .reading import PAGE
from .talking import Talking

logger = logging.getLogger(__name__)

ACCOUNTS = "id,name,username,access_token,tasks,category,picture{url}"
# What somebody's part at a page lets its token do (`tasks` of /me/accounts).
TASKS = {"CREATE_CONTENT": "pages_manage_posts", "MODERATE": "pages_manage_engagement", "MESSAGING": "pages_messaging"}
# Until an answer tells: a call a second for a page. Windows of usage are what is told, believed for five minutes.
_APP = Limit(usage.WHOLE, usage.BELIEVED, "app", usage.APP)
_PAGE = (Limit(usage.WHOLE, usage.BELIEVED, shared=usage.PAGE), _APP, Limit(60, 60, shared="page"))
_TALK = (Limit(usage.WHOLE, usage.BELIEVED, shared=usage.MESSENGER), _APP, Limit(120, 60, shared="messenger"))
_CALLS = Limit(60, 60, "app", "calls")
_versions: set[str] = set()


@register
class Facebook(Talking):
    """Pages and Messenger, by the Graph API."""

    key, label = "facebook", "Facebook"
    levels = LEVELS["facebook"]
    offers = OFFERS["facebook"]
    links, profiles = LINKS["facebook"], PROFILES["facebook"]
    # What we have no verb for yet is not asked for at the sign-in (T4).
    unused = frozenset({Can.PICTURES, Can.HIDE})
    limits = {
        "page": _PAGE,
        "page.feed": _PAGE,
        "page.visitor_posts": _PAGE,
        "page.tagged": _PAGE,
        "page.ratings": _PAGE,
        "page.published": _PAGE,
        "post": _PAGE,
        "page.post": _PAGE,
        "comments": _PAGE,
        "comments.create": _PAGE,
        "likes.create": _PAGE,
        "likes.delete": _PAGE,
        "psid": _PAGE,
        "subscribe": _PAGE,
        "conversations": (*_TALK, Limit(2, 1, shared="threads")),
        "messages": _TALK,
        "messages.send": _TALK,
    }
    app_limits = {"debug_token": (_APP, _CALLS), "app.subscription": (_APP, _CALLS)}
    named = {
        usage.PAGE: _("What the page may ask"),
        usage.MESSENGER: _("What Messenger may ask"),
        usage.APP: _("What the app may ask"),
        "page": _("Calls for the page"),
        "messenger": _("Calls for messages"),
        "threads": _("Looking for conversations, in a second"),
        "calls": _("Calls of the app"),
    }
    counted = percents = frozenset({usage.PAGE, usage.MESSENGER, usage.APP})
    streams = ("visitor_posts", "tagged", "comments", "ratings", "messages")
    rewords = True
    # Liking twice is one like, and what is taken back is taken back.
    repeatable = frozenset({"like", "unlike"})
    basic_scopes = ("pages_show_list", "pages_read_engagement")
    own_scopes = ("public_profile",)
    scope_joint = ","
    client_auth = "form"
    pkce = False
    # Somebody who declined a permission once is asked for it again.
    asked_also = {"auth_type": "rerequest"}

    @property
    def base_url(self) -> str:  # type: ignore[override]
        return f"{settings.FACEBOOK_API}/{settings.FACEBOOK_VERSION}"

    @property
    def site(self) -> str:  # type: ignore[override]
        return str(settings.FACEBOOK_SITE)

    @property
    def authorize_url(self) -> str:  # type: ignore[override]
        return str(settings.FACEBOOK_AUTHORIZE_URL or f"{settings.FACEBOOK_SITE}/{settings.FACEBOOK_VERSION}/dialog/oauth")

    @property
    def token_url(self) -> str:  # type: ignore[override]
        return str(settings.FACEBOOK_TOKEN_URL or f"{self.base_url}/oauth/access_token")

    @property
    def settings_id(self) -> str:  # type: ignore[override]
        return str(settings.FACEBOOK_APP_ID)

    @property
    def settings_secret(self) -> str:  # type: ignore[override]
        return str(settings.FACEBOOK_APP_SECRET)

    @property
    def settings_level(self) -> str:  # type: ignore[override]
        return str(settings.FACEBOOK_LEVEL)

    @property
    def level_choices(self) -> tuple[str, ...]:
        return (*self.levels, "ppca,human_agent")

    def post_url(self, handle: str, outside_id: str) -> str:
        """Where a post or a comment stands for people."""
        return f"{self.site}/{outside_id}"

    def refuses(self, ability: Can, about: About) -> str:
        """A page acts only on what stands on it; a message is taken only in the time after the person's last one."""
        if ability in {Can.REPLY, Can.LIKE} and not about.here:
            return _("On Facebook a page answers and likes only what was written to that page. Choose the page it was written to.")
        if ability != Can.MESSAGE or about.heard_at is None:
            return ""
        return "" if clock.now() < about.heard_at + self.window else str(REASONS["fb_window"])

    # Credentials, and what answers teach and mean -------------------------------------------------------------------------

    def dressed(self, token: str, more: dict[str, Any]) -> dict[str, Any]:
        """With the proof that whoever holds the token also knows the app's secret."""
        proof = hmac.new(self.client_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        return super().dressed(token, {**more, "params": {**(more.get("params") or {}), "appsecret_proof": proof}})

    def app_token(self) -> str:
        """The token of the app itself: its id and its secret, as they are."""
        return f"{self.client_id}|{self.client_secret}"

    def learned(self, buckets: list[Bucket], answer: Answer) -> Iterator[Learned]:
        """How full the allowances are; and whether Facebook answered in the version that was asked for."""
        _same_version(answer)
        return usage.learned(buckets, answer)

    def error(self, answer: Answer, asked: Asked) -> RemoteError:
        return meaning(answer, asked)

    # The sign-in ------------------------------------------------------------------------------------------------------

    def settled(self, tokens: Any) -> Any:
        """A token of an hour for one of about sixty days, with what was granted of what was asked: single permissions can be
        declined, and Facebook says so only here."""
        long = oauth.trade(self, {"grant_type": "fb_exchange_token", "fb_exchange_token": tokens.access})
        told = shapes.as_dict(self._asked_of("me.permissions", "/me/permissions", long.access)).get("data") or []
        granted = [str(one.get("permission")) for one in map(shapes.as_dict, told) if one.get("status") == "granted"]
        return replace(long, scopes=tuple(granted))

    def accounts(self, tokens: Any) -> Iterable[tuple[Person, Tokens]]:
        """The pages that somebody chose in Facebook's dialog, each with its own token, which has no end. What the person may
        not do at a page, its token cannot."""
        after = who = ""
        while True:
            params = {"fields": ACCOUNTS, "limit": PAGE, **({"after": after} if after else {})}
            body = self._asked_of("me.accounts", "/me/accounts", tokens.access, params)
            who = who or str(shapes.as_dict(self._asked_of("me", "/me", tokens.access, {"fields": "id"})).get("id") or "")
            for node in shapes.rows(body):
                if node.get("access_token"):
                    tasks = node.get("tasks")
                    denied = {TASKS[one] for one in TASKS if isinstance(tasks, list) and one not in tasks}
                    scopes = tuple(one for one in tokens.scopes if one not in denied)
                    yield shapes.page_of(node), Tokens(str(node["access_token"]), scopes=scopes, granted_by=who)
            after = shapes.after(body)
            if not after:
                return

    def _asked_of(self, endpoint: str, path: str, token: str, params: dict[str, Any] | None = None) -> Any:
        """A reading with a token there is no connection for yet."""
        answer = http.fetch("GET", self.base_url + path, **self.dressed(token, {"params": params or {}}))
        if not answer.ok:
            raise self.error(answer, Asked(endpoint, fresh=True))
        return answer.json()

    def who(self, token: str) -> Person:
        """Whoever signed in, by the id that this app knows them under."""
        return shapes.myself(self._asked_of("me", "/me", token, {"fields": "id,name,picture{url}"}))

    def inspected(self, token: str) -> dict[str, Any]:
        """What Facebook knows of a token (debug_token): asked by the app, so that no page's allowance is touched."""
        body = AppWire(self, person=False, feature="probe").get("debug_token", "/debug_token", {"input_token": token})
        told = shapes.as_dict(shapes.as_dict(body).get("data"))
        if not told:
            raise Transient("a part of an answer")
        return told

    def probe(self, wire: Wire) -> None:
        """Whether the token is alive, and which permissions were taken back one by one."""
        chain = wire.connection.chain
        told = self.inspected(tokens_of.fresh_access_token(chain).reveal())
        if told.get("is_valid") is not True:
            tokens_of.needs_signin(chain, chain.version, f"debug_token {code_of(told) or ''}".strip())
            raise Revoked("debug_token")
        known = told["scopes"] if isinstance(told.get("scopes"), list) else chain.scopes
        for scope in [one for one in chain.scopes if one.startswith("pages_") and one not in known]:
            tokens_of.lacks(chain, scope)
        tokens_of.was_well(chain)

    def revoke(self, token: str, outside_id: str) -> None:
        """Take everything back that the person of a page's token granted; not while another page of theirs is connected, for
        Facebook knows only all or nothing."""
        person = str(self.inspected(token).get("user_id") or "")
        if not person or person in self._others(outside_id):
            return
        answer = http.fetch("DELETE", f"{self.base_url}/{person}/permissions", **self.dressed(self.app_token(), {}))
        if not answer.ok:
            raise self.error(answer, Asked("me.revoke", writing=True))

    def _others(self, outside_id: str) -> set[str]:
        """Who signed in for the other pages that are connected."""
        chains = TokenChain.objects.filter(network=self.key, client_id=self.client_id, state=ACTIVE).exclude(outside_id=outside_id)
        return {str(self.inspected(chain.access.reveal()).get("user_id") or "") for chain in chains}

    # What the kernel asks ---------------------------------------------------------------------------------------------

    def earlier(self, cursor: str, span: timedelta) -> str:
        """Cursors are unix seconds."""
        return str(max(1, int(cursor) - int(span.total_seconds()))) if cursor.isdigit() else ""

    def pace(self, kind: str) -> tuple[int, int]:
        return settings.FACEBOOK_POLL_FLOOR, settings.FACEBOOK_POLL_CEILING

    def room(self, action: str) -> int:
        return {"post": 63_206, "message": 2_000, "private_reply": 2_000}.get(action, 8_000)

    # Posts and comments ----------------------------------------------------------------------------------------------

    def comment(self, wire: Wire, answers: str, text: str) -> str:
        """Comment on a post or answer a comment; the id of ours. (A POST to the comment itself would *change* it.)"""
        return named(wire.post("comments.create", f"/{answers}/comments", form={"message": text}), "id")

    def post(self, wire: Wire, text: str) -> str:
        """Publish as the page; the id of the post."""
        return named(wire.post("page.post", f"/{wire.connection.chain.outside_id}/feed", form={"message": text}), "id")

    def like(self, wire: Wire, item: str) -> None:
        """Like as the page."""
        wire.post("likes.create", f"/{item}/likes")

    def unlike(self, wire: Wire, item: str) -> None:
        wire.delete("likes.delete", f"/{item}/likes")

    def find_sent(self, wire: Wire, delivery: Delivery) -> str | None:
        from .sending import LOOKS  # it knows the network; the kernel asks the network

        return looking.find(LOOKS, self, wire, delivery)


def _same_version(answer: Answer) -> None:
    """A dead version is answered by the oldest living one without a word but this header. Told once in each process."""
    told, asked = answer.headers.get("facebook-api-version", ""), str(settings.FACEBOOK_VERSION)
    if told and told != asked and told not in _versions:
        _versions.add(told)
        logger.error("Facebook answers in version %s, not in %s: FACEBOOK_VERSION is too old", told[:20], asked)
