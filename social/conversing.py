"""Reading the history with one person, when somebody opens it: of the organisation's accounts once, of one's own each time anew (SOC-9).

What the history brings of the time since the channel is read by itself has arrived, as if its stream had found it.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from core import clock
from core.remote.abilities import Can
from core.remote.errors import Faulty, Limited, OverBudget, Rejected, RemoteError
from core.remote.models import Connection
from core.remote.network import Network, network
from core.remote.wires import Wire
from core.work.jobs import Run, enqueue

from . import private
from .messaging import Line
from .models import Conversation, Profile, Stream
from .pull import MESSAGES, OVERLAP

KIND = "social.converse"
# A history that no stream keeps up is read again after so long; one that could not be read, too.
AGAIN = timedelta(minutes=5)


def wanted(line: Line, now: datetime) -> bool:
    """Whether the history with this person is to be read: never was, or nothing else keeps it up and it is a while ago."""
    speaker, talk = line.speaker, line.talk
    if speaker is None or not line.profile.met:  # linked by its address: the network has not told yet who that is
        return False
    if not speaker.signed_in or speaker.why_not(Can.MESSAGE) or not private.readable(line.network):
        return False
    if talk is None or talk.read_at is None:
        return True
    return (speaker.mine or bool(talk.last_error)) and now - talk.read_at > AGAIN


def ask(line: Line, *, older: bool = False) -> None:
    """Write the job that reads it."""
    if line.speaker is None or not private.readable(line.network):
        return
    args = {"connection": line.speaker.connection.pk, "profile": line.profile.pk, "older": int(older)}
    enqueue(KIND, key=f"converse:{args['connection']}:{args['profile']}:{args['older']}", args=args)


def work(run: Run) -> None:
    """One page of a history, kept with where the rest of it goes on."""
    connection = Connection.objects.select_related("chain").filter(pk=run.args["connection"]).first()
    profile = Profile.objects.filter(pk=run.args["profile"]).first()
    side = private.Side.of_connection(connection) if connection else None
    if connection is None or profile is None or side is None:
        return
    net: Any = network(connection.network)
    talk = side.conversations().filter(profile=profile).first()
    token = talk.older if talk and run.args.get("older") else ""
    wire = Wire(connection, person=True, guard=run.hold, feature="conversation")
    try:
        found = net.conversation(wire, profile.outside_id, token=token)
        closed = not token and not any(one.author.outside_id != side.account for one in found.messages) and _closed(net, wire, profile)
    except RemoteError as error:
        with run.step():
            talk = private.conversation_of(side, profile)
            # The network may have forgotten where we were: then what is older is read from the newest on, not never again.
            lost = {"older": ""} if token and isinstance(error, Rejected | Faulty) else {}
            Conversation.objects.filter(pk=talk.pk).update(read_at=clock.now(), last_error=error.code, facts=error.facts(), **lost)
            if isinstance(error, Limited | OverBudget):
                run.later(error.until)
            else:
                run.finish(code=error.code, facts=error.facts())
        return
    with run.step():
        talk = private.conversation_of(side, profile)
        if found.gapless:
            private.missing_from(side, found.messages, talk)
        private.take_in(side, found.messages, since=_since(side))
        values: dict[str, Any] = {"read_at": clock.now(), "last_error": "", "facts": {}, "closed": closed}
        if token or not talk.older:
            values["older"] = found.next_token
        Conversation.objects.filter(pk=talk.pk).update(**values)


def _closed(net: Network, wire: Wire, profile: Profile) -> bool:
    """Whether somebody who never wrote takes no messages from us, where the network tells it."""
    if not hasattr(net, "by_id"):
        return False
    return net.by_id(wire, profile.outside_id).takes_messages is False  # type: ignore[no-any-return]


def _since(side: private.Side) -> datetime | None:
    """From when on what is found has arrived: since the stream of the channel was read last. None where there is no stream."""
    if side.channel is None:
        return None
    stream = Stream.objects.filter(channel=side.channel, kind=MESSAGES).first()
    return stream.last_ok - OVERLAP if stream and stream.last_ok and not stream.first_round else None
