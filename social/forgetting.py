"""What a network lets us keep for a while only is emptied when that is over (SOC-22): what it told of people, what they said there,
what our own accounts said. Links, and what somebody typed here, stay.

The times stand in `Network.keeps`. What is emptied keeps its number and its place at the network, so that it can be opened there.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet

from core.event.models import Event
from core.record.models import Tie
from core.remote.models import TokenChain
from core.remote.network import Network, networks
from core.search import index

from .models import Post, Profile
from .people import PROFILE, TIE

PART, PARTS = 500, 20
_POST = "social.post"
_TOLD: dict[str, Any] = {"name": "", "name_key": "", "bio": "", "place": "", "picture_url": "", "was": "", "background": {}}


def forget_due(now: datetime) -> int:
    """Empty what is over its time, at all networks that say one. Gives how many rows. What is left of a great heap comes next time."""
    return sum(_people(net, now) + _said(net, now) for net in networks() if net.keeps)


def _people(net: Network, now: datetime) -> int:
    span = net.keeps.get("person")
    if span is None:
        return 0
    edge = now - span
    gone = 0
    linked = Tie.objects.filter(kind=TIE, module=PROFILE, record_id=OuterRef("pk"))
    ours = TokenChain.objects.filter(network=net.key, outside_id=OuterRef("outside_id"))
    over = Profile.objects.filter(network=net.key, seen_at__lte=edge, outside_id__startswith=net.member_prefix)
    over = over.annotate(linked=Exists(linked)).filter(~Exists(ours))
    told = ~Q(name="") | ~Q(bio="") | ~Q(place="") | ~Q(picture_url="") | ~Q(background={}) | (Q(linked=False) & ~Q(handle=""))
    for _part in range(PARTS):
        rows = list(over.filter(told).order_by("seen_at", "pk").values_list("pk", "linked")[:PART])
        if not rows:
            break
        with transaction.atomic():
            everybody = [pk for pk, _linked in rows]
            # The name in the address of a linked profile is the link.
            # Whoever opens the record next has it asked for anew, where the level lets us.
            Profile.objects.filter(pk__in=everybody).update(**_TOLD, asked_at=None)
            Profile.objects.filter(pk__in=[pk for pk, is_linked in rows if not is_linked]).update(handle="", handle_key="")
            authored = Post.objects.filter(profile__in=everybody).filter(~Q(author_name="") | ~Q(author_handle=""))
            _empty(list(authored.values_list("pk", flat=True)), {"author_name": "", "author_handle": ""}, now)
        gone += len(rows)
    return gone


def _said(net: Network, now: datetime) -> int:
    gone = 0
    for what, rows in (("said", Post.objects.filter(ours=False)), ("own", Post.objects.filter(ours=True))):
        if what in net.keeps:
            gone += _old(rows.filter(network=net.key).exclude(text=""), now - net.keeps[what], now)
    return gone


def _old(rows: QuerySet[Any], edge: datetime, now: datetime) -> int:
    """Empty the texts that came before a moment."""
    gone = 0
    for _part in range(PARTS):
        pks = list(rows.filter(created_at__lte=edge).order_by("created_at", "pk").values_list("pk", flat=True)[:PART])
        if not pks:
            break
        with transaction.atomic():
            _empty(pks, {"text": "", "pictures": []}, now)
        gone += len(pks)
    return gone


def _empty(pks: Sequence[int], blank: dict[str, Any], now: datetime) -> None:
    """The columns, what the search knows of them, and what the history tells of them."""
    Post.objects.filter(pk__in=pks).update(**blank, version=F("version") + 1, changed_at=now)
    index.forget(_POST, pks)
    Event.objects.filter(module=_POST, record_id__in=pks).update(changes={}, detail={})


def kept_until(net: Network, what: str, since: datetime) -> datetime | None:
    """Until when something of a network may be kept; None for as long as one likes."""
    span: timedelta | None = net.keeps.get(what)
    return None if span is None else since + span
