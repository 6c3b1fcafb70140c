"""Coming in: the first person of an empty house, and everybody else by invitation."""

from __future__ import annotations

import time
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from core.access import setup
from core.access.models import Profile, User
from core.actor import Actor
from core.organisation.settings import organisation
from core.record.write import Refused
from core.signin import invitations
from core.signin.models import AuditEntry, Invitation
from core.work.jobs import drain
from core.work.models import Job

from .conftest import is_in, last_link, sign_in

pytestmark = pytest.mark.django_db
NEW = "a sentence nobody guesses"
JOIN = {"family_name": "Sato", "given_name": "Yui", "password": NEW, "language": "en"}


@pytest.fixture
def invited(admin: User) -> User:
    profile = Profile.objects.get(name="Standard")
    return invitations.invite("Sato@Example.com", actor=Actor(admin), family_name="Sato", profile=profile, apps={"crm": False}).user


def test_who_is_invited_joins_by_the_link(invited: User) -> None:
    """L7, ADM-3: before, nobody is signed in by any password; after, they are in, with what was given to them."""
    link = last_link()
    assert mail.outbox[-1].to == ["sato@example.com"]
    assert invitations.is_invited(invited) and sign_in(Client(), invited.email, "").status_code == 422
    client = Client()
    assert "sato@example.com" in client.get(link).content.decode()

    assert client.post(link, JOIN).headers["Location"] == "/"

    assert is_in(client) and client.get("/crm/leads/").status_code == 200
    invited.refresh_from_db()
    assert invited.is_active and invited.given_name == "Yui" and not invitations.is_invited(invited)
    assert list(AuditEntry.objects.order_by("pk").values_list("act", flat=True)) == ["user.invited", "user.joined"]


def test_the_form_of_an_invitation_takes_its_own_fields_only(invited: User, admin: User) -> None:
    """A5: nobody makes themselves an admin, of another profile or at another address, while they join."""
    smuggled = {
        "level": "account",
        "profile": str(admin.profile_id),
        "email": "x@example.com",
        "is_superuser": "1",
        "role": "1",
        "pk": admin.pk,
    }

    Client().post(last_link(), {**JOIN, **smuggled, "apps": "helpdesk", "id": admin.pk})

    invited.refresh_from_db()
    assert (invited.is_active, invited.level, invited.email) == (True, "", "sato@example.com")
    assert invited.profile == Profile.objects.get(name="Standard") and invited.role is None
    assert list(invited.apps.values_list("app", "is_admin")) == [("crm", False)]


def test_a_link_works_once(invited: User) -> None:
    """L7: opened again by anybody it says so kindly, and the password stays."""
    link = last_link()
    Client().post(link, JOIN)

    late = Client().post(link, {**JOIN, "password": "another long sentence"})

    assert late.status_code == 410 and "used already" in late.content.decode()
    invited.refresh_from_db()
    assert invited.check_password(NEW)


def test_a_link_ends_after_a_day(invited: User) -> None:
    """L7: and the page says whom to ask."""
    link = last_link()

    with time_machine.travel(time.time() + 86_500):
        page = Client().get(link)

    assert page.status_code == 410 and "older than 24 hours" in page.content.decode() and "Admin" in page.content.decode()


def test_sent_again_the_older_link_is_worth_nothing(invited: User, admin: User) -> None:
    """L7: only the newest works."""
    old = last_link()
    invitations.send_again(invited, actor=Actor(admin))
    new = last_link()

    assert old != new and "latest mail" in Client().get(old).content.decode()
    assert Client().post(old, JOIN).status_code == 410
    assert Client().post(new, JOIN).status_code == 302


def test_withdrawn_it_is_worth_nothing(invited: User, admin: User) -> None:
    """L7: and withdrawing twice says that there is none."""
    link = last_link()
    invitations.withdraw(invited, actor=Actor(admin))

    assert "withdrawn" in Client().get(link).content.decode()
    with pytest.raises(Refused):
        invitations.withdraw(invited, actor=Actor(admin))


def test_it_is_bound_to_its_address(invited: User, ann: User, client_of: Any) -> None:
    """L7: signed in as somebody else one is told so; after the address changed, the link to the old one is dead."""
    link = last_link()
    page = client_of(ann).get(link)
    assert "for somebody else" in page.content.decode()
    client_of(ann).post(link, JOIN)
    invited.refresh_from_db()
    assert not invited.is_active

    User.objects.filter(pk=invited.pk).update(email="new@example.com")

    assert Client().post(link, JOIN).status_code == 410


def test_a_weak_password_keeps_what_was_typed(invited: User) -> None:
    """L1: the form comes back with the names and the reason; the link still works."""
    link = last_link()
    answer = Client().post(link, {**JOIN, "password": "short"})

    assert answer.status_code == 422 and "Yui" in answer.content.decode() and "too short" in answer.content.decode()
    assert Client().post(link, JOIN).status_code == 302


def test_the_link_stands_nowhere_but_in_the_mail(invited: User) -> None:
    """C4: neither the row nor the job holds it."""
    token = last_link().strip("/").split("/")[-1]

    row = Invitation.objects.get()
    assert token not in row.digest and [one.args for one in Job.objects.filter(kind="core.invite")] == [{"invitation": row.pk}]


def test_a_mail_is_sent_once(invited: User) -> None:
    """L7: a job that has its turn again after it was done sends nothing and leaves the link as it is."""
    link = last_link()
    Job.objects.filter(kind="core.invite").update(state="waiting")
    drain()

    assert len(mail.outbox) == 1 and Client().get(link).status_code == 200


def test_an_address_is_invited_once(invited: User, admin: User, ann: User) -> None:
    """ADM-3: who is here already is not invited, however the address is written."""
    for email in ("SATO@example.com", "ann@example.com"):
        with pytest.raises(Refused):
            invitations.invite(email, actor=Actor(admin), family_name="X")


def test_the_first_visit_makes_the_organisation_and_its_account_admin(db: None) -> None:
    """L10, ADM-1: with the token; then the page and the token are dead."""
    client, body = Client(), {"organisation": "Acme", "family_name": "Mori", "email": "Mori@example.com", "password": NEW, "language": "en"}
    assert client.get("/").headers["Location"] == "/setup/"
    assert client.get("/setup/").status_code == 403 and client.post("/setup/", {**body, "token": "wrong"}).status_code == 403
    assert not User.objects.exists()
    long = "n@" + ".".join(["a" * 60] * 4) + ".example.com"
    assert client.post("/setup/", {**body, "token": setup.token(), "email": long}).status_code == 422 and not User.objects.exists()
    weak = client.post("/setup/", {**body, "token": setup.token(), "password": "12345678"})
    assert weak.status_code == 422 and "Acme" in weak.content.decode()

    assert client.post("/setup/", {**body, "token": setup.token()}).status_code == 302

    user = User.objects.get()
    assert (user.level, user.email, organisation().name) == ("account", "mori@example.com", "Acme") and is_in(client)
    assert Client().get(f"/setup/?token={setup.token()}").status_code == 404
    assert Client().post("/setup/", {**body, "email": "second@example.com", "token": setup.token()}).status_code == 404


def test_of_two_who_set_up_at_once_one_wins(db: None) -> None:
    """L10: whoever comes second is told that somebody is there."""
    values = {"password": NEW, "family_name": "A", "given_name": "", "language": "en", "apps": ["crm"]}
    setup.first_person("a@example.com", **values)

    with pytest.raises(setup.SetUpAlready):
        setup.first_person("b@example.com", **values)
    assert User.objects.count() == 1
