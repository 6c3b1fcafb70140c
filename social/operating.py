"""What whoever runs the machine asks of social media, as plain values: `manage.py social` prints them (docs/operations.md).

No token, key or secret is among them. What was said in private is left out unless it is asked for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.timezone import get_current_timezone, make_aware

from core import clock
from core.exchange import outbox
from core.exchange.models import FAILED, HELD, SENDING, UNKNOWN, WAITING, Delivery
from core.exchange.verbs import PRIVATE
from core.remote import money
from core.remote.errors import Transient, said
from core.remote.models import ACTIVE, REVOKED_HERE, Connection
from core.remote.network import network, networks
from core.work import jobs
from core.work.models import OPEN, Job

from . import pull
from .allowances import allowances
from .models import Channel, Post, Stream

# A stream that has waited this long for its turn is behind, seconds; a sign-in that ends this soon is told.
LATE, ENDS_SOON = 1_800, timedelta(days=7)
ACCOUNTS = 1_000
_SPAN = re.compile(r"(\d{1,6})([smhd])")
_UNITS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}


class Unclear(Exception):  # noqa: N818 - it names what is wrong with the question
    """The question cannot be answered; the message says why."""


def moment(text: str) -> datetime:
    """A date, a moment, or how long ago: `2026-11-30`, `2026-11-30T09:00+09:00`, `90m`, `24h`, `7d`. Raises Unclear."""
    span = _SPAN.fullmatch(text)
    if span:
        return clock.now() - timedelta(seconds=int(span[1]) * _UNITS[span[2]])
    try:
        day = parse_date(text)
        found = datetime(day.year, day.month, day.day) if day else parse_datetime(text)  # noqa: DTZ001 - made aware below
    except ValueError:
        found = None
    if found is None:
        raise Unclear(f"{text!r} is no time. Say 2026-11-30, 2026-11-30T09:00, 90m, 24h or 7d.")
    return found if found.tzinfo else make_aware(found, get_current_timezone())


def channel_of(name: str) -> Channel:
    """The channel of a number, `@handle` or `network:@handle`. Raises Unclear for none and for several."""
    key, _colon, handle = name.rpartition(":")
    handle = handle.removeprefix("@")
    same = Q(handle__iexact=handle) | (Q(pk=int(handle)) if handle.isdigit() and len(handle) < 19 else Q())
    found = list(Channel.objects.filter(same, **({"network": key} if key else {})).order_by("pk")[:2])
    if len(found) == 1:
        return found[0]
    known = ", ".join(f"{one.network}:@{one.handle}" for one in Channel.objects.order_by("network", "handle")[:20])
    raise Unclear(f"{'Several channels are' if found else 'No channel is'} called {name!r}. There are: {known or 'none'}.")


# Reading ------------------------------------------------------------------------------------------------------------------


def streams(names: Iterable[str]) -> list[Stream]:
    """The streams of these numbers or channels. Raises Unclear for one that is not, or whose channel is not connected."""
    found: dict[int, Stream] = {}
    rows = Stream.objects.select_related("channel").order_by("pk")
    for name in names:
        mine = list(rows.filter(pk=int(name))) if name.isdigit() and len(name) < 19 else list(rows.filter(channel=channel_of(name)))
        if not mine:
            raise Unclear(f"There is no stream {name}; `manage.py social status` lists them.")
        for one in mine:
            if one.channel.state != ACTIVE:
                raise Unclear(f"Stream {one.pk}: @{one.channel.handle} is {one.channel.get_state_display().lower()}; nothing is read.")
            if one.paused and len(mine) == 1:
                raise Unclear(f"Stream {one.pk} ({one.kind} {one.argument}) is paused; nothing is read.".replace(" )", ")"))
            if not one.paused:
                found[one.pk] = one
    return list(found.values())


def due(now: datetime) -> Iterator[Stream]:
    """Streams whose turn it is, the longest unread first; each once, however long the reading takes."""
    met: set[int] = set()
    while rows := list(pull.due_streams(now).exclude(pk__in=met)[: pull.STREAMS_A_TICK]):
        met.update(one.pk for one in rows)
        yield from rows


def read(stream: Stream) -> dict[str, Any]:
    """Read one stream here and now to its end, or until the network wants a pause. What came stands under "items"."""
    before = Post.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    told: dict[str, Any] = {"stream": stream.pk, "new": 0, "error": "", "why": ""}
    while True:
        stream.refresh_from_db()
        job = pull.taken(stream, clock.now())
        if job is None or jobs.work(job.pk) == "":
            told.update(error="busy", why="A worker is reading it just now.")
            break
        job.refresh_from_db()
        stream.refresh_from_db()
        told["new"] += job.result.get("new", 0)
        if job.state != "done":
            told.update(error="parked" if job.state == "parked" else "failed", why=job.last_error)
        elif code := job.result.get("code"):
            told.update(error=code, why=said(code, job.result.get("facts") or {}))
        if told["error"] or not stream.page_token:
            break
    # By the channel, for what a stream brought has no other mark.
    posts = Post.objects.filter(pk__gt=before, channel=stream.channel_id, deleted_at=None).order_by("-said_at", "-pk")
    shown = [item(one) for one in posts.select_related("channel")[:200]] if told["new"] else []
    return {**stream_line(stream, clock.now()), **told, "items": shown}


# What is stored -----------------------------------------------------------------------------------------------------------


def items(*, network_key: str = "", channel: str = "", kind: str = "", since: str = "", limit: int = 50) -> Iterator[dict[str, Any]]:
    """What is stored, newest first by the network's time. Raises Unclear, before the first is given."""
    rows: QuerySet[Any] = Post.objects.filter(deleted_at=None).select_related("channel")
    if network_key:
        _known(network_key)
        rows = rows.filter(network=network_key)
    if channel:
        rows = rows.filter(channel=channel_of(channel))
    if kind:
        kinds = sorted(set(Post.objects.order_by().values_list("kind", flat=True).distinct()))
        if kind not in kinds:
            raise Unclear(f"Nothing of the kind {kind!r} is stored. There are: {', '.join(kinds) or 'none'}.")
        rows = rows.filter(kind=kind)
    if since:
        rows = rows.filter(said_at__gte=moment(since))
    rows = rows.order_by("-said_at", "-pk")
    return map(item, rows[:limit] if limit else rows.iterator(chunk_size=500))


