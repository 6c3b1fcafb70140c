"""Mail from a record, through a real mail server (CRM-16)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as live

from core.access.models import User
from core.actor import Actor
from core.mail.models import Mail, MailTemplate, Suppression, TrayMail
from core.mail.outgoing import write_mail
from core.record.write import Refused, update
from core.work.jobs import drain
from tests import factories

from .mail_cast import *  # noqa: F403
from .mail_cast import Box, ClientOf, box_body, press

pytestmark = pytest.mark.django_db
TWO = "a@example.com, b@example.com"
WRONG = [("nobody", ""), (TWO, ""), ("", ""), ("a@example.com\nBcc: x@example.com", ""), ("a@example.com", "x")]


def test_a_mail_goes_out_once_and_stands_on_the_timeline(box: Box, client_of: ClientOf, ann: User, lead: Any) -> None:
    """CRM-16: the button, pressed twice, sends one mail; it comes from the organisation, answers go to the writer."""
    client = client_of(ann)

    press(client, lead)
    press(client, lead)
    drain()

    assert len(box.got) == 1
    text = box.got[0].content.decode()
    assert f"Reply-To: {ann.email}" in text
    assert "crm@aoba.example" in text
    assert "お世話になります" in box_body(box)
    page = client.get(f"/crm/leads/{lead.pk}/").content.decode()
    assert "お見積り" in page
    assert ">Sent</span>" in page


def test_who_is_refused_for_good_is_not_written_to_again(box: Box, client_of: ClientOf, ann: User, lead: Any) -> None:
    """CRM-16: the refusal is said in words, and the address is suppressed where mail leaves."""
    box.mode = "nobody"
    client = client_of(ann)

    press(client, lead)
    drain()
    again = press(client, lead, once="b")

    mail = Mail.objects.get()
    assert (mail.state, "No such user" in mail.reason) == ("failed", True)
    assert Suppression.objects.get().email == "ai@example.co.jp"
    assert again.status_code == 422
    assert "gets no mail from us" in again.content.decode()
    assert "お世話になります" in again.content.decode()


def test_an_address_stopped_while_the_mail_waits_gets_none_and_can_be_allowed_again(
    box: Box, client_of: ClientOf, ann: User, admin: User, lead: Any
) -> None:
    """CRM-16: suppression is asked where mail leaves, and an admin takes it back."""
    write_mail(lead, actor=Actor(ann), to="ai@example.co.jp", subject="A", body="B", key="k")
    client_of(admin).post("/mail/stopped", {"email": "AI@example.co.jp"})

    drain()

    assert (Mail.objects.get().state, box.got) == ("failed", [])
    assert "ai@example.co.jp" in client_of(admin).get("/mail/stopped/").content.decode()
    client_of(admin).post("/mail/stopped", {"email": "ai@example.co.jp", "allow": "1"})
    client_of(ann).post(f"/mail/{Mail.objects.get().pk}/settle", {"do": "again"})
    drain()
    assert (Mail.objects.get().state, len(box.got)) == ("sent", 1)


def test_a_mail_of_somebody_who_left_stays_here(box: Box, ann: User, lead: Any) -> None:
    """CRM-16: nothing goes out in the name of a person without access."""
    write_mail(lead, actor=Actor(ann), to="ai@example.co.jp", subject="A", body="B", key="k")
    User.objects.filter(pk=ann.pk).update(is_active=False)

    drain()

    assert (Mail.objects.get().state, box.got) == ("failed", [])


def test_a_mail_server_that_is_away_is_tried_for_a_day(settings: Any, clock: Any, ann: User, lead: Any) -> None:
    """CRM-16: nothing is lost while the server is down; after a day the writer is told."""
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS = "127.0.0.1", 9, False
    write_mail(lead, actor=Actor(ann), to="ai@example.co.jp", subject="A", body="B", key="k")

    drain()
    first = Mail.objects.get()
    clock.shift(timedelta(hours=25))
    drain()

    assert (first.state, first.reason) == ("waiting", "The mail server cannot be reached.")
    assert Mail.objects.get().state == "failed"


def test_a_full_mailbox_is_tried_later(box: Box, clock: Any, ann: User, lead: Any) -> None:
    """CRM-16: a refusal for now is no refusal for good."""
    box.mode = "full"
    write_mail(lead, actor=Actor(ann), to="ai@example.co.jp", subject="A", body="B", key="k")
    drain()
    waiting = Mail.objects.get().state
    box.mode = "ok"
    clock.shift(timedelta(hours=1))

    drain()

    assert (waiting, Mail.objects.get().state, len(box.got)) == ("waiting", "sent", 1)


def test_a_line_cut_after_the_message_is_never_sent_again_by_itself(
    box: Box, clock: Any, client_of: ClientOf, ann: User, lead: Any
) -> None:
    """CRM-16: nobody can know, so a person is asked; what they say counts once."""
    box.mode = "cut"
    write_mail(lead, actor=Actor(ann), to="ai@example.co.jp", subject="A", body="B", key="k")
    drain()
    clock.shift(timedelta(hours=2))
    drain()
    mail, client = Mail.objects.get(), client_of(ann)
    unclear = (mail.state, len(box.got))

    client.post(f"/mail/{mail.pk}/settle", {"do": "arrived"})

    assert unclear == ("unknown", 1)
    assert Mail.objects.get().state == "sent"
    client.post(f"/mail/{mail.pk}/settle", {"do": "again"})
    drain()
    assert len(box.got) == 1


def test_a_worker_that_died_while_sending_leaves_a_question(box: Box, ann: User, lead: Any) -> None:
    """CRM-16: a mail found half sent is not sent again."""
    write_mail(lead, actor=Actor(ann), to="ai@example.co.jp", subject="A", body="B", key="k")
    Mail.objects.update(state="sending")

    drain()

    assert (Mail.objects.get().state, box.got) == ("unknown", [])


def test_a_template_is_filled_with_the_records_values(client_of: ClientOf, ann: User, lead: Any) -> None:
    """CRM-16: merge fields by their keys; what is unknown or empty is said before anything goes out."""
    body = "{{ dear }}\n{{ company }} / {{ job_title }} / {{ nonsense }}\n{{ me.email }}"
    template = MailTemplate.objects.create(name="見積り", subject="{{ company }} 様", body=body, owner=ann)

    page = client_of(ann).get(f"/crm/leads/{lead.pk}/mail?template={template.pk}").content.decode()

    assert "あおい商事 様" in page
    assert f"田中 愛\nあおい商事 /  / {{{{ nonsense }}}}\n{ann.email}" in page
    assert "These fields are empty, so nothing was put in: Title" in page
    assert "stand in the text as they are: {{ nonsense }}" in page


def test_one_template_names_the_company_of_leads_and_contacts(client_of: ClientOf, ann: User) -> None:
    """CRM-16: a contact's company is its account."""
    account = factories.make_account(owner=ann, name="あおい商事")
    contact = factories.make_contact(owner=ann, family_name="田中", email="t@example.co.jp", account=account.pk)
    template = MailTemplate.objects.create(name="A", subject="{{ company }}", body="B", owner=ann)

    page = client_of(ann).get(f"/crm/contacts/{contact.pk}/mail?template={template.pk}").content.decode()

    assert 'value="あおい商事"' in page


