"""Reading a channel: read (budget first), decide, store posts, cursor and what rules make of them in one transaction.

A page that is not whole is an error and moves nothing. Rounds overlap, for posts appear late; what came before is known
by its id. The first round brings what was there before us, within a bound, and is never work for rules.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Case, F, Q, QuerySet, When

from core import clock
from core.remote import budget
from core.remote.abilities import Can
from core.remote.errors import Faulty, Limited, NotAllowed, OverBudget, Rejected, RemoteError, Revoked, Unpaid, Unsettled
from core.remote.network import network
from core.remote.wires import Wire
from core.uncollected import uncollected
from core.work.jobs import Run, enqueue
from core.work.models import Job
from core.work.run import backoff

from . import changing, private
from .keeping import take_in
from .models import ACTIVE, NEEDS_SIGNIN, Channel, Stream
from .networks.items import Page, later

KIND, MESSAGES = "social.pull", "messages"
BACKFILL_PAGES, PAGES_A_TURN, STREAMS_A_TICK = 2, 5, 200
# A round asks from a little before where the last one ended; once an hour from a day before (reliability F8).
UNPAID_PAUSE = timedelta(hours=1)
OVERLAP, SWEEP, SWEEP_EVERY = timedelta(minutes=5), timedelta(hours=24), timedelta(hours=1)


_unpaid: list[Callable[[str], None]] = []


def on_unpaid(listener: Callable[[str], None]) -> Callable[[str], None]:
    """Register `fn(network key)`: called whenever a network refuses for want of credit."""
    _unpaid.append(listener)
    return listener


@dataclass(frozen=True)
class Place:
    """Where a reading stands: the columns of a Stream that move together."""

    since_id: str = ""
    page_token: str = ""
    page_since: str = ""
    page_newest: str = ""
    pages: int = 0
    first_round: bool = True


def begun(place: Place, *, sweep: bool, earlier: Callable[[str, timedelta], str]) -> Place:
    """A round begins: what it asks from is frozen until it ends. A running round stays as it is."""
    if place.page_token:
        return place
    return replace(place, page_since=earlier(place.since_id, SWEEP if sweep else OVERLAP), page_newest="", pages=0)


def advanced(place: Place, page: Page) -> Place:
    """After a whole page: the round goes on, or ends and the cursor moves to the newest of its first page."""
    newest = place.page_newest or page.newest
    pages = place.pages + 1
    if page.next_token and not (place.first_round and pages >= BACKFILL_PAGES):
        return replace(place, page_token=page.next_token, page_newest=newest, pages=pages)
    since = later(place.since_id, newest)
    return Place(since_id=since, first_round=False)


def next_interval(interval: int, found: int, floor: int, ceiling: int) -> int:
    """New posts halve the pause down to the floor; nothing makes it half as long again, up to the ceiling. All in seconds."""
    wanted = interval // 2 if found else interval + interval // 2 + 1
    return max(floor, min(ceiling, wanted))


def enqueue_due(now: datetime) -> int:
    """Hand the streams that are due to the workers, the longest unread first. Gives how many."""
    return sum(start(stream, now) for stream in due_streams(now)[:STREAMS_A_TICK])


def due_streams(now: datetime) -> QuerySet[Stream]:
    """The streams whose turn it is, the longest unread first: those that were never read, then by when they last were."""
    due = Stream.objects.filter(next_due__lte=now, paused=False, channel__state=ACTIVE)
    return due.select_related("channel").order_by(F("last_ok").asc(nulls_first=True), "next_due", "pk")


def start(stream: Stream, now: datetime) -> bool:
    """Take a stream that is due and write its job. A second clock finds the row moved and does nothing."""
    return taken(stream, now) is not None


def taken(stream: Stream, now: datetime) -> Job | None:
    """The job of a stream that was due and is now ours; None if another clock was quicker."""
    with transaction.atomic():
        mine = Stream.objects.filter(pk=stream.pk, next_due=stream.next_due)
        if not mine.update(next_due=now + timedelta(seconds=stream.interval)):
            return None
        return enqueue(KIND, key=f"stream:{stream.pk}", args={"stream": stream.pk})


def work(run: Run) -> None:
    """One turn at a stream: a few pages, each stored before the next is asked for. The job keeps how many were new."""
    stream = Stream.objects.select_related("channel__connection__chain").filter(pk=run.args["stream"]).first()
    if stream is None or stream.paused or stream.channel.state != ACTIVE:
        return
    if stream.kind == MESSAGES and not _may_read_messages(stream):
        return
    new = 0
    channel, net = stream.channel, network(stream.channel.network)
    wire = Wire(channel.connection, guard=run.hold, feature=stream.kind, argument=stream.argument)
    for _turn in range(PAGES_A_TURN):
        place = begun(_place(stream), sweep=_sweeps(stream), earlier=net.earlier)
        try:
            page = read(stream, place, wire)
        except RemoteError as error:
            put_off(run, stream, error, new)
            return
        pause = paced(stream, wire)
        with run.step():
            new += store(stream, place, page, pause)
        if not stream.page_token or not _goes_on(stream):
            break
    run.finish(new=new)


def _goes_on(stream: Stream) -> bool:
    """Whether it is still to be read: while a page was read somebody may have paused it, removed it or disconnected its channel."""
    return Stream.objects.filter(pk=stream.pk, paused=False, channel__state=ACTIVE).exists()


def _may_read_messages(stream: Stream) -> bool:
    """Whether level and permissions let us read private messages. If not, nothing is asked, and it is looked again much later."""
    net = network(stream.channel.network)
    if not net.why_not(Can.MESSAGE, scopes=stream.channel.connection.chain.scopes or None):
        return True
    until = clock.now() + timedelta(seconds=net.pace(MESSAGES)[1])
    Stream.objects.filter(pk=stream.pk).update(next_due=until, last_error=NotAllowed.code)
    return False


def read(stream: Stream, place: Place, wire: Wire) -> Page:
    """One page from the network. Raises RemoteError. It is the last of its round where it reaches what was read before: only once
    an hour is read on, for what appeared late."""
    net = wire.network
    found: Page = net.read(wire, stream.kind, stream.channel.outside_id, stream.argument, since=place.page_since, token=place.page_token)
    usual = place.page_since == net.earlier(place.since_id, OVERLAP)
    return replace(found, next_token="") if usual and net.reaches(found, place.since_id) else found


def paced(stream: Stream, wire: Wire) -> float:
    """The pause, in seconds, that the allowances of this round leave between two rounds (SOC-4): other streams draw on them, too."""
    rows = Stream.objects.filter(kind=stream.kind, paused=False, channel__state=ACTIVE)
    mine, all_of_us = rows.filter(channel=stream.channel_id), rows.filter(channel__network=stream.channel.network)
    rounds = {bucket: calls * max(1, (all_of_us if ":app:" in bucket.key else mine).count()) for bucket, calls in wire.taken.items()}
    return budget.pace(rounds) if rounds else 0.0


def store(stream: Stream, place: Place, page: Page, pause: float = 0.0) -> int:
    """What is new of a page, the rules it sets off, and the cursor: in the caller's transaction. Gives how many are new. After a
    round the stream waits at least `pause` seconds."""
    channel, now = stream.channel, clock.now()
    # An old post may come along with what is new below it.
    before = None if place.first_round else channel.connection.created_at - OVERLAP
    with uncollected():
        new = take_in(channel, page.posts, before=before, first=place.first_round, by=stream.kind)
    new += _store_private(channel, page, old=place.first_round)
    if page.whole:
        changing.look_for_missing(channel, page.whole, page.posts)
    for one in page.edited:
        changing.reworded(channel.network, [one], one.at)
    for number in page.gone:
        changing.gone(channel.network, number)
    after = advanced(place, page)
    values: dict[str, Any] = {**vars(after), "last_ok": now, "last_error": "", "failures": 0}
    if not after.page_token:
        floor, ceiling = network(channel.network).pace(stream.kind)
        values["interval"] = next_interval(stream.interval, new, floor, ceiling)
        values["swept_at"] = now if _sweeps(stream) else stream.swept_at
    wait = timedelta(0) if after.page_token else timedelta(seconds=max(values["interval"], pause))
    _moved(stream, values, due=now + wait)
    return new


def _moved(stream: Stream, values: dict[str, Any], *, due: datetime) -> None:
    """Write what a reading decides, and nothing else: whoever paused or removed the stream while it was read is not undone. A network
    that told of something meanwhile made it due at once; it stays so."""
    called = ~Q(next_due=stream.next_due) & Q(next_due__lte=clock.now())
    Stream.objects.filter(pk=stream.pk).update(**values, next_due=Case(When(called, then=F("next_due")), default=due))
    for name, value in {**values, "next_due": due}.items():
        setattr(stream, name, value)


def _store_private(channel: Channel, page: Page, *, old: bool) -> int:
    """The private messages of a page, and which of those we had are gone. Gives how many are new."""
    if not page.messages:
        return 0
    side = private.Side.of(channel)
    if page.gapless:
        private.missing_from(side, page.messages)
    return private.take_in(side, page.messages, since=None if old else private.ALWAYS)


def put_off(run: Run, stream: Stream, error: RemoteError, new: int = 0) -> None:
    """The network said no, or nothing: the cursor stays, the stream waits. Only an ended sign-in stops it (SOC-19)."""
    now = clock.now()
    floor, _ceiling = network(stream.channel.network).pace(stream.kind)
    values: dict[str, Any] = {"last_error": error.code}
    if isinstance(error, Limited | OverBudget):
        values["next_due"] = error.until
    elif not isinstance(error, Revoked):
        values["failures"] = min(stream.failures + 1, 30)
        pause = UNPAID_PAUSE if isinstance(error, Unpaid) else timedelta(seconds=0 if isinstance(error, Unsettled) else floor // 2)
        values["next_due"] = now + max(pause, backoff(stream.failures + 1))
    if isinstance(error, Rejected | Faulty):
        # The page token or the cursor is too old for the network: the round begins anew from the cursor.
        values.update(page_token="", page_since="", page_newest="", pages=0)  # noqa: S106 - no password
    with run.step():
        if isinstance(error, Unpaid) and not isinstance(error, OverBudget):
            _pause(stream.channel.network, now)
        if isinstance(error, Revoked):
            _ended(stream, now)
        Stream.objects.filter(pk=stream.pk).update(**values)
        run.finish(new=new, code=error.code, facts=error.facts())


def _ended(stream: Stream, now: datetime) -> None:
    """The sign-in has ended, unless somebody signed in anew while it was read."""
    lasts = Q(connection__ends_at=None) | Q(connection__ends_at__gt=now)
    rows = Channel.objects.filter(pk=stream.channel_id, state=ACTIVE)
    rows.exclude(lasts, connection__closed_at=None, connection__chain__state="active").update(state=NEEDS_SIGNIN)


def _pause(key: str, now: datetime) -> None:
    """No credit: nothing of this network is read for a while, and those who can pay hear of it once a day."""
    until = now + UNPAID_PAUSE
    Stream.objects.filter(channel__network=key, next_due__lt=until).update(next_due=until)
    for listener in _unpaid:
        listener(key)


def _place(stream: Stream) -> Place:
    return Place(**{name: getattr(stream, name) for name in Place.__dataclass_fields__})


def _sweeps(stream: Stream) -> bool:
    """Whether this round looks back a day. Private messages come in their order; looking back would be paid once more."""
    if stream.first_round or stream.kind == MESSAGES:
        return False
    return stream.swept_at is None or clock.now() - stream.swept_at >= SWEEP_EVERY
