"""Sessions: listed, ended, over after their time; and the password asked for again."""

from __future__ import annotations

import time
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail
from django.test import Client

from core.access.models import User
from core.actor import Actor
from core.signin import credentials, policy, sessions
from core.signin.models import UserSession
from core.work.jobs import drain
from tests.factories import PASSWORD

from .conftest import is_in, sign_in

pytestmark = pytest.mark.django_db
NEW = "a sentence nobody guesses"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def cookie(client: Client) -> str:
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def test_signing_in_gives_a_new_session_id_and_out_kills_it(ann: User) -> None:
    """L4: an id somebody planted before is worth nothing after; nor is the old one after signing out."""
    client = Client()
    client.post("/accounts/passkey/options")
    before = cookie(client)

    sign_in(client, ann.email)
    after = cookie(client)
    assert before != after and is_in(client)
    client.post("/accounts/logout/")

    for old in (before, after):
        thief = Client()
        thief.cookies[settings.SESSION_COOKIE_NAME] = old
        assert not is_in(thief)


def test_other_rights_come_with_another_session_id(ann: User) -> None:
    """L4: who is made an admin goes on under a new id; the list of sessions follows."""
    client = Client()
    sign_in(client, ann.email)
    before = cookie(client)

    User.objects.filter(pk=ann.pk).update(level="suite")

    assert is_in(client) and cookie(client) != before
    assert [row.key for row in sessions.of(ann)] == [cookie(client)]


def test_who_is_made_admin_of_an_app_goes_on_under_a_new_id(ann: User, admin: User) -> None:
    """L4: and so does who is one no longer."""
    from admin_console import people

    client = Client()
    sign_in(client, ann.email)

    for on in (True, False):
        before = cookie(client)
        people.switch_admin(ann, "crm", on, actor=Actor(admin))
        assert is_in(client) and cookie(client) != before
    assert [row.key for row in sessions.of(ann)] == [cookie(client)]


def test_no_page_holds_the_session_id(admin: User) -> None:
    """L4: neither one's own security page nor the console shows it."""
    client = Client()
    sign_in(client, admin.email)

    for path in ("/me/security/", f"/admin_console/users/{admin.pk}/security", "/admin_console/signins/"):
        assert cookie(client) not in client.get(path).content.decode(), path


def test_another_password_ends_every_other_session(ann: User) -> None:
    """L5: the one who changes it stays; all others are strangers at their next click, and a mail tells."""
    here, there = Client(), Client()
    sign_in(here, ann.email)
    sign_in(there, ann.email)

    answer = here.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert answer.status_code == 302 and is_in(here) and not is_in(there)
    assert [row.key for row in sessions.of(ann)] == [cookie(here)]
    drain()
    assert "password of your account was changed" in mail.outbox[-1].body


def test_another_password_ends_the_address_of_the_calendar(ann: User) -> None:
    """L5: a token that lets one read without a session ends, too."""
    from crm import feed

    address = feed.address(feed.renew(ann)).removeprefix(settings.BASE_URL)
    assert Client().get(address).status_code == 200
    client = Client()
    sign_in(client, ann.email)

    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW})

    assert Client().get(address).status_code == 404


def test_deactivating_ends_all_sessions_at_once(ann: User, admin: User) -> None:
    """L5: the next click is a stranger's, and activating again brings none of them back."""
    client = Client()
    sign_in(client, ann.email)

    credentials.deactivate(ann, actor=Actor(admin))
    assert not is_in(client)
    credentials.activate(ann, actor=Actor(admin))

    assert not is_in(client) and not sessions.of(ann).exists()


def test_one_sees_and_ends_one_s_own_sessions(ann: User) -> None:
    """L9: device and address of each; one or all others can be ended."""
    here, there, third = Client(), Client(HTTP_USER_AGENT=FIREFOX, REMOTE_ADDR="203.0.113.5"), Client()
    for client in (here, there, third):
        sign_in(client, ann.email)
    page = here.get("/me/security/").content.decode()
    assert "Firefox · Linux" in page and "203.0.113.5" in page

    here.post(f"/me/security/sessions/{UserSession.objects.get(key=cookie(there)).pk}/end")
    assert is_in(here) and not is_in(there) and is_in(third)
    here.post("/me/security/sessions/end")

    assert is_in(here) and not is_in(third)


def test_the_sessions_of_others_are_not_there(ann: User, bob: User) -> None:
    """L9: somebody else's session cannot be ended by its number."""
    mine, other = Client(), Client()
    sign_in(mine, ann.email)
    sign_in(other, bob.email)

    assert mine.post(f"/me/security/sessions/{sessions.of(bob).get().pk}/end").status_code == 404
    assert is_in(other)


def test_an_admin_ends_anyone_s(ann: User, admin: User, client_of: Any) -> None:
    """L9: one of them or all, with an entry in the audit log."""
    from core.signin.models import AuditEntry

    one, two = Client(), Client()
    sign_in(one, ann.email)
    sign_in(two, ann.email)
    where, boss = f"/admin_console/users/{ann.pk}/sessions/end", client_of(admin)

    boss.post(where, {"session": str(UserSession.objects.get(key=cookie(one)).pk)})
    assert not is_in(one) and is_in(two)
    boss.post(where)

    assert not is_in(two)
    assert list(AuditEntry.objects.order_by("pk").values_list("act", "target_id")) == [
        ("user.session_ended", ann.pk),
        ("user.sessions_ended", ann.pk),
    ]


