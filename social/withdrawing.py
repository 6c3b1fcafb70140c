"""What somebody takes back at their network: the access they gave us, or all that we have of them (Facebook's two callbacks).

Both are believed for the network's signature alone. Access is looked at again, not believed: what is told late or twice must not end
a sign-in that was renewed meanwhile. Data goes by a job; who asked is given a code that tells how far it is.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from django.db import transaction
from django.db.models import CharField, F, Q, Value
from django.db.models.functions import Cast, Concat

from core import clock
from core.actor import Actor
from core.event.emit import emit_one
from core.personal import erasing
from core.remote import connection as tokens
from core.remote.errors import Limited
from core.remote.models import ACTIVE, PERSONAL, Connection, TokenChain
from core.remote.network import Network
from core.work.jobs import Run, enqueue

from . import probing
from .models import DISCONNECTED, Channel, Conversation, DeletionRequest, Message, Post, Profile

JOB = "social.erase_person"


def access(net: Network, person: str) -> int:
    """Somebody took our app off: have what they granted looked at now. Gives how many connections."""
    granted = Q(chain__granted_by=person) | Q(chain__granted_by="")
    rows = Connection.objects.filter(granted, network=net.key, chain__state=ACTIVE)
    for row in rows:
        enqueue(probing.KIND, key=f"probe:{row.pk}", args={"connection": row.pk})
    return len(rows)


def data(net: Network, person: str, signed: str) -> DeletionRequest:
    """Note that somebody wants all of theirs gone, and have a job do it. The same request again is the same one."""
    digest = hashlib.sha256(signed.encode()).hexdigest()
    with transaction.atomic():
        first = {"network": net.key, "person": person, "code": secrets.token_urlsafe(16), "asked_at": clock.now()}
        row, made = DeletionRequest.objects.get_or_create(digest=digest, defaults=first)
        if made:
            enqueue(JOB, key=f"request:{row.pk}", args={"request": row.pk})
    return row


def erase(run: Run) -> None:
    """What they granted ends here, and what they said is emptied wherever it stands; then the request holds no name any more."""
    row = DeletionRequest.objects.filter(pk=run.args["request"], done_at=None).first()
    if row is None:
        return
    # Pages they granted us, and their own account where they are one of us.
    theirs = Q(granted_by=row.person) | Q(outside_id=row.person)
    for chain in TokenChain.objects.filter(theirs, network=row.network):
        try:
            tokens.sign_out(chain)
        except Limited as error:
            run.later(error.until)
            return
    posts = Post.objects.filter(network=row.network, profile__outside_id=row.person)
    talks = Conversation.objects.filter(network=row.network, profile__outside_id=row.person)
    said = Message.every.filter(conversation__in=talks)
    erasing.empty(
        run,
        {
            "social.post": list(posts.values_list("pk", flat=True)),
            "social.message": list(said.values_list("pk", flat=True)),
            "social.conversation": list(talks.values_list("pk", flat=True)),
        },
    )
    with run.step():
        for channel in Channel.objects.filter(connection__chain__granted_by=row.person, network=row.network).exclude(state=DISCONNECTED):
            Channel.objects.filter(pk=channel.pk).update(state=DISCONNECTED)
            emit_one("social.channel", channel, "disconnected", Actor.system("sync"))
        TokenChain.objects.filter(network=row.network, granted_by=row.person).update(granted_by="")
        own = Connection.objects.filter(network=row.network, kind=PERSONAL, chain__outside_id=row.person)
        own.update(closed_at=clock.now(), handle="", name="", picture_url="")
        nothing: dict[str, Any] = dict.fromkeys(("handle", "handle_key", "name", "name_key", "bio", "place", "picture_url", "was"), "")
        nothing |= {"background": {}, "noted": {}}
        number = Concat(Value("erased:"), Cast(F("pk"), CharField()), output_field=CharField())
        Profile.objects.filter(network=row.network, outside_id=row.person).update(outside_id=number, **nothing)
        DeletionRequest.objects.filter(pk=row.pk).update(person="", done_at=clock.now())
        run.finish()
