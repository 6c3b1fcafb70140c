"""A mail server of a test, and somebody to write to."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from django.test import Client

from core.access.models import Profile, User
from core.mail.models import Mailing
from tests import factories

ClientOf = Callable[[User], Client]
TEXT = {"subject": "{{ company }} 様", "body": "{{ dear }}\n\n夏季休業のお知らせ", "once": "m"}


@dataclass
class Box:
    """What a mail server got, and how it behaves."""

    mode: str = "ok"
    got: list[Any] = field(default_factory=list)
    refuses: set[str] = field(default_factory=set)
    full: set[str] = field(default_factory=set)
    small: int = 0

    @property
    def receivers(self) -> list[str]:
        """To whom mail went that we wrote to; notices of our own to our people are not among them."""
        return [one.rcpt_tos[0] for one in self.got if one.rcpt_tos[0].endswith("@example.co.jp")]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if self.mode == "nobody" or address in self.refuses:
            return "550 5.1.1 No such user"
        if self.mode == "full" or address in self.full:
            return "452 4.2.2 Mailbox full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        if self.small and len(envelope.content) > self.small:
            return "552 5.3.4 Message too big for system"
        self.got.append(envelope)
        if self.mode == "cut":
            server.transport.abort()
        return "250 OK"


@pytest.fixture
def box(settings: Any) -> Iterator[Box]:
    """A mail server of this test alone; `mode` is ok, nobody, full or cut (after the message)."""
    made = Box()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = Controller(made, hostname="127.0.0.1", port=port)
    server.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    settings.DEFAULT_FROM_EMAIL = "crm@aoba.example"
    yield made
    server.stop()


@pytest.fixture
def lead(ann: User) -> Any:
    return factories.make_lead(owner=ann, family_name="田中", given_name="愛", company="あおい商事", email="ai@example.co.jp")


def press(client: Client, lead: Any, **values: Any) -> Any:
    sent = {"to": "ai@example.co.jp", "subject": "お見積り", "body": "田中様\n\nお世話になります。", "once": "a"} | values
    return client.post(f"/crm/leads/{lead.pk}/mail", sent)


def box_body(box: Box) -> str:
    return str(parsed(box).get_body(("plain",)).get_content())


def parsed(box: Box, number: int = 0) -> Any:
    """The message as a mail program reads it."""
    return message_from_bytes(box.got[number].content, policy=policy.default)


@pytest.fixture
def mailer(ann: User) -> User:
    """ann, with a profile that may write to many."""
    usual = Profile.objects.get(name="Standard")
    ann.profile = Profile.objects.create(name="Mails", rights=usual.rights, features=[*usual.features, "mass_mail"])
    ann.save()
    return ann


@pytest.fixture
def people(mailer: User) -> list[Any]:
    """Three of ann's leads with addresses."""
    return [factories.make_lead(mailer, family_name=f"人{n}", company=f"会社{n}", email=f"p{n}@example.co.jp") for n in range(3)]


def choose(client: Client, records: list[Any] | None, query: str = "") -> Any:
    """What the list posts; the page it leads to."""
    chosen = {"all": "1"} if records is None else {"pk": [one.pk for one in records]}
    return client.post(f"/crm/leads/bulk?{query}", {"do": "mail", **chosen})


def written(client: Client, records: list[Any] | None, query: str = "", **values: Any) -> Mailing:
    """A mass mail that is to be looked at."""
    answer = choose(client, records, query)
    assert answer.status_code == 302, answer.status_code
    client.post(answer["Location"], {**TEXT, **values})
    return Mailing.objects.latest("pk")


def press_send(client: Client, row: Mailing, count: int) -> Any:
    return client.post(f"/mail/many/{row.pk}/", {"count": count})
