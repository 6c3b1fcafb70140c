"""Keeping what was said: once, whichever way it came, and knowing whom it was said to (SOC-5).

    to us        read from a channel or told by its network: it has *arrived*, rules look at it
    by us        the echo of what went out, or found by reading: nobody has to do anything about it
    by them      found on a person's own page, when somebody opened it: said to nobody of us (`Post.theirs`)

What was found on a page and comes from a channel after all, because it names us, arrives then. All in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Any

from core.actor import Actor
from core.exchange.intake import take
from core.module.registry import module
from core.record.write import built, create_many, insert_many, update_many
from core.remote.models import PERSONAL, Connection
from core.remote.network import network

from . import changing
from .models import ERASED, Channel, Post, Profile
from .networks.items import Said
from .people import keep

POST = "social.post"
# How many pictures of a post are shown.
PICTURES = 4


def take_in(channel: Channel, said: Iterable[Said], *, first: bool = False, before: datetime | None = None, by: str = "") -> int:
    """What a channel brought: what is new of it is kept, what was only found until now arrives, what has other words at the network
    says so. In the `first` round, and `before` a moment, it was there before us: it is no work. `by` is the kind of stream that
    found it. Gives how many are new."""
    whole = list(said)
    new = sorted(take(channel.network, "post", whole, key=lambda one: one.outside_id), key=lambda one: (one.at, one.outside_id))
    old = {one.outside_id for one in whole if first or (before is not None and one.at < before)}
    keep_posts(channel, [one for one in new if one.outside_id in old], old=True, by=by)
    keep_posts(channel, [one for one in new if one.outside_id not in old], by=by)
    taken = {one.outside_id for one in new}
    known = [one for one in whole if one.outside_id not in taken]
    _met_again(channel, known, old=old, by=by)
    _pictured(channel.network, whole)
    if known and network(channel.network).rewords:
        changing.reworded(channel.network, known)
    return len(new)


def keep_posts(channel: Channel, said: Sequence[Said], *, old: bool = False, by: str = "") -> list[Any]:
    """Make posts of what was said. What others say to us now has *arrived*; the old and our own was only found. `by` is the
    kind of stream that found it."""
    if not said:
        return []
    profiles, us = keep(channel.network, [one.author for one in said]), {channel.outside_id} | ours(channel.network, said)
    posts, actor, made = module(POST), Actor.system("sync"), []
    for kind, chosen in (
        ("created", [one for one in said if old or one.author.outside_id in us]),
        ("arrived", [one for one in said if not old and one.author.outside_id not in us]),
    ):
        rows, records = [], []
        for one in chosen:
            rows.append(_row(channel.network, one, profiles, channel=channel, us=us, by=by))
            record, _problems = built(posts, rows[-1], actor=actor, trusted=True)
            # At hand for whoever listens: without them each would be asked for again, one by one.
            record._state.fields_cache.update(profile=profiles[one.author.outside_id], channel=channel)
            records.append(record)
        if records:
            insert_many(posts, records, rows, actor=actor, kind=kind)
        made += records
    return made


def keep_own(connection: Connection, channel: Channel | None, said: Said) -> None:
    """What went out through a connection of ours is a post of ours."""
    profiles = keep(connection.network, [said.author])
    row = _row(connection.network, said, profiles, channel=channel, us={said.author.outside_id})
    create_many(module(POST), [row], actor=Actor.system("sync"), trusted=True)


def keep_found(profile: Profile, said: Sequence[Said]) -> int:
    """Keep what a person posts on their own page. What they said to us is there already; reposts are the words of others."""
    new = take(profile.network, "post", [one for one in said if one.kind != "repost"], key=lambda one: one.outside_id)
    profiles = keep(profile.network, [one.author for one in said])
    rows = [{**_row(profile.network, one, profiles, channel=None, us=()), "kind": "post", "state": "done", "theirs": True} for one in new]
    if rows:
        create_many(module(POST), rows, actor=Actor.system("sync"), trusted=True, kind="found")
    _pictured(profile.network, said)
    if network(profile.network).rewords:
        changing.reworded(profile.network, said)
    return len(new)


def _pictured(key: str, said: Sequence[Said]) -> None:
    """Note what pictures posts have. A network tells of some posts before it tells their pictures, and of these nobody wrote here: they
    are no change of the post, for rules and history. Where addresses end, the newest is the one that serves."""
    shown = {one.outside_id: [dict(picture) for picture in one.pictures[:PICTURES]] for one in said if one.pictures}
    if not shown:
        return
    known = Post.objects.filter(network=key, outside_id__in=list(shown)).exclude(**ERASED).order_by("pk")
    known = known if network(key).profiles.pictures_end else known.filter(pictures=[])
    # Held, so that whoever is erasing one meanwhile has done so, or does so after us.
    held = known.select_for_update().only("outside_id", "pictures")
    rows = [row for row in held if row.pictures != shown[row.outside_id]]
    for row in rows:
        row.pictures = shown[row.outside_id]
    Post.objects.bulk_update(rows, ["pictures"], batch_size=500)


def gone_between(profile: Profile, said: Sequence[Said]) -> int:
    """Mark as deleted what was not in a whole page of a person's posts, though it lies between two of them. A page without any
    answer says nothing of answers: some networks list none there. Gives how many."""
    if len(said) < 2:
        return 0
    first, last = min(one.at for one in said), max(one.at for one in said)
    there = {one.outside_id for one in said}
    known = Post.objects.filter(profile=profile, said_at__gt=first, said_at__lt=last, deleted_on_network=False, deleted_at=None)
    known = known if any(one.answers for one in said) else known.exclude(kind="reply")
    missing = [(row, {"deleted_on_network": True}) for row in known if row.outside_id not in there]
    update_many(module(POST), missing, actor=Actor.system("sync"))
    return len(missing)


def ours(key: str, said: Collection[Said]) -> set[str]:
    """Which of these authors speak for us: the accounts of the organisation, and those our own people have connected now. Whoever took
    an account off is somebody who may call us again."""
    authors = {one.author.outside_id for one in said}
    rows = Connection.objects.exclude(kind=PERSONAL, closed_at__isnull=False)
    rows = rows.filter(network=key, chain__outside_id__among=list(authors))
    return set(rows.values_list("chain__outside_id", flat=True)) if authors else set()


def _kind(channel: Channel | None, said: Said, by: str, *, mine: bool) -> str:
    """What it is to us. What only a keyword found was not said to us, whatever it answers."""
    if by == "keyword" and channel and not mine and f"@{channel.handle}".lower() not in said.text.lower():
        return "keyword"
    if said.answers:
        return "reply"
    return "post" if mine else said.kind if said.kind in {"visitor", "review"} else "mention"


def _row(
    key: str, said: Said, profiles: dict[str, Profile], *, channel: Channel | None, us: Collection[str], by: str = ""
) -> dict[str, Any]:
    mine = said.author.outside_id in us
    return {
        "network": key,
        "outside_id": said.outside_id,
        "channel": channel.pk if channel else None,
        "profile": profiles[said.author.outside_id].pk,
        "author_name": said.author.name,
        "author_handle": said.author.handle,
        "text": said.text,
        "verdict": said.verdict,
        "kind": _kind(channel, said, by, mine=mine),
        "said_at": said.at,
        "conversation": said.conversation or said.outside_id,
        "in_reply_to": said.answers,
        "ours": mine,
        "state": "done" if mine else "open",
    }


def _met_again(channel: Channel, said: Sequence[Said], *, old: Collection[str], by: str) -> None:
    """What was found on a page before, and is said to us after all; or by us, which is work for nobody."""
    if not said:
        return
    rows = Post.objects.filter(network=channel.network, outside_id__in=[one.outside_id for one in said], theirs=True)
    found = {row.outside_id: row for row in rows.exclude(**ERASED).select_for_update()}
    met = [one for one in said if one.outside_id in found]
    us = {channel.outside_id} | ours(channel.network, met)
    quiet = {one.outside_id for one in met if one.outside_id in old or one.author.outside_id in us}
    for kind, some in (
        ("updated", [one for one in met if one.outside_id in quiet]),
        ("arrived", [one for one in met if one.outside_id not in quiet]),
    ):
        changes = [
            (found[one.outside_id], _to_us(channel, one, by, old=kind == "updated", mine=one.author.outside_id in us)) for one in some
        ]
        update_many(module(POST), changes, actor=Actor.system("sync"), kind=kind)


def _to_us(channel: Channel, said: Said, by: str, *, old: bool, mine: bool) -> dict[str, Any]:
    to_us = {"channel": channel.pk, "kind": _kind(channel, said, by, mine=mine), "theirs": False}
    if mine:
        return {**to_us, "ours": True, "state": "done"}
    return to_us if old else {**to_us, "state": "open"}