def _known(key: str) -> None:
    if key not in {one.key for one in networks()}:
        raise Unclear(f"No network is called {key!r}. There are: {', '.join(one.key for one in networks())}.")


def item(post: Post) -> dict[str, Any]:
    """One stored post."""
    return {
        "id": post.pk,
        "network": post.network,
        "channel": f"@{post.channel.handle}",
        "kind": post.kind,
        "outside_id": post.outside_id,
        "said_at": post.said_at.isoformat(),
        "stored_at": post.created_at.isoformat(),
        "author": post.author_name,
        "handle": post.author_handle,
        "ours": post.ours,
        "state": post.state,
        "deleted_on_network": post.deleted_on_network,
        "conversation": post.conversation,
        "in_reply_to": post.in_reply_to,
        "text": post.text,
    }


# What goes out ------------------------------------------------------------------------------------------------------------


def fate(row: Delivery, *, private: bool = False) -> dict[str, Any]:
    """What became of one delivery. The words of a private message only if they are asked for."""
    hidden = row.action in PRIVATE and not private
    return {
        "id": row.pk,
        "network": row.network,
        "as": f"@{row.connection.handle}",
        "action": row.action,
        "state": row.state,
        "why": row.why,
        "asked_at": row.created_at.isoformat(),
        "not_before": row.not_before and row.not_before.isoformat(),
        "sending_at": row.sending_at and row.sending_at.isoformat(),
        "sent_at": row.sent_at and row.sent_at.isoformat(),
        "attempts": row.attempts,
        "looks": row.looks,
        "outside_id": row.outside_id,
        "record": f"{row.module}:{row.record_id}" if row.module else "",
        "text": None if hidden else row.text,
    }


def delivery(pk: int) -> Delivery:
    """One delivery. Raises Unclear."""
    row = Delivery.objects.select_related("connection").filter(pk=pk).first()
    if row is None:
        raise Unclear(f"There is no delivery {pk}.")
    return row


def send(limit: int = 0) -> Iterator[Delivery]:
    """Work off what is due in the outbox, each delivery once, the oldest first. Gives each that had a turn here."""
    met: set[int] = set()
    while not limit or len(met) < limit:
        now = clock.now()
        free = Q(state="waiting", due_at__lte=now) | Q(state="running", lease_until__lt=now)
        job = Job.objects.filter(free, kind=outbox.KIND).exclude(pk__in=met).order_by("due_at", "pk").first()
        if job is None:
            return
        met.add(job.pk)
        if jobs.work(job.pk):
            yield delivery(job.args["delivery"])


# How it stands ------------------------------------------------------------------------------------------------------------


def status() -> dict[str, Any]:
    """Sign-ins, limits and money, streams, the outbox. `needs` says in sentences what a person has to do."""
    now = clock.now()
    told: dict[str, Any] = {
        "at": now.isoformat(),
        "credentials": [_credential(one) for one in _connections()],
        "budgets": _budgets(),
        "spending": [_spending(one.key) for one in networks() if one.prices],
        "streams": [stream_line(one, now) for one in Stream.objects.select_related("channel").order_by("next_due", "pk")],
        "outbox": _outbox(),
    }
    return {**told, "needs": _needs(told, now)}


def _connections() -> QuerySet[Connection]:
    return Connection.objects.select_related("chain", "owner").order_by("network", "handle", "pk")


