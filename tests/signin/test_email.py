"""Another e-mail address for oneself: with the password, confirmed at the new address, told to the old one (L7, L8)."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.test import Client

from core.access.models import User
from core.signin.models import AuditEntry, EmailChange
from core.work.jobs import drain
from core.work.models import Job
from tests.factories import PASSWORD

from .conftest import is_in, sign_in

pytestmark = pytest.mark.django_db
WHERE, NEW = "/me/security/email", "ann.new@example.com"
BODY = {"email": "Ann.New@Example.com", "current_password": PASSWORD}


def link_to(address: str) -> str:
    """The path of the newest link that was mailed to an address."""
    drain()
    body = next(str(one.body) for one in reversed(mail.outbox) if one.to == [address])
    found = re.search(r"https?://[^/\s]+(/\S+)", body)
    assert found is not None
    return found.group(1)


def address_of(user: User) -> str:
    return User.objects.get(pk=user.pk).email


def test_one_changes_one_s_own_address(ann: User, client_of: Any) -> None:
    """L8, L7: nothing changes before the link of the mail is opened and its button pressed; then one signs in by the new one."""
    client = client_of(ann)
    answer = client.post(WHERE, BODY)
    link = link_to(NEW)
    assert answer.status_code == 302 and address_of(ann) == "ann@example.com"
    assert NEW in client.get("/me/security/").content.decode()

    page = client.get(link)
    assert page.status_code == 200 and NEW in page.content.decode() and address_of(ann) == "ann@example.com"
    assert client.post(link).headers["Location"] == "/me/security/"

    assert address_of(ann) == NEW and is_in(client)
    assert sign_in(Client(), "ann@example.com").status_code == 422
    assert sign_in(Client(), NEW).status_code == 302


def test_the_old_address_hears_of_it_twice_and_the_log_once(ann: User, client_of: Any) -> None:
    """L8, O1: who did not do it learns of it before and after; the mails to the old address lead into nothing but the settings."""
    client = client_of(ann)
    client.post(WHERE, BODY)
    client.post(link_to(NEW))
    drain()

    told = [one.body for one in mail.outbox if one.to == ["ann@example.com"]]
    assert ["once that address is confirmed" in told[0], "This one is not used any more" in told[1]] == [True, True]
    assert not any("/me/security/email/" in body for body in told)
    entry = AuditEntry.objects.get(act="user.email_changed")
    assert (entry.actor_id, entry.changes) == (ann.pk, {"email": ["ann@example.com", NEW]})


@pytest.mark.parametrize("typed", ["", "not my password"])
def test_it_asks_for_the_password(ann: User, client_of: Any, typed: str) -> None:
    """L8: a desk left open gives nobody the account; what was typed stays."""
    answer = client_of(ann).post(WHERE, {**BODY, "current_password": typed})
    drain()

    assert answer.status_code == 422 and "Ann.New@Example.com" in answer.content.decode()
    assert not EmailChange.objects.exists() and mail.outbox == []


@pytest.mark.parametrize(
    ("email", "said"),
    [
        ("BOB@example.com", "is here already"),
        ("ann@example.com", "your address already"),
        ("no address", "valid"),
        ("a@b.com\r\nX: y", "valid"),
    ],
)
def test_an_address_that_cannot_be_says_why(ann: User, bob: User, client_of: Any, email: str, said: str) -> None:
    """L8, I5: somebody else's, one's own, and what is none."""
    answer = client_of(ann).post(WHERE, {**BODY, "email": email})
    drain()

    assert answer.status_code == 422 and said in answer.content.decode()
    assert mail.outbox == [] and address_of(ann) == "ann@example.com"


def test_a_link_is_good_once_for_a_day_for_one_person(ann: User, bob: User, client_of: Any) -> None:
    """L7: not for a colleague, not a day later, not a second time, not after a newer one, and not for a stranger."""
    hers = client_of(ann)
    hers.post(WHERE, BODY)
    first = link_to(NEW)
    assert client_of(bob).post(first).status_code == 404
    assert Client().post(first).status_code in {302, 401, 403}
    with time_machine.travel(time.time() + 86_500):
        assert client_of(ann).post(first).status_code == 404
    assert address_of(ann) == "ann@example.com" and address_of(bob) == "bob@example.com"

    hers.post(WHERE, BODY)
    second = link_to(NEW)
    assert first != second and hers.post(first).status_code == 404
    assert hers.post(second).status_code == 302
    assert hers.post(second).status_code == 404 and hers.get(second).status_code == 404


@pytest.mark.parametrize("how", ["password", "off", "deactivated"])
def test_what_was_asked_for_ends(ann: User, admin: User, client_of: Any, how: str) -> None:
    """L5, L7: with the next password, when it is called off, and with the account."""
    from core.actor import Actor
    from core.signin import credentials

    client = client_of(ann)
    client.post(WHERE, BODY)
    link = link_to(NEW)

    if how == "password":
        credentials.changed_password(ann, keep=client.session.session_key)
    elif how == "off":
        client.post(f"{WHERE}/off")
    else:
        credentials.deactivate(User.objects.get(pk=ann.pk), actor=Actor(admin))
        credentials.activate(User.objects.get(pk=ann.pk), actor=Actor(admin))
        client = client_of(ann)

    assert client.post(link).status_code == 404 and address_of(ann) == "ann@example.com"


def test_an_address_that_was_taken_meanwhile_is_refused(ann: User, bob: User, client_of: Any) -> None:
    """L8: two people never have one address."""
    client = client_of(ann)
    client.post(WHERE, BODY)
    link = link_to(NEW)
    User.objects.filter(pk=bob.pk).update(email=NEW)

    answer = client.post(link)

    assert answer.status_code == 422 and "is here already" in answer.content.decode() and address_of(ann) == "ann@example.com"


def test_a_link_to_a_new_password_dies_with_the_address(ann: User, client_of: Any) -> None:
    """L7: who reads the old mailbox gets in no more."""
    Client().post("/accounts/password/reset/", {"email": "ann@example.com"})
    reset, client = link_to("ann@example.com"), client_of(ann)
    client.post(WHERE, BODY)
    client.post(link_to(NEW))

    page = Client().get(reset, follow=True)

    assert "id_password1" not in page.content.decode()


def test_five_an_hour_and_no_link_in_any_row(ann: User, client_of: Any) -> None:
    """O5, C4: nobody makes Enishi write to strangers without end; the link stands in the mail alone."""
    client = client_of(ann)
    told = [client.post(WHERE, {**BODY, "email": f"x{number}@example.com"}).status_code for number in range(7)]
    assert told == [302] * 5 + [422] * 2

    token = link_to("x4@example.com").rstrip("/").rsplit("/", 1)[1]

    assert token not in repr(list(Job.objects.values())) + repr(list(EmailChange.objects.values()))
    assert EmailChange.objects.count() == 1


def test_what_nobody_confirmed_goes(ann: User, client_of: Any) -> None:
    """O5"""
    from core.signin import emails

    client_of(ann).post(WHERE, BODY)
    with time_machine.travel(time.time() + 86_500):
        emails.forget()

    assert not EmailChange.objects.exists()
