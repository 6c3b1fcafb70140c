"""One text to many: the numbers before, each once, at a pace, and what became of each (CRM-18)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from core import clock as core_clock
from core.access.models import Profile, User
from core.actor import Actor
from core.event.models import Event
from core.mail import mass
from core.mail.models import Enclosure, Mail, Mailing, MailTemplate, Suppression
from core.record import write
from core.record.transfer_models import RowNote
from core.work import jobs
from core.work.jobs import drain
from core.work.models import Job
from tests import factories

from .mail_cast import *  # noqa: F403
from .mail_cast import TEXT, Box, ClientOf, choose, parsed, press_send, written

pytestmark = pytest.mark.django_db
Make = Callable[..., Any]


def test_each_gets_a_mail_of_their_own_on_their_timeline(box: Box, client_of: ClientOf, mailer: User, people: list[Any]) -> None:
    """CRM-18: values of each record, files with all, one Mail a record, the button pressed twice sends once."""
    client = client_of(mailer)
    row = written(client, people, "view=all", files=[SimpleUploadedFile("休業日.txt", b"8/13")])

    press_send(client, row, 3)
    press_send(client, row, 3)
    drain()

    assert sorted(box.receivers) == ["p0@example.co.jp", "p1@example.co.jp", "p2@example.co.jp"]
    first = next(parsed(box, n) for n in range(3) if box.receivers[n].startswith("p0"))
    assert (first["Subject"], first["To"]) == ("会社0 様", "p0@example.co.jp")
    assert first.get_body(("plain",)).get_content().startswith("人0")
    assert [one.get_filename() for one in first.iter_attachments()] == ["休業日.txt"]
    assert Enclosure.objects.count() == 1  # not one a mail
    page = client.get(f"/crm/leads/{people[1].pk}/").content.decode()
    assert "wrote to many" in page and "会社1 様" in page and "休業日.txt" in page
    event = Event.objects.get(kind="mailed", record_id=people[0].pk)
    assert (event.way, event.actor) == ("bulk", mailer)
    result = client.get(f"/mail/many/{row.pk}/").content.decode()
    assert 'Sent <span class="count">3</span>' in result and "人2" in result


def test_the_numbers_are_said_before_anything_goes(client_of: ClientOf, mailer: User, bob: User, carol: User) -> None:
    """CRM-18: chosen, and left out by reason; who is not theirs is counted and not named."""
    make: Make = lambda **values: factories.make_lead(mailer, **values)  # noqa: E731
    chosen = [
        make(email="a@example.co.jp"),
        make(email="A@example.co.jp"),
        make(email=""),
        make(email="b@example.co.jp", email_opt_out=True),
        make(email="c@example.co.jp"),
        make(email="", email2="d@example.co.jp"),
        factories.make_lead(carol, family_name="他人", email="e@example.co.jp"),
    ]
    Suppression.objects.create(email="c@example.co.jp", why=Suppression.BOUNCED, at=core_clock.now())
    client = client_of(mailer)

    page = client.get(choose_and_write(client, chosen)).content.decode()

    told = " ".join(page.split())
    for reason in (
        "There is no e-mail address that you may see.",
        "This person does not want campaign mail.",
        "The address gets no mail from us.",
        "Another record of this mass mail has the same address.",
        "You may not do this to the record, or it is not there any more.",
    ):
        assert f"<dt>{reason}</dt><dd>− 1</dd>" in told, reason
    assert "<dt>Chosen</dt><dd>7</dd>" in told and "<dt>Get this mail</dt><dd>2</dd>" in told
    assert "Send 2 mails" in told and "他人" not in told
    assert not Mail.objects.exists()


def choose_and_write(client: Client, records: list[Any]) -> str:
    return f"/mail/many/{written(client, records).pk}/"


def test_each_mail_can_be_read_before_it_goes(client_of: ClientOf, mailer: User, people: list[Any]) -> None:
    """CRM-18: as its receiver would read it, one after the other, without script; empty fields are said."""
    client = client_of(mailer)
    row = written(client, people, body="{{ dear }} / {{ job_title }}")

    pages = [client.get(f"/mail/many/{row.pk}/?at={n}").content.decode() for n in (1, 3, 99)]

    assert "人0 / " in pages[0] and "会社0 様" in pages[0] and "Mail 1 of 3" in pages[0]
    assert "nothing was put in: Title" in pages[0]
    assert 'href="?at=2#preview" rel="next"' in pages[0] and 'rel="prev"' not in pages[0]
    assert "人2 / " in pages[1] and 'rel="next"' not in pages[1]
    assert "人2 / " in pages[2]


def test_who_leafs_sees_the_numbers_of_the_last_look(client_of: ClientOf, mailer: User, people: list[Any]) -> None:
    """CRM-18: thousands are not counted anew for every page; looking again and sending are."""
    client = client_of(mailer)
    row = written(client, people)
    client.get(f"/mail/many/{row.pk}/")
    write.update(people[2], actor=Actor(mailer), email_opt_out=True)

    leafed = client.get(f"/mail/many/{row.pk}/?at=2").content.decode()
    again = client.get(f"/mail/many/{row.pk}/").content.decode()

    assert "Mail 2 of 3" in leafed
    assert "Mail 1 of 2" in again
    assert press_send(client, row, 3).status_code == 422


def test_all_that_match_means_those_of_the_moment(box: Box, client_of: ClientOf, mailer: User, people: list[Any]) -> None:
    """CRM-18: the filter of the list, not its page; who matches later was not counted, and gets nothing."""
    client = client_of(mailer)
    write.update(people[2], actor=Actor(mailer), status="contacted")
    row = written(client, None, 'filter={"all":[{"field":"status","op":"is","value":"new"}]}')
    late = factories.make_lead(mailer, email="late@example.co.jp")

    press_send(client, row, 2)
    drain()

    assert sorted(box.receivers) == ["p0@example.co.jp", "p1@example.co.jp"]
    assert not Mail.objects.filter(record_id=late.pk).exists()


def test_nothing_chosen_is_nobody_and_not_everybody(client_of: ClientOf, mailer: User, people: list[Any]) -> None:
    """CRM-18: an empty choice leads back to the list."""
    answer = choose(client_of(mailer), [], "view=all")

    assert answer["Location"] == "/crm/leads/?view=all"
    assert not Mailing.objects.exists()


def test_more_than_can_be_looked_after_is_refused(
    client_of: ClientOf, mailer: User, people: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """CRM-18: the limit is said, and nothing begun."""
    monkeypatch.setattr(mass, "MOST", 2)
    client = client_of(mailer)

    answer = choose(client, None, "view=all")

    assert "A mass mail goes to 2 records at the most." in client.get(answer["Location"]).content.decode()
    assert not Mailing.objects.exists()


def test_a_number_that_changed_meanwhile_is_asked_again(client_of: ClientOf, mailer: User, people: list[Any]) -> None:
    """CRM-18: nobody sends another number than the one they read."""
    client = client_of(mailer)
    row = written(client, people)
    write.update(people[0], actor=Actor(mailer), email_opt_out=True)

    answer = press_send(client, row, 3)

    assert answer.status_code == 422
    assert "The number has changed by now." in answer.content.decode() and "Send 2 mails" in answer.content.decode()
    assert not Job.objects.filter(kind=mass.KIND).exists()


@pytest.mark.parametrize("lacks", ["mass_mail", "bulk"])
def test_who_may_not_write_to_many_cannot(client_of: ClientOf, ann: User, lacks: str) -> None:
    """CRM-18, A2: it needs the feature and the right; the button is not there either."""
    usual = Profile.objects.get(name="Standard")
    rights = {key: [one for one in held if one != lacks] for key, held in usual.rights.items()}
    features = [one for one in [*usual.features, "mass_mail"] if one != lacks]
    ann.profile = Profile.objects.create(name="P", rights=rights, features=features)
    ann.save()
    lead, client = factories.make_lead(ann, email="a@example.co.jp"), client_of(ann)
    row = Mailing.objects.create(user=ann, module="crm.lead", ids=[lead.pk], subject="A", body="B", created_at=core_clock.now())

    assert choose(client, [lead]).status_code == 403
    assert press_send(client, row, 1).status_code == 403
    assert client.get(f"/mail/many/{row.pk}/edit").status_code == 403
    assert 'value="mail"' not in client.get("/crm/leads/").content.decode()
    assert not Mail.objects.exists()


def test_a_mass_mail_is_its_writers(client_of: ClientOf, mailer: User, bob: User, people: list[Any]) -> None:
    """A2: even who leads its writer does not find it."""
    row = written(client_of(mailer), people, files=[SimpleUploadedFile("a.txt", b"1")])
    client, file = client_of(bob), row.enclosures.get()

    for path in ("", "edit", f"files/{file.pk}"):
        assert client.get(f"/mail/many/{row.pk}/{path}").status_code == 404
    assert client.post(f"/mail/many/{row.pk}/off").status_code == 404
    assert press_send(client, row, 3).status_code == 404
    assert Mailing.objects.filter(pk=row.pk, begun_at=None).exists()


def test_a_field_that_means_nothing_goes_to_nobody(client_of: ClientOf, mailer: User, people: list[Any]) -> None:
    """CRM-18: nobody reads {{ nonsense }}; what was typed stays."""
    client = client_of(mailer)
    where = choose(client, people)["Location"]

    answer = client.post(where, {**TEXT, "body": "残す {{ nonsense }}"})

    assert answer.status_code == 422
    assert "would be sent as it stands: {{ nonsense }}" in answer.content.decode() and "残す" in answer.content.decode()
    assert Mailing.objects.get().subject == ""


def test_a_template_fills_it_in_with_its_files(client_of: ClientOf, mailer: User, people: list[Any]) -> None:
    """CRM-18: the fields stay fields, since each record has its own."""
    template = MailTemplate.objects.create(name="A", subject="{{ company }}", body="{{ dear }}", owner=mailer)
    client = client_of(mailer)
    client.post(
        f"/me/templates/{template.pk}",
        {"name": "A", "subject": "{{ company }}", "body": "{{ dear }}", "once": "t", "files": [SimpleUploadedFile("a.txt", b"1")]},
    )
    where = choose(client, people)["Location"]

    page = client.post(where, {"subject": "", "body": "追伸", "fill": "1", "template": template.pk, "once": "m"}).content.decode()

    assert 'value="{{ company }}"' in page and "{{ dear }}\n\n追伸</textarea>" in page and "a.txt" in page


def test_the_result_says_of_each_who_was_left_out_and_why(client_of: ClientOf, mailer: User, people: list[Any]) -> None:
    """CRM-18: by record, to be opened; the job leads there."""
    nobody = factories.make_lead(mailer, family_name="無縁", email="")
    client = client_of(mailer)
    row = written(client, [*people, nobody])
    press_send(client, row, 3)
    drain()

    page = client.get(f"/mail/many/{row.pk}/?show=left").content.decode()

    assert f'href="/crm/leads/{nobody.pk}/">無縁</a>' in page
    assert "There is no e-mail address that you may see." in page
    assert RowNote.objects.get().code == "mail_none"
    job = Job.objects.get(kind=mass.KIND)
    assert f'href="/mail/many/{row.pk}/"' in client.get(f"/jobs/{job.pk}/").content.decode()
    assert "様" in client.get("/mail/many/").content.decode()


def test_a_field_one_may_not_see_is_neither_address_nor_value(client_of: ClientOf, mailer: User, people: list[Any]) -> None:
    """PLT-24: a profile that hides the e-mail writes to nobody; one that hides the title cannot merge it."""
    Profile.objects.filter(name="Mails").update(fields={"crm.lead": {"job_title": "hidden"}})
    client = client_of(mailer)
    where = choose(client, people)["Location"]

    assert "stands: {{ job_title }}" in client.post(where, {**TEXT, "body": "{{ job_title }}"}).content.decode()
    assert Mailing.objects.get().subject == ""
    Profile.objects.filter(name="Mails").update(fields={"crm.lead": {"email": "hidden", "email2": "hidden"}})
    assert choose(client, people).status_code == 403


def test_many_are_written_with_few_questions(
    client_of: ClientOf, mailer: User, django_assert_max_num_queries: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """CRM-18: a batch costs the same for a few as for hundreds."""
    for n in range(60):
        factories.make_lead(mailer, email=f"q{n}@example.co.jp")
    client = client_of(mailer)
    row = written(client, None)
    press_send(client, row, 60)
    monkeypatch.setattr(mass, "_send", lambda run, mailing: run.finish())

    with django_assert_max_num_queries(45):
        jobs.work(Job.objects.get(kind=mass.KIND).pk)

    assert Mail.objects.count() == 60


def test_a_draft_is_thrown_away_or_forgotten(client_of: ClientOf, mailer: User, people: list[Any], clock: Any) -> None:
    """CRM-18: one press; or after a month."""
    client = client_of(mailer)
    first, second = written(client, people, "view=all"), written(client, people)

    answer = client.post(f"/mail/many/{first.pk}/off")
    clock.shift(timedelta(days=31))
    mass.forget(core_clock.now())

    assert answer["Location"] == "/crm/leads/?view=all"
    assert not Mailing.objects.filter(pk__in=[first.pk, second.pk]).exists()