def _credential(row: Connection) -> dict[str, Any]:
    chain = row.chain
    return {
        "network": row.network,
        "account": f"@{row.handle}" if row.handle else row.name,
        "kind": row.kind,
        "owner": str(row.owner),
        "state": chain.state,
        "reason": chain.state_reason,
        "expires_at": chain.expires_at and chain.expires_at.isoformat(),
        "renews_itself": bool(chain.refresh),
        "last_ok_at": chain.last_ok_at and chain.last_ok_at.isoformat(),
        "permissions": list(chain.scopes),
    }


def _budgets() -> list[dict[str, Any]] | None:
    """What is used of the limits, the fullest first; None while they cannot be read."""
    made = []
    try:
        for net in networks():
            for one in allowances(net, ACCOUNTS):
                state = one.state
                made.append(
                    {
                        "network": net.key,
                        "account": one.whose or "the app",
                        "calls": one.what,
                        "used": state.used,
                        "left": state.limit - state.used,
                        "limit": state.limit,
                        "resets_in": None if state.seconds is None else round(state.seconds),
                    }
                )
    except Transient:
        return None
    return sorted(made, key=lambda line: (line["left"] / max(1, line["limit"]), line["network"], line["account"], line["calls"]))


def _spending(key: str) -> dict[str, Any]:
    spent = money.spent(key)
    over = spent.over()
    named = {"today": spent.day, "today_limit": spent.day_limit, "month": spent.month, "month_limit": spent.month_limit}
    dollars = {name: None if value is None else value / 1_000_000 for name, value in named.items()}
    return {"network": key, **dollars, "over": over, "resumes_at": money.resumes(over).isoformat() if over else None}


def stream_line(stream: Stream, now: datetime) -> dict[str, Any]:
    """One stream. `lag` is how many seconds it has waited for its turn, `unread_for` since it was last read whole."""
    waits = stream.channel.state == ACTIVE and not stream.paused
    return {
        "stream": stream.pk,
        "network": stream.channel.network,
        "channel": f"@{stream.channel.handle}",
        "state": "paused" if stream.paused else stream.channel.state,
        "kind": stream.kind,
        "argument": stream.argument,
        "interval": stream.interval,
        "next_due": stream.next_due.isoformat(),
        "lag": round(max(0.0, (now - stream.next_due).total_seconds())) if waits else None,
        "unread_for": round((now - stream.last_ok).total_seconds()) if stream.last_ok else None,
        "goes_on": bool(stream.page_token),
        "last_error": stream.last_error,
        "failures": stream.failures,
    }


def _outbox() -> dict[str, Any]:
    counts = dict(Delivery.objects.order_by().values_list("state").annotate(Count("pk")))
    waiting = Delivery.objects.filter(state=WAITING).filter(Q(not_before=None) | Q(not_before__lte=clock.now()))
    oldest = waiting.aggregate(first=Min("created_at"))["first"]
    shown = Delivery.objects.filter(state__in=[UNKNOWN, HELD, FAILED]).select_related("connection").order_by(F("created_at").desc(), "-pk")
    open_jobs = Job.objects.filter(kind=outbox.KIND, state__in=OPEN).count()
    return {
        "counts": {state: counts.get(state, 0) for state in (WAITING, SENDING, "sent", HELD, FAILED, UNKNOWN)},
        "oldest_due": oldest and oldest.isoformat(),
        "jobs": open_jobs,
        "look_at": [fate(one) for one in shown[:20]],
    }


def _needs(told: dict[str, Any], now: datetime) -> list[str]:
    made = []
    for one in told["credentials"]:
        label, soon = f"{one['network']} {one['account']}", one["expires_at"] and not one["renews_itself"]
        if one["state"] not in {ACTIVE, REVOKED_HERE}:
            made.append(f"{label} needs a new sign-in ({one['reason'] or 'no reason told'}).")
        elif one["state"] == ACTIVE and soon and datetime.fromisoformat(one["expires_at"]) < now + ENDS_SOON:
            made.append(f"{label}: the sign-in ends at {one['expires_at']} and does not renew itself.")
    if told["budgets"] is None:
        made.append("Redis does not answer: nothing is read or sent until it does.")
    made += [f"The {one['over']}'s budget of {one['network']} is used up." for one in told["spending"] if one["over"]]
    late = [one for one in told["streams"] if (one["lag"] or 0) > LATE]
    if late:
        made.append(f"{len(late)} streams have waited longer than {LATE // 60} minutes for a worker; the longest {late[0]['lag']} s.")
    if unclear := told["outbox"]["counts"][UNKNOWN]:
        made.append(f"{unclear} deliveries may have gone out or not: somebody has to look at the network.")
    for one in networks():
        if Channel.objects.filter(network=one.key).exists() and not network(one.key).client_id:
            made.append(f"No keys are set for {one.key}.")
    return made
