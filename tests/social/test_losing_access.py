"""Access that was taken back at a network: the same story at each of them (SOC-3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine

from core import clock
from core.access.models import User
from core.event.models import Event
from core.exchange.models import Delivery
from core.exchange.outbox import post as queue
from core.notify.models import Notification
from core.remote import http
from core.work.jobs import drain
from sandbox.running import Control
from social import probing
from social.connecting import connect_sandbox
from social.models import Brand, Channel
from social.telling import KIND
from tests.flows.conftest import poll

from .facebook_cast import OWNER, connected


@dataclass(frozen=True)
class At:
    """How an account is connected at a network, and how its owner takes the access back there."""

    connect: Callable[[User, Brand], Channel]
    revoke: Callable[[Control], Any]


NETWORKS = {
    "x": At(connect_sandbox, lambda control: control.revoke()),
    "linkedin": At(
        lambda user, brand: connect_sandbox(user, brand, key="linkedin"), lambda control: control.do("linkedin/revoke", member="maeda-mei")
    ),
    "facebook": At(lambda user, brand: connected(user, brand)[0], lambda control: control.do("facebook/revoke", person=OWNER)),
}


@pytest.mark.parametrize("key", NETWORKS)
def test_access_taken_back_there_is_found_here_within_half_an_hour(
    key: str, people: dict[str, User], graph: Control, linked: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SOC-3: by the probe alone, told once; reading stops and answers wait; a new sign-in goes on where it stopped."""
    calls: list[str] = []
    real = http.fetch
    monkeypatch.setattr(http, "fetch", lambda method, url, **more: (calls.append(url), real(method, url, **more))[1])
    at, brand, root = NETWORKS[key], Brand.objects.create(name="Enishi"), people["root"]
    channel = at.connect(root, brand)
    drain()
    streams = dict(channel.streams.values_list("kind", "since_id"))
    at.revoke(graph)

    with time_machine.travel(clock.now(), tick=True) as traveller:
        minutes = 0
        while channel.state == "active" and minutes < 30:
            traveller.shift(300)
            minutes += 5
            probing.enqueue_quiet(clock.now())
            drain()
            channel.refresh_from_db()
        assert (channel.state, minutes < 30) == ("needs_signin", True)

        calls.clear()
        text = f"すぐに戻ります {key}"
        queue(connection=channel.connection, action="post", key="late", target={}, text=text, asked_by=root)
        probing.enqueue_quiet(clock.now())
        poll()
        assert calls == []
        assert Delivery.objects.get().state not in {"sent", "failed"}
        assert Event.objects.filter(module="social.channel", kind="needs_signin").count() == 1
        assert Notification.objects.filter(kind=KIND, user=root).count() == 1

        channel = at.connect(root, brand)
        drain()
        assert dict(channel.streams.values_list("kind", "since_id")).keys() == streams.keys()
        assert (channel.state, Delivery.objects.get().state) == ("active", "sent")
        calls.clear()
        poll()
        assert calls
    assert not channel.streams.filter(first_round=True).exists()