def test_a_field_one_may_not_see_cannot_be_merged(client_of: ClientOf, carol: User, ann: User, lead: Any) -> None:
    """CRM-16, PLT-24: another team's lead cannot be written to, nor can its mails be read."""
    mail = write_mail(lead, actor=Actor(ann), to="ai@example.co.jp", subject="A", body="B", key="k")

    assert client_of(carol).get(f"/crm/leads/{lead.pk}/mail").status_code == 404
    assert client_of(carol).get(f"/mail/{mail.pk}/").status_code == 404


@pytest.mark.parametrize(("to", "cc"), WRONG)
def test_what_is_no_address_is_refused(ann: User, lead: Any, to: str, cc: str) -> None:
    """CRM-16: one address to write to, real ones in Cc, and no second header through the back door (security I5)."""
    with pytest.raises(Refused):
        write_mail(lead, actor=Actor(ann), to=to, cc=cc, subject="A", body="B", key="k")

    assert not Mail.objects.exists()


def test_without_a_mail_server_it_lies_in_the_tray(settings: Any, client_of: ClientOf, ann: User, admin: User, lead: Any) -> None:
    """CRM-16: who tries Enishi sees what would go out; only admins, for reset links are among it."""
    settings.EMAIL_BACKEND = "core.mail.tray.Backend"
    press(client_of(ann), lead)

    drain()

    assert "お見積り" in client_of(admin).get("/mail/tray/").content.decode()
    assert client_of(ann).get("/mail/tray/").status_code == 403
    assert TrayMail.objects.get().to == "ai@example.co.jp"
    assert "In the mail tray" in client_of(ann).get(f"/crm/leads/{lead.pk}/").content.decode()
    assert live.EMAIL_BACKEND == "core.mail.tray.Backend"


def test_a_formula_over_a_link_is_merged_as_the_writer_sees_it(client_of: ClientOf, ann: User, lead: Any) -> None:
    """CRM-16: what is worked out for each reader stands in the mail, too."""
    factories.add_field("link", key="c_link")
    factories.add_field("formula", key="c_partner", formula="c_link.name", result="text", label_en="Partner")
    update(lead, actor=Actor(ann), c_link=factories.make_account(owner=ann, name="みなと銀行").pk)
    template = MailTemplate.objects.create(name="A", subject="{{ c_partner }} 様", body="B", owner=ann)

    page = client_of(ann).get(f"/crm/leads/{lead.pk}/mail?template={template.pk}").content.decode()

    assert 'value="みなと銀行 様"' in page
