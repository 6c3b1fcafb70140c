"""A lead who spoke to us, and what a reader does on her page."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from django.test import Client

from core.access.models import User
from core.remote import http
from core.remote.models import Connection
from core.remote.network import network
from core.work.jobs import drain
from social import own
from social.models import Post, Profile

EMMA = "emma_w_2026"


def talk(record: Any, rest: str = "") -> str:
    return f"/social/talk/crm/{record._meta.model_name}s/{record.pk}/{rest}"


def asked() -> Post:
    return Post.objects.get(text="@enishi_demo Where is my radio?")


def words(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


def read_posts(client: Client, record: Any, how: str = "") -> None:
    profile = Profile.objects.get(handle=EMMA)
    client.post(talk(record, "read"), {"profile": profile.pk, "how": how})
    drain()


def own_account(user: User, username: str) -> Connection:
    """Somebody signs in at the network with an account of their own, by the whole dance."""
    net, session = network("x"), {}
    asked_for = dict(parse_qsl(urlsplit(own.begin(session, user, net, back="/")).query))
    answer = http.fetch("POST", net.authorize_url, form={**asked_for, "decision": "agree", "username": username})
    back = dict(parse_qsl(urlsplit(answer.headers.get("Location", "")).query))
    return own.finish(session, user, net, back)[0]
