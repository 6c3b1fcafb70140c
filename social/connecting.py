"""Connecting a channel: the sign-in at the network, its end there, and its end here (SOC-2, SOC-3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, MutableMapping
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.gate import rights
from core.access.models import User
from core.actor import Actor
from core.event.emit import emit_one
from core.exchange.outbox import resume_held
from core.record.write import Refused
from core.remote import connection as tokens
from core.remote import http, oauth
from core.remote.models import BRAND, TokenChain
from core.remote.network import Network, network
from core.signin import audit
from core.text.numbers import whole
from core.work.jobs import enqueue

from . import pull
from .models import ACTIVE, DISCONNECTED, NEEDS_SIGNIN, Brand, Channel, Stream
from .networks.items import Person

CONNECTED = audit.says("social.connected", lazy("Connected %(name)s"))
TAKEN_OFF = audit.says("social.disconnected", lazy("Disconnected %(name)s"))


def _account(label: str, channel: Channel) -> str:
    return f"{label} @{channel.handle}"


def administers(user: User) -> bool:
    """Whether this person connects channels: an admin of the Social app, of the suite or of the account, or whose profile says so."""
    held = rights(user)
    wide = user.level in {"account", "suite"} or held.apps.get("social", False)
    return user.is_active and held.has_app("social") and (wide or held.feature("social_channels"))


def begin(session: MutableMapping[str, Any], user: User, net: Network, brand: Brand) -> str:
    """The address to send the browser to. Raises Refused where no app is registered."""
    needs_app(net)
    why_not = net.no_channels()
    if why_not:
        raise Refused(why_not)
    return oauth.start(session, user, net, f"brand:{brand.pk}")


def needs_app(net: Network) -> None:
    """Raises Refused where no app is registered."""
    if not net.client_id:
        raise Refused(_("No app of %(network)s is set up on this server. An administrator enters its keys first.") % {"network": net.label})


def exchanged(net: Network, started: oauth.Started, needed: Collection[str]) -> oauth.Tokens:
    """The tokens of a sign-in that came back. Raises SignInRefused, RemoteError, and Refused where one of the `needed` permissions
    was not granted; what else was not granted switches off what needs it, and says so there."""
    try:
        given = oauth.exchange(net, started)
    except oauth.DeadToken as error:
        raise oauth.SignInRefused(_("The network did not finish the sign-in. Please begin again.")) from error
    missing = set(needed) - set(given.scopes)
    if given.scopes and missing:
        raise Refused(
            _("These permissions are missing: %(scopes)s. Please begin again and allow all of them.")
            % {"scopes": ", ".join(sorted(missing))}
        )
    return given


def finish(session: MutableMapping[str, Any], user: User, net: Network, query: Mapping[str, str]) -> list[Channel]:
    """What came back from the network becomes channels: the account, or the pages somebody chose there. Raises SignInRefused,
    Refused and RemoteError."""
    started = oauth.finish(session, user, net, query)
    kind, _colon, brand_id = started.purpose.partition(":")
    brand = Brand.objects.filter(pk=whole(brand_id)).first() if kind == "brand" else None
    if brand is None:
        raise oauth.SignInRefused(_("This sign-in was not started here, or is too old. Please begin again."))
    given = exchanged(net, started, net.basic_scopes)
    found = list(net.accounts(given))
    if not found:
        raise Refused(_("No account was chosen at the network. Please begin again."))
    # Of several accounts those that are connected stay with the brand they have.
    kept = Channel.objects.filter(network=net.key).exclude(state=DISCONNECTED).select_related("brand")
    brands = {one.outside_id: one.brand for one in kept} if len(found) > 1 else {}
    return [link(user, net, brands.get(person.outside_id, brand), person, tokens_of) for person, tokens_of in found]


def link(user: User, net: Network, brand: Brand, person: Person, given: oauth.Tokens) -> Channel:
    """Keep the tokens, make the channel or wake it, and let what waited for it go on where it stopped."""
    now = clock.now()
    try:
        with transaction.atomic():
            free = tokens.let_go(net, person.outside_id)
            chain = tokens.store_tokens(net, person.outside_id, given)
            shown = {"handle": person.handle, "name": person.name, "label": brand.name, "picture_url": person.picture_url or ""}
            held = tokens.connect(chain, kind=BRAND, owner=user, free=free, **shown)
            values = {"brand": brand, "connection": held, "handle": person.handle, "name": person.name, "state": ACTIVE, "told_at": None}
            channel, _made = Channel.objects.update_or_create(network=net.key, outside_id=person.outside_id, defaults=values)
            for kind in net.streams:
                first = {"next_due": now, "interval": net.pace(kind)[0]}
                Stream.objects.get_or_create(channel=channel, kind=kind, argument="", defaults=first)
            Stream.objects.filter(channel=channel).update(next_due=now, last_error="", failures=0)
            emit_one("social.channel", channel, "connected", Actor(user))
            audit.note(Actor(user), CONNECTED, channel, label=_account(net.label, channel), brand=brand.name)
            resume_held(held)
            for stream in Stream.objects.filter(channel=channel).order_by("pk"):
                pull.start(stream, now)
    except tokens.Taken as taken:
        holder = str(taken.holder.owner)
        raise Refused(_("This account was connected by %(person)s, who has to disconnect it first.") % {"person": holder}) from taken
    return channel


def disconnect(channel: Channel, user: User) -> None:
    """From now on nothing is read or sent; a job takes the access back at the network and wipes the tokens."""
    with transaction.atomic():
        chain = channel.connection.chain
        closed = tokens.leave(channel.connection)
        Channel.objects.filter(pk=channel.pk).update(state=DISCONNECTED)
        emit_one("social.channel", channel, "disconnected", Actor(user))
        audit.note(Actor(user), TAKEN_OFF, channel, label=_account(network(channel.network).label, channel))
        if closed:
            enqueue("social.sign_out", key=f"chain:{chain.pk}", args={"chain": chain.pk}, user=user)


def woken(chain: TokenChain) -> None:
    """Somebody signed in anew at this outside account: a channel of it that waited for that goes on."""
    now = clock.now()
    for channel in Channel.objects.filter(connection__chain=chain, connection__closed_at=None, state=NEEDS_SIGNIN):
        Channel.objects.filter(pk=channel.pk).update(state=ACTIVE, told_at=None)
        Stream.objects.filter(channel=channel).update(next_due=now, last_error="", failures=0)


@tokens.on_needs_signin
def signin_ended(chain: TokenChain) -> None:
    """The network does not know us any more: reading stops, and it is told once (an event; the page says it in red)."""
    for channel in Channel.objects.filter(connection__chain=chain, state=ACTIVE):
        Channel.objects.filter(pk=channel.pk).update(state=NEEDS_SIGNIN, told_at=clock.now())
        emit_one("social.channel", channel, "needs_signin", Actor.system("sync"), owner=channel.connection.owner_id)


# What somebody ticks on the stand-in networks' pages: who they are, and which pages.
AGREED: dict[str, list[tuple[str, str]]] = {
    "facebook": [("person", "901"), ("page", "101010101010101"), ("page", "101010101010102"), ("decision", "agree")],
    "linkedin": [("member", "maeda-mei"), ("decision", "allow")],
}


def connect_sandbox(user: User, brand: Brand, username: str = "enishi_demo", *, key: str = "x") -> Channel:
    """Sign in at the sandbox without a browser, as the person on its consent page would: for the demonstration data.

    Real tokens by the whole dance. Raises Refused if the networks of this installation are not a sandbox.
    """
    net = network(key)
    if urlsplit(net.authorize_url).netloc not in settings.INNER_HOSTS:
        raise Refused(_("Only a sandbox on this machine can be connected without a browser."))
    agreed = [("username", username), ("decision", "agree")] if key == "x" else [*AGREED[key]]
    session: dict[str, Any] = {}
    asked = dict(parse_qsl(urlsplit(begin(session, user, net, brand)).query))
    agreed += [("permission", one) for one in asked["scope"].split(net.scope_joint)]
    form: Any = [*asked.items(), *agreed]  # one name several times
    answer = http.fetch("POST", net.authorize_url, form=form)
    back = dict(parse_qsl(urlsplit(answer.headers.get("Location", "")).query))
    return finish(session, user, net, back)[0]
