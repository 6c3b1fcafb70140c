"""Keywords looked for at a network again and again: what one would cost, before it is read; reading, pausing, ending (SOC-9, SOC-32).

A keyword is a stream of a channel. It begins paused: a job asks the network how many posts it would have brought in seven days, and
an admin reads what that comes to in a month before the first post is paid for.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Sum
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.models import User
from core.actor import Actor
from core.record.write import Refused
from core.remote import money
from core.remote.abilities import Can
from core.remote.errors import Limited, OverBudget, RemoteError, Transient
from core.remote.models import Spending
from core.remote.network import Network, network
from core.signin import audit
from core.work.jobs import Run, enqueue

from .models import DISCONNECTED, Channel, Stream

KIND, JOB = "keyword", "social.estimate"
LONGEST, MOST = 100, 50
ADDED = audit.says("social.keyword_added", lazy("Added the keyword %(name)s"))
STARTED = audit.says("social.keyword_started", lazy("Had the keyword %(name)s read"))
PAUSED = audit.says("social.keyword_paused", lazy("Paused the keyword %(name)s"))
REMOVED = audit.says("social.keyword_removed", lazy("Removed the keyword %(name)s"))


def refusal(channel: Channel) -> str:
    """Why keywords cannot be looked for as this channel; empty if they can."""
    if channel.state == DISCONNECTED:
        return _("The channel @%(handle)s is disconnected.") % {"handle": channel.handle}
    return network(channel.network).why_not(Can.KEYWORDS)


def add(channel: Channel, words: str, user: User) -> Stream:
    """Note a keyword, paused, and have its cost estimated. Raises Refused."""
    keyword = " ".join(words.replace("\x00", "").split())
    if why_not := refusal(channel):
        raise Refused(why_not)
    if not keyword:
        raise Refused(_("Type a keyword or a #hashtag."))
    if len(keyword) > LONGEST:
        raise Refused(_("A keyword has at most %(most)d characters.") % {"most": LONGEST})
    if Stream.objects.filter(channel=channel, kind=KIND).count() >= MOST:
        raise Refused(_("A channel has at most %(most)d keywords.") % {"most": MOST})
    floor, _ceiling = network(channel.network).pace(KIND)
    try:
        with transaction.atomic():
            first = {"paused": True, "next_due": clock.now(), "interval": floor}
            row = Stream.objects.create(channel=channel, kind=KIND, argument=keyword, **first)
            audit.note(Actor(user), ADDED, row, label=keyword, channel=channel.handle)
            ask(row)
    except IntegrityError:
        raise Refused(_("This keyword is there already.")) from None
    return row


def ask(stream: Stream) -> None:
    """Have what a keyword would bring counted."""
    enqueue(JOB, key=f"stream:{stream.pk}", args={"stream": stream.pk})


def ask_again(stream: Stream) -> None:
    """The same for one whose estimate failed."""
    with transaction.atomic():
        if Stream.objects.filter(pk=stream.pk, paused=True, weekly=None).update(last_error=""):
            ask(stream)


def estimate(run: Run) -> None:
    """Count what it would have brought; a price in calls itself, so it is asked for once."""
    stream = Stream.objects.select_related("channel").filter(pk=run.args["stream"], kind=KIND).first()
    if stream is None:
        return
    net: Any = network(stream.channel.network)
    values: dict[str, Any] = {"last_error": ""}
    try:
        values["weekly"] = net.count(stream.argument)
    except (Limited, OverBudget) as error:
        Stream.objects.filter(pk=stream.pk).update(last_error=error.code, next_due=error.until)
        run.later(error.until)
        return
    except Transient:
        raise
    except RemoteError as error:
        values["last_error"] = error.code
    with run.step():
        Stream.objects.filter(pk=stream.pk, paused=True).update(**values)
        run.finish()


def start(stream: Stream, user: User) -> None:
    """Read it from now on. Of what was said until now only the newest is fetched, and no rule hears of it: a pause costs nothing."""
    if why_not := refusal(stream.channel):
        raise Refused(why_not)
    fresh = {"since_id": "", "page_token": "", "page_since": "", "page_newest": "", "pages": 0, "first_round": True}
    now = {"paused": False, "next_due": clock.now(), "last_error": "", "failures": 0}
    with transaction.atomic():
        if Stream.objects.filter(pk=stream.pk, paused=True).update(**fresh, **now):
            audit.note(Actor(user), STARTED, stream, label=stream.argument, channel=stream.channel.handle)


def pause(stream: Stream, user: User) -> None:
    with transaction.atomic():
        if Stream.objects.filter(pk=stream.pk, paused=False).update(paused=True, last_error=""):
            audit.note(Actor(user), PAUSED, stream, label=stream.argument, channel=stream.channel.handle)


def remove(stream: Stream, user: User) -> None:
    """End it. What it found stays."""
    with transaction.atomic():
        audit.note(Actor(user), REMOVED, stream, label=stream.argument, channel=stream.channel.handle)
        Stream.objects.filter(pk=stream.pk).delete()


@dataclass(frozen=True)
class Line:
    """A keyword as the page shows it. Sums are millionths of a dollar; None where the network charges nothing or nothing is known."""

    stream: Stream
    monthly: int | None
    spent: int
    over: bool

    @property
    def pending(self) -> bool:
        """Whether the estimate is on its way."""
        return self.stream.paused and self.stream.weekly is None and self.stream.last_error in {"", *_WAITS}


_WAITS = {"limited", "over_budget"}


def monthly(net: Network, weekly: int) -> int:
    """What so many posts in seven days come to in thirty, in millionths of a dollar."""
    return round(weekly * 30 / 7 * net.found_price)


def lines(streams: list[Stream]) -> dict[int, list[Line]]:
    """The keywords of all channels by channel, with what each has cost this month: one question for all, and one for each
    network's budget."""
    rows = [one for one in streams if one.kind == KIND]
    if not rows:
        return {}
    month = clock.now().date().replace(day=1)
    sums = Spending.objects.filter(feature__in=[KIND, "counts"], argument__in={one.argument for one in rows}, day__gte=month).order_by()
    spent: dict[tuple[str, str], int] = {}
    for row in sums.values("network", "argument").annotate(micros=Sum("micros")):
        spent[row["network"], row["argument"]] = row["micros"]
    limits = {key: money.spent(key).month_limit for key in {one.channel.network for one in rows}}
    made: dict[int, list[Line]] = {}
    for one in sorted(rows, key=lambda row: row.argument):
        key = one.channel.network
        net, limit = network(key), limits[key]
        cost = monthly(net, one.weekly) if one.weekly is not None and net.found_price else None
        over = limit is not None and cost is not None and cost > limit
        made.setdefault(one.channel_id, []).append(Line(one, cost, spent.get((key, one.argument), 0), over))
    return made
