"""The link of a mass mail that says: no more (P2, RFC 8058)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from core import clock
from core.access.models import User
from core.actor import Actor
from core.event.models import Event
from core.mail.models import Mail, Suppression
from core.mail.outgoing import write_mail
from core.mail.stopping import sealed, unsealed
from core.record import write
from core.work.jobs import drain

from .mail_cast import *  # noqa: F403
from .mail_cast import Box, ClientOf, parsed, press_send, written

pytestmark = pytest.mark.django_db


@pytest.fixture
def link(settings: Any, box: Box, client_of: ClientOf, mailer: User, people: list[Any]) -> str:
    """The path in the first mail of a mass mail to three."""
    settings.BASE_URL = "https://crm.example"
    client = client_of(mailer)
    press_send(client, written(client, people), 3)
    drain()
    first = next(parsed(box, n) for n in range(3) if box.receivers[n].startswith("p0"))
    header = str(first["List-Unsubscribe"]).replace("\n", "").replace(" ", "")
    assert header.startswith("<https://crm.example/stop/") and header.endswith(">")
    assert first["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert "https://crm.example/stop/" in first.get_body(("plain",)).get_content()
    assert "https://crm.example/stop/" in first.get_body(("html",)).get_content()
    return header.removeprefix("<https://crm.example").removesuffix(">")


def test_looking_changes_nothing_and_pressing_stops_it(link: str, people: list[Any]) -> None:
    """P2: GET only shows, to anybody who has the link; POST acts, on the address and on the record."""
    stranger = Client(enforce_csrf_checks=True)

    shown = stranger.get(link).content.decode()
    before = (Suppression.objects.count(), type(people[0]).objects.filter(email_opt_out=True).count())
    pressed = stranger.post(link)
    done = stranger.get(pressed["Location"]).content.decode()

    assert "p•••@example.co.jp" in shown and "p0@" not in shown
    assert before == (0, 0)
    assert pressed.status_code == 302 and "You get no more mass mail" in done
    assert list(Suppression.objects.values_list("email", "why")) == [("p0@example.co.jp", "asked")]
    people[0].refresh_from_db()
    assert people[0].email_opt_out is True
    event = Event.objects.get(kind="unsubscribed")
    assert (event.record_id, event.changes) == (people[0].pk, {"email_opt_out": [False, True]})


def test_a_mail_program_stops_it_with_one_press(link: str) -> None:
    """RFC 8058: no cookie, no token, no redirect; twice is once."""
    program = Client(enforce_csrf_checks=True)

    answers = [program.post(link, {"List-Unsubscribe": "One-Click"}) for _ in range(2)]

    assert [(one.status_code, one.content) for one in answers] == [(200, b"OK")] * 2
    assert (Suppression.objects.count(), Event.objects.filter(kind="unsubscribed").count()) == (1, 1)


def test_a_link_we_did_not_make_is_no_link(link: str, people: list[Any]) -> None:
    """P2: changed, cut, another sealed thing, nonsense: all the same 404, and nothing is written."""
    from core.remote.secrets import box as seal

    other = seal().encrypt(b'["other", "p1@example.co.jp", "crm.lead", 1]').decode()
    wrong = [f"{link[:-4]}AAAA", link[:-10], f"/stop/{other}", "/stop/x", "/stop/%E2%80%A6"]

    answers = [Client().generic(method, one) for one in wrong for method in ("GET", "POST")]

    assert {one.status_code for one in answers} == {404}
    assert not Suppression.objects.exists()


def test_the_answer_is_the_same_for_an_address_we_no_longer_know(link: str, ann: User, people: list[Any]) -> None:
    """P2: works when mail and record are gone, and tells nothing by it."""
    write.delete(people[0], actor=Actor(ann))
    Mail.objects.all().delete()

    answer = Client().post(link)

    assert answer.status_code == 302
    assert Suppression.objects.get().email == "p0@example.co.jp"


def test_who_stopped_mass_mail_still_gets_what_is_written_to_them(
    link: str,
    box: Box,
    client_of: ClientOf,
    mailer: User,
    people: list[Any],
) -> None:
    """CRM-16, CRM-18: the next mass mail leaves them out; a colleague's own mail goes, and is told of the wish."""
    Client().post(link)
    client = client_of(mailer)

    again = client.get(f"/mail/many/{written(client, people).pk}/").content.decode()
    write_mail(people[0], actor=Actor(mailer), to="p0@example.co.jp", subject="A", body="B", key="k")
    drain()

    assert "This person does not want campaign mail.</dt><dd>− 1</dd>" in again
    assert box.receivers.count("p0@example.co.jp") == 2
    own = parsed(box, len(box.got) - 1)
    assert (own["Subject"], own["List-Unsubscribe"]) == ("A", None)
    assert "wants no mass mail" in client.get(f"/crm/leads/{people[0].pk}/mail").content.decode()


def test_the_wish_holds_for_another_record_with_the_same_address(
    link: str,
    client_of: ClientOf,
    mailer: User,
    people: list[Any],
) -> None:
    """P2: it is the person who said no, not the row."""
    Client().post(link)
    write.update(people[1], actor=Actor(mailer), email="P0@example.co.jp")
    client = client_of(mailer)

    page = client.get(f"/mail/many/{written(client, people[1:]).pk}/").content.decode()

    assert "The address gets no mail from us.</dt><dd>− 1</dd>" in page


def test_a_bounce_counts_more_than_a_wish(ann: User) -> None:
    """CRM-16: an address that is not there gets nothing at all."""
    from core.mail.delivering import Outcome, note_gone

    Suppression.objects.create(email="a@example.com", why=Suppression.ASKED, at=clock.now())

    note_gone(Outcome("failed", gone=(("A@example.com", "no such user"),)))

    assert Suppression.objects.get().why == Suppression.BOUNCED


def test_the_link_holds_no_address_to_be_read() -> None:
    """C4: what stands in an access log names nobody."""
    mail = Mail(to="tanaka@example.co.jp", module="crm.lead", record_id=3)

    text = sealed(mail)

    held = unsealed(text)
    assert held is not None and (held.email, held.module, held.record_id) == ("tanaka@example.co.jp", "crm.lead", 3)
    assert "tanaka" not in text and "=" not in text
