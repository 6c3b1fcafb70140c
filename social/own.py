"""One's own accounts at the networks: the sign-in, its end there, and its end here (SOC-2, SOC-3, SOC-20)."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from core import clock
from core.access.gate import rights
from core.access.models import User
from core.exchange.models import HELD, WAITING, Delivery
from core.exchange.outbox import guards, resume_held
from core.notify.tell import notify
from core.record.write import Refused
from core.remote import connection as tokens
from core.remote import oauth
from core.remote.models import PERSONAL, Connection, TokenChain
from core.remote.network import Network
from core.text.numbers import whole
from core.work.jobs import enqueue

from . import connecting

FEATURE, PURPOSE, KIND = "social_integrations", "personal", "social.own"
# After how many days access may end by itself.
SPANS = (1, 7, 30, 90)


def may(user: User) -> bool:
    """Whether this person signs in with accounts of their own."""
    held = rights(user)
    return held.feature(FEATURE) and (held.has_app("crm") or held.has_app("social"))


def accounts(user: User, network: str = "") -> list[Connection]:
    """This person's own accounts that are not taken off, those of one network or all; some may need a new sign-in."""
    rows = Connection.objects.filter(owner=user, kind=PERSONAL, closed_at=None).select_related("chain")
    return list((rows.filter(network=network) if network else rows).order_by("network", "pk"))


def begin(session: MutableMapping[str, Any], user: User, net: Network, *, back: str, days: int = 0) -> str:
    """The address to send the browser to; afterwards it comes `back`. After `days` access ends by itself; 0 for never.
    Raises Refused where no app is registered."""
    connecting.needs_app(net)
    return oauth.start(session, user, net, f"{PURPOSE}:{days}:{back}", scopes=net.own_scopes or None)


def finish(session: MutableMapping[str, Any], user: User, net: Network, query: Mapping[str, str]) -> tuple[Connection, str]:
    """What came back from the network becomes an account of this person; and where they came from. Raises SignInRefused, Refused and
    RemoteError."""
    started = oauth.finish(session, user, net, query)
    kind, days, back = (*started.purpose.split(":", 2), "", "")[:3]
    if kind != PURPOSE:
        raise oauth.SignInRefused(_("This sign-in was not started here, or is too old. Please begin again."))
    given = connecting.exchanged(net, started, net.own_scopes or net.basic_scopes)
    return keep(user, net, net.own(given), given, days=whole(days)), back


def keep(user: User, net: Network, person: Any, given: oauth.Tokens, *, days: int = 0) -> Connection:
    """Keep the tokens, make the connection or wake it, and let what waited for it go on (SOC-3). Raises Refused (T5)."""
    ends_at = clock.now() + timedelta(days=days) if days else None
    shown = {"handle": person.handle, "name": person.name, "picture_url": person.picture_url or ""}
    try:
        with transaction.atomic():
            free = tokens.let_go(net, person.outside_id)
            chain = tokens.store_tokens(net, person.outside_id, given)
            held = tokens.connect(chain, kind=PERSONAL, owner=user, free=free, ends_at=ends_at, **shown)
            connecting.woken(chain)
            resume_held(held)
    except tokens.Taken as taken:
        words = _("This account is linked to %(person)s, who has to take it off first.")
        raise Refused(words % {"person": str(taken.holder.owner)}) from taken
    return held


def waiting(row: Connection) -> int:
    """How much of what was asked for waits for this account."""
    return Delivery.objects.filter(connection=row, state__in=[WAITING, HELD]).count()


def end_at(row: Connection, days: int) -> None:
    """Its owner chose when access ends by itself: `days` from now, or never."""
    row.ends_at = clock.now() + timedelta(days=days) if days else None
    row.save(update_fields=["ends_at"])


def leave(row: Connection) -> None:
    """Nothing goes out with the account any more; a job takes the access back at the network and wipes the tokens (T6)."""
    with transaction.atomic():
        if tokens.leave(row):
            enqueue("social.sign_out", key=f"chain:{row.chain_id}", args={"chain": row.chain_id}, user=row.owner)


def end_due(now: datetime, most: int = 200) -> int:
    """Take off what its owner let end by itself, and what belonged to somebody who left. Gives how many."""
    rows = Connection.objects.filter(kind=PERSONAL, closed_at=None).select_related("owner", "chain")
    chosen = list(rows.filter(ends_at__lte=now).order_by("ends_at", "pk")[:most])
    left = list(rows.filter(owner__is_active=False).order_by("pk")[:most])
    for row in {one.pk: one for one in [*chosen, *left]}.values():
        with transaction.atomic():
            leave(row)
            if row.owner.is_active:
                notify(row.owner, KIND, row, {"why": "chosen"}, key=f"own:{row.pk}:{row.ends_at}")
    return len(chosen) + len(left)


@tokens.on_needs_signin
def signin_ended(chain: TokenChain) -> None:
    """The network does not know us any more: whoever owns the account hears it once; what waits for it stays (SOC-3)."""
    for row in Connection.objects.filter(chain=chain, kind=PERSONAL, closed_at=None).select_related("owner"):
        notify(row.owner, KIND, row, {"why": "ended"}, key=f"own:{row.pk}:{chain.version}")


@guards
def still_own(delivery: Delivery) -> str:
    """Who may not use own accounts any more does not do so from the queue either."""
    row = delivery.connection
    if row.kind != PERSONAL or may(row.owner):
        return ""
    return _("The owner of this account may not use own accounts here any more.")
