"""What networks tell by themselves: what was said to us, deletions, access that was taken back (SOC-8). Polling finds the same."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.urls import reverse

from core import clock
from core.exchange.hooks import hears
from core.exchange.models import HookEvent
from core.remote.errors import RemoteError
from core.remote.models import BRAND, Connection
from core.remote.network import network
from core.remote.wires import Wire
from core.work.jobs import Run, enqueue

from . import changing, private, probing
from .keeping import take_in
from .models import ACTIVE, Channel, Profile, Stream
from .networks.facebook import shapes as facebook
from .networks.items import Message, Person, Said
from .networks.linkedin import shapes as linkedin
from .networks.x import shapes
from .pull import MESSAGES

LISTEN = "social.listen"


@hears("x")
def heard(event: HookEvent) -> None:
    """One event, in a transaction; what it brings is stored once, whichever way it came first."""
    payload = shapes.as_dict(event.payload.get("payload"))
    if event.kind in {"post.mention.create", "post.reply.create"}:
        _said(event, payload)
    elif event.kind in {"dm.received", "dm.sent"}:
        _written("x", event.subject, shapes.told_messages(payload))
    elif event.kind == "post.delete":
        number = str(payload.get("id") or "")
        if number.isdigit():
            changing.gone("x", number)
    elif event.kind == "oauth.revoke":
        # Looked at, not believed: an event that comes late must not end a sign-in that was renewed meanwhile.
        for row in Connection.objects.filter(network="x", chain__outside_id=event.subject, chain__state="active"):
            enqueue(probing.KIND, key=f"probe:{row.pk}", args={"connection": row.pk})


def _written(key: str, account: str, said: list[Message], *, gone: bool = False) -> None:
    """Private messages that a network told of. Whoever tells of them need not be asked for them often; a writer whose name was
    not told is read at once."""
    channel = Channel.objects.filter(network=key, outside_id=account, state=ACTIVE).first()
    if channel is None or not said:
        return
    side, net = private.Side.of(channel), network(key)
    if gone:
        for one in said:
            private.deleted(side, one.outside_id)
        return
    if private.take_in(side, said, since=private.ALWAYS):
        Stream.objects.filter(channel=channel, kind=MESSAGES).update(interval=net.pace(MESSAGES)[1])
    if Profile.objects.filter(network=key, outside_id__in=[one.author.outside_id for one in said], name="").exists():
        _read_now(channel, MESSAGES)


def _said(event: HookEvent, payload: dict[str, Any]) -> None:
    channel = Channel.objects.filter(network="x", outside_id=event.subject, state=ACTIVE).first()
    if channel is None or not str(payload.get("id") or "").isdigit():
        return
    includes = shapes.as_dict(event.payload.get("includes"))
    people = {one.outside_id: one for one in map(shapes.person, includes.get("users") or [])}
    found = shapes.said(payload, people, shapes.pictures_in(includes))
    take_in(channel, [found])


# What of a page's feed is a post or a comment, and what reads the like of it; reactions and the rest are not kept.
_STREAMS = {
    **dict.fromkeys(("album", "link", "photo", "post", "share", "status", "video"), "visitor_posts"),
    "comment": "comments",
}
_FIELDS = {"feed", "mention", "ratings"}
# Where the id stands.
_IDS = {"ratings": "open_graph_story_id", "comment": "comment_id"}


@hears("facebook")
def heard_of_page(event: HookEvent) -> None:
    """One event of a page, in a transaction. What it does not tell whole is read at once."""
    field, _dot, rest = event.kind.partition(".")
    item, _dot, verb = rest.partition(".")
    told = event.payload
    channel = Channel.objects.filter(network="facebook", outside_id=event.subject, state=ACTIVE).first()
    if channel is None:
        return
    if field == "messages":
        _written("facebook", event.subject, facebook.told_messages(told, event.subject), gone=rest == "gone")
        return
    stream = "tagged" if field == "mention" else "ratings" if field == "ratings" else _STREAMS.get(item)
    number = str(told.get(_IDS.get(field) or _IDS.get(item, "post_id")) or "")
    if field not in _FIELDS or stream is None:
        return
    if field == "ratings" and item != "rating":
        # What is said or felt about a recommendation bears its number, too.
        if item == "comment":
            _read_now(channel, "comments")
    elif number and verb == "remove":
        changing.gone("facebook", number)
    elif number and verb in {"edit", "edited"} and (words := str(told.get("message") or told.get("review_text") or "")):
        changing.reworded("facebook", [Said(number, Person(""), words, clock.now())], facebook.moment(told.get("created_time")))
    elif field == "feed" and number and verb == "add" and told.get("published") != 0 and _whole(told, event.subject):
        _said_to_page(channel, item, number, told)
    elif verb != "hide" and told.get("published") != 0:
        _read_now(channel, stream)


def _whole(told: dict[str, Any], us: str) -> bool:
    """Whether an event tells all that a post is made of; of what is less, it is an announcement. Pictures are told by none: a visitor's
    are read with the post, and those of our own posts, which no stream reads, once somebody comments."""
    who = facebook.as_dict(told.get("from")).get("id")
    if told.get("item") in {"album", "photo", "video"} and who != us:
        return False
    return bool(who and told.get("message") and told.get("post_id"))


def _said_to_page(channel: Channel, item: str, number: str, told: dict[str, Any]) -> None:
    node = {**told, "id": number, "parent": {"id": told.get("parent_id")}}
    found = facebook.comment(node, str(told["post_id"])) if item == "comment" else facebook.said(node, channel.outside_id)
    take_in(channel, [found])


@hears("linkedin")
def heard_of_linkedin(event: HookEvent) -> None:
    """One event of a company page, in a transaction. Who it was LinkedIn tells by a number alone: the next reading gives the name."""
    channel = Channel.objects.filter(network="linkedin", outside_id=event.subject, state=ACTIVE).first()
    if channel is None:
        return
    if event.kind == linkedin.TAKEN_BACK:
        changing.gone("linkedin", str(event.payload.get("generatedActivity") or ""))
    elif event.kind in {*linkedin.SAID, linkedin.CHANGED}:
        _read_now(channel, "notifications")


def _read_now(channel: Channel, kind: str) -> None:
    Stream.objects.filter(channel=channel, kind=kind).update(next_due=clock.now())


def ask(key: str) -> None:
    """Write the job that lets a network tell what happens to our accounts."""
    enqueue(LISTEN, key=f"listen:{key}", args={"network": key})


def listen(run: Run) -> None:
    """Register our address at the network, and subscribe every account that is connected. Can be repeated at any time."""
    net: Any = network(run.args["network"])
    try:
        webhook = net.listen(f"{settings.BASE_URL}{reverse('social-hook', args=[net.key])}")
    except RemoteError as error:
        with run.step():
            run.finish(code=error.code, facts=error.facts())
        return
    rows = Connection.objects.filter(network=net.key, kind=BRAND, chain__state="active").select_related("chain").order_by("pk")
    for row in rows:
        try:
            net.subscribe(Wire(row, person=True, guard=run.hold, feature="webhooks"), webhook)
        except RemoteError:
            continue  # an ended sign-in is noted by the wire; the others are subscribed all the same
