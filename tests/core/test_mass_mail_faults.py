"""What can go wrong between the button and the last of many mails (CRM-18, A9)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import clock as core_clock
from core.access.models import ModuleDefault, Profile, User
from core.actor import Actor
from core.mail import mass
from core.mail.delivering import Line
from core.mail.models import Mail, Suppression
from core.record import write
from core.stamps import bump
from core.work import jobs
from core.work.jobs import drain
from core.work.models import Job
from tests import factories

from .mail_cast import *  # noqa: F403
from .mail_cast import Box, ClientOf, press_send, written

pytestmark = pytest.mark.django_db


def test_a_worker_that_dies_anywhere_sends_nobody_two(
    box: Box, client_of: ClientOf, mailer: User, people: list[Any], monkeypatch: pytest.MonkeyPatch, clock: Any
) -> None:
    """CRM-18: killed while writing, between claim and server, and after the server: each once, the one in hand is asked about."""
    monkeypatch.setattr(mass, "BATCH", 2)
    client = client_of(mailer)
    row = written(client, people)
    press_send(client, row, 3)
    job = Job.objects.get(kind=mass.KIND)
    calls = iter(["write", "claim", "after"])
    dying(monkeypatch, calls)

    states = []
    for _turn in range(4):
        jobs.work(job.pk)
        states.append(sorted(Mail.objects.values_list("state", flat=True)))
        clock.shift(timedelta(minutes=20))
    monkeypatch.undo()
    drain()

    assert states[0] == ["waiting", "waiting"]  # the second batch died
    assert len(box.receivers) == len(set(box.receivers)) == 2
    assert sorted(Mail.objects.values_list("state", flat=True)) == ["sent", "unknown", "unknown"]
    job.refresh_from_db()
    assert (job.state, job.done, job.total) == ("done", 3, 3)


def dying(monkeypatch: pytest.MonkeyPatch, calls: Any) -> None:
    """The worker vanishes once at each of three places: its lease runs out, nobody settles anything."""
    from core.work.run import LostLease

    write_part, hand_over = mass._write_part, Line.hand_over
    seen = {"batches": 0}

    def dies_writing(*args: Any) -> int:
        seen["batches"] += 1
        left = write_part(*args)
        if seen["batches"] == 2:
            assert next(calls) == "write"
            raise LostLease("killed")
        return left

    def dies_sending(self: Line, message: Any) -> Any:
        where = next(calls, "")
        if where == "claim":
            raise LostLease("killed")
        outcome = hand_over(self, message)
        if where == "after":
            raise LostLease("killed")
        return outcome

    monkeypatch.setattr(mass, "_write_part", dies_writing)
    monkeypatch.setattr(Line, "hand_over", dies_sending)


def test_what_leaves_in_a_minute_is_limited(
    settings: Any, box: Box, client_of: ClientOf, mailer: User, people: list[Any], clock: Any
) -> None:
    """CRM-18: at the pace that is set, all mass mails together; the page says so."""
    settings.MAIL_PER_MINUTE = 2
    client = client_of(mailer)
    row = written(client, people)
    press_send(client, row, 3)

    jobs.work(Job.objects.get(kind=mass.KIND).pk)
    page = client.get(f"/mail/many/{row.pk}/").content.decode()
    early = len(box.receivers)
    clock.shift(timedelta(seconds=59))
    jobs.work(Job.objects.get(kind=mass.KIND).pk)
    still = len(box.receivers)
    clock.shift(timedelta(seconds=2))
    drain()

    assert (early, still, len(box.receivers)) == (2, 2, 3)
    assert "at the pace that is set" in page and "2 of 3" in page


def test_stopping_keeps_back_what_has_not_left(
    settings: Any, box: Box, client_of: ClientOf, mailer: User, people: list[Any], clock: Any
) -> None:
    """CRM-18: stop, go on, or call the rest off for good."""
    settings.MAIL_PER_MINUTE = 1
    client = client_of(mailer)
    row = written(client, people)
    press_send(client, row, 3)
    job = Job.objects.get(kind=mass.KIND)
    jobs.work(job.pk)

    client.post(f"/jobs/{job.pk}/cancel", {"back": f"/mail/many/{row.pk}/"})
    clock.shift(timedelta(minutes=2))
    drain()
    stopped = len(box.receivers)
    client.post(f"/jobs/{job.pk}/again", {"back": f"/mail/many/{row.pk}/"})
    jobs.work(job.pk)
    went_on = len(box.receivers)
    client.post(f"/mail/many/{row.pk}/off")
    clock.shift(timedelta(minutes=2))
    drain()

    assert (stopped, went_on, len(box.receivers)) == (1, 2, 2)
    assert list(Mail.objects.order_by("pk").values_list("state", "reason"))[-1] == ("failed", "Called off.")
    page = client.get(f"/mail/many/{row.pk}/").content.decode()
    assert "Called off" in page and 'Sent <span class="count">2</span>' in page


def test_guards_are_asked_for_each_where_it_leaves(
    settings: Any, box: Box, client_of: ClientOf, mailer: User, people: list[Any], carol: User, clock: Any
) -> None:
    """CRM-18, A9: hours may lie between the button and a mail: opted out, given to another team, suppressed meanwhile."""
    settings.MAIL_PER_MINUTE = 1
    ModuleDefault.objects.update(default="private")
    bump("access")
    client = client_of(mailer)
    four = [*people, factories.make_lead(mailer, email="p3@example.co.jp")]
    row = written(client, four)
    press_send(client, row, 4)
    jobs.work(Job.objects.get(kind=mass.KIND).pk)
    assert len(box.receivers) == 1
    write.update(four[1], actor=Actor(mailer), email_opt_out=True)
    write.update(four[2], actor=Actor(mailer), owner=carol)
    Suppression.objects.create(email="p3@example.co.jp", why=Suppression.ASKED, at=core_clock.now())
    settings.MAIL_PER_MINUTE = 0

    clock.shift(timedelta(minutes=2))
    drain()

    assert len(box.receivers) == 1
    reasons = dict(Mail.objects.filter(state="failed").values_list("to", "reason"))
    assert reasons["p1@example.co.jp"] == "This person does not want campaign mail."
    assert reasons["p2@example.co.jp"] == "The person who asked for this may not see the record any more."
    assert "Asked for no more mass mail." in reasons["p3@example.co.jp"]


def test_a_right_withdrawn_stops_the_rest(
    settings: Any, box: Box, client_of: ClientOf, mailer: User, people: list[Any], clock: Any
) -> None:
    """A9: in queued work, too."""
    settings.MAIL_PER_MINUTE = 1
    client = client_of(mailer)
    press_send(client, written(client, people), 3)
    jobs.work(Job.objects.get(kind=mass.KIND).pk)
    Profile.objects.filter(name="Mails").update(features=[])
    settings.MAIL_PER_MINUTE = 0

    clock.shift(timedelta(minutes=2))
    drain()

    assert (len(box.receivers), Mail.objects.filter(state="failed").count()) == (1, 2)


def test_one_full_box_and_one_wrong_address_hold_up_nobody(
    box: Box, client_of: ClientOf, mailer: User, people: list[Any], clock: Any
) -> None:
    """CRM-18: each has its own fate; the full one is tried later, by itself."""
    box.full, box.refuses = {"p0@example.co.jp"}, {"p1@example.co.jp"}
    client = client_of(mailer)
    row = written(client, people)
    press_send(client, row, 3)
    jobs.work(Job.objects.get(kind=mass.KIND).pk)
    states = dict(Mail.objects.values_list("to", "state"))
    box.full = set()

    clock.shift(timedelta(minutes=2))
    drain()

    assert states == {"p0@example.co.jp": "waiting", "p1@example.co.jp": "failed", "p2@example.co.jp": "sent"}
    assert sorted(box.receivers) == ["p0@example.co.jp", "p2@example.co.jp"]
    assert Suppression.objects.get().email == "p1@example.co.jp"
    assert "No such user" in client.get(f"/mail/many/{row.pk}/?show=failed").content.decode()


def test_a_server_that_is_away_is_waited_for(settings: Any, client_of: ClientOf, mailer: User, people: list[Any], clock: Any) -> None:
    """CRM-18: nothing is lost or marked; after a day the writer is told, and can go on."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 9, False
    client = client_of(mailer)
    row = written(client, people)
    press_send(client, row, 3)
    job = Job.objects.get(kind=mass.KIND)

    jobs.work(job.pk)
    job.refresh_from_db()
    waits = (job.state, set(Mail.objects.values_list("state", flat=True)))
    clock.shift(timedelta(hours=25))
    jobs.work(job.pk)
    job.refresh_from_db()

    assert waits == ("waiting", {"waiting"})
    assert (job.state, job.last_error) == ("failed", "The mail server cannot be reached.")
    page = client_of(mailer).get(f"/mail/many/{row.pk}/").content.decode()
    assert "The mail server cannot be reached." in page and "Go on" in page
