"""What becomes of posts at the network after we have them: other words, or nothing any more (SOC-5).

Words that changed are brought up to date and marked; what stood there before stays in the history. What a whole reading did not
bring is looked for by itself before it is marked as deleted: not to have seen something does not say that it is gone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from core import clock
from core.actor import Actor
from core.exchange.intake import take
from core.module.registry import module
from core.record.write import update_many
from core.remote.errors import RemoteError
from core.remote.network import network
from core.remote.wires import Wire
from core.work.jobs import Run, enqueue

from .models import ACTIVE, ERASED, Channel, Post
from .networks.items import Said, Whole

KIND = "social.look_for"
# What was said while it was read may be missing of a reading. Their clock and ours may differ by as much.
FRESH = timedelta(minutes=2)
AT_ONCE = 100


def reworded(network_key: str, said: Iterable[Said], at: datetime | None = None) -> int:
    """Bring posts up to date whose words are others now; `at` is when they were changed, where the network says. A reading
    without words changes nothing: they may be hidden from us; nor does any change what was erased here. Gives how many."""
    new = {one.outside_id: one.text for one in said if one.text.strip()}
    known = Post.objects.filter(network=network_key, outside_id__in=new, deleted_on_network=False, ours=False)
    rows = known.exclude(**ERASED) if new else ()
    changes: list[tuple[Any, dict[str, Any]]] = [
        (row, {"text": new[row.outside_id], "edited_at": at or clock.now()})
        for row in rows
        if _words(row.text) != _words(new[row.outside_id]) and not (at and row.edited_at and at < row.edited_at)
    ]
    if changes:
        update_many(module("social.post"), changes, actor=Actor.system("sync"))
    return len(changes)


def _words(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def look_for_missing(channel: Channel, whole: Sequence[Whole], said: Iterable[Said]) -> None:
    """Write the job that looks for what a whole reading should have brought and did not."""
    seen, until, missing = {one.outside_id for one in said}, clock.now() - FRESH, set()
    for part in whole:
        rows = Post.objects.filter(channel=channel, deleted_on_network=False, ours=False, said_at__gte=part.since, said_at__lt=until)
        rows = rows.filter(kind=part.kind) if part.kind else rows.filter(kind__in=["mention", "reply"])
        rows = rows.filter(conversation=part.conversation) if part.conversation else rows
        missing |= set(rows.values_list("outside_id", flat=True)) - seen
    if missing:
        wanted = sorted(missing)[:AT_ONCE]
        enqueue(KIND, key=f"{channel.pk}:{wanted[0]}", args={"channel": channel.pk, "posts": wanted})


def look(run: Run) -> None:
    """Ask the network for each of these posts; who is not there is marked. Trouble says nothing: the next reading asks anew."""
    channel = Channel.objects.select_related("connection__chain").filter(pk=run.args["channel"], state=ACTIVE).first()
    if channel is None:
        return
    net: Any = network(channel.network)
    try:
        lost = net.gone(Wire(channel.connection, guard=run.hold, feature="deleted"), run.args["posts"])
    except RemoteError:
        return
    with run.step():
        for number in sorted(lost):
            gone(channel.network, number)
        run.finish()


def gone(key: str, number: str) -> None:
    """Marked as deleted; of one that was never read it is noted, so that its late announcement makes no post of it. Who was
    storing it meanwhile has done so when it cannot be noted."""
    if not _marked(key, number) and not take(key, "post", [number], key=str):
        _marked(key, number)


def _marked(key: str, number: str) -> bool:
    """Mark a post as deleted, if we have it."""
    rows = list(Post.objects.filter(network=key, outside_id=number))
    changes = [(row, {"deleted_on_network": True}) for row in rows if not row.deleted_on_network]
    update_many(module("social.post"), changes, actor=Actor.system("sync"))
    return bool(rows)