@pytest.mark.parametrize("what", ["this one", "all"])
def test_an_admin_who_ends_their_own_session_signs_in_again(admin: User, client_of: Any, what: str) -> None:
    """L9: and meets the page for it, not a fault."""
    client = client_of(admin)
    assert is_in(client)
    body = {"session": str(sessions.of(admin).get().pk)} if what == "this one" else {}

    answer = client.post(f"/admin_console/users/{admin.pk}/sessions/end", body)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/accounts/login/")
    assert not is_in(client) and not sessions.of(admin).exists()


@pytest.mark.parametrize(("values", "later"), [({"idle_minutes": 30}, 1900), ({"absolute_hours": 8, "idle_minutes": 0}, 8 * 3600 + 60)])
def test_time_ends_a_session(ann: User, admin: User, values: dict[str, int], later: int) -> None:
    """L9: by doing nothing, or after the longest time; a POST then keeps what was typed."""
    policy.change(Actor(admin), address="127.0.0.1", **values)
    client = Client()
    sign_in(client, ann.email)

    with time_machine.travel(time.time() + later):
        answer = client.post("/me/", {"family_name": "Typed"}, HTTP_ORIGIN="http://testserver")

        assert answer.status_code == 401 and "Typed" in answer.content.decode()
        assert not is_in(client) and not UserSession.objects.exists()


def test_who_clicks_stays(ann: User, admin: User) -> None:
    """L9: the idle time begins anew with every click, even past the first hour."""
    policy.change(Actor(admin), address="127.0.0.1", idle_minutes=30)
    client, begin = Client(), time.time()
    sign_in(client, ann.email)

    for minutes in (25, 50, 75):
        with time_machine.travel(begin + minutes * 60):
            assert is_in(client)


def test_an_open_tab_keeps_nobody_signed_in(ann: User, admin: User) -> None:
    """L9, ADM-8: the bell asks on while nobody is there; the idle time ends the session all the same."""
    policy.change(Actor(admin), address="127.0.0.1", idle_minutes=30)
    client, begin = Client(), time.time()
    sign_in(client, ann.email)

    for minutes in (10, 20, 29):
        with time_machine.travel(begin + minutes * 60):
            assert client.get("/me/notifications/bell", HTTP_X_BY_ITSELF="1").status_code in {200, 204}
    with time_machine.travel(begin + 31 * 60):
        assert not is_in(client) and not UserSession.objects.exists()


def test_a_session_from_before_there_was_a_list_is_taken_in(ann: User, client_of: Any) -> None:
    """L9: an update signs nobody out."""
    client = client_of(ann)
    session = client.session
    del session["seat"]
    session.save()
    UserSession.objects.all().delete()

    assert is_in(client)
    assert sessions.of(ann).count() == 1


def test_what_nobody_uses_is_cleaned(ann: User) -> None:
    """O5: rows of sessions that are over go by themselves."""
    sign_in(Client(), ann.email)
    Client().post("/accounts/passkey/options")

    with time_machine.travel(time.time() + 20 * 86_400):
        from core import clock

        sessions.forget(clock.now())

    assert not Session.objects.exists() and not UserSession.objects.exists()


def test_the_log_has_an_end(db: None, monkeypatch: Any) -> None:
    """O5: old tries go, and of those that failed the oldest beyond their number; who got in is not pushed out."""
    from datetime import timedelta

    from core import clock
    from core.signin import log
    from core.signin.models import SignInTry

    monkeypatch.setattr(log, "MOST_FAILED", 3)
    now = clock.now()
    SignInTry.objects.create(at=now - timedelta(days=91), email="old@example.com", outcome="in")
    SignInTry.objects.create(at=now, email="here@example.com", outcome="in")
    for number in range(9):
        SignInTry.objects.create(at=now, email=f"{number}@example.com", outcome="wrong")

    log.forget(now)

    assert [one.email[0] for one in SignInTry.objects.order_by("pk")] == ["h", "6", "7", "8"]


def test_the_password_is_asked_for_again_and_holds_ten_minutes(ann: User, client_of: Any) -> None:
    """L8: before recovery codes are made anew; under a new session id; then not at once again."""
    from .conftest import give_app

    give_app(ann)
    client = client_of(ann)
    before = cookie(client)
    assert client.post("/me/security/codes").status_code == 422
    assert client.post("/me/security/codes", {"current_password": "wrong"}).status_code == 422

    assert client.post("/me/security/codes", {"current_password": PASSWORD}).status_code == 302
    assert cookie(client) != before
    assert client.post("/me/security/codes").status_code == 302
    with time_machine.travel(time.time() + 700):
        assert client.post("/me/security/codes").status_code == 422


def test_guessing_the_password_at_an_open_desk_has_a_limit(ann: User, client_of: Any) -> None:
    """L8, L2: after eight wrong ones the right one does not help for five minutes."""
    from .conftest import give_app

    give_app(ann)
    client = client_of(ann)
    for _turn in range(8):
        client.post("/me/security/codes", {"current_password": "wrong"})

    answer = client.post("/me/security/codes", {"current_password": PASSWORD})

    assert answer.status_code == 422 and "Wait five minutes" in answer.content.decode()


def test_after_signing_out_back_shows_nothing(ann: User, client_of: Any) -> None:
    """W5: no page of somebody signed in may be kept by the browser."""
    client = client_of(ann)
    for path in ("/me/", "/me/security/", "/crm/leads/", "/nowhere", "/admin_console/"):
        assert client.get(path).headers["Cache-Control"] == "no-store", path
