"""The security page: what is demanded, and the log of tries (ADM-8)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from core.access.models import User
from core.actor import Actor
from core.signin import factor, log, policy
from core.signin.models import AuditEntry, SecurityPolicy, SignInTry
from tests import factories
from tests.factories import PASSWORD

from .conftest import code, give_app, is_in, sign_in

pytestmark = pytest.mark.django_db
WHERE = "/admin_console/security/"
LOG = "/admin_console/signins/"
BODY = {"least_length": "12", "idle_minutes": "60", "absolute_hours": "24", "networks": "", "current_password": PASSWORD}


def test_what_is_saved_holds_at_the_next_request(admin: User, ann: User, client_of: Any) -> None:
    """ADM-8, L9, L1: the length of passwords and the time of sessions, with an entry that says before and after."""
    assert client_of(admin).post(WHERE, BODY).status_code == 302

    answer = client_of(ann).post(
        "/accounts/password/change/", {"oldpassword": PASSWORD, "password1": "elevenchars", "password2": "elevenchars"}
    )
    assert "12 characters" in answer.content.decode()
    entry = AuditEntry.objects.get(act="security.changed")
    assert entry.changes == {"least_length": [8, 12], "idle_minutes": [1440, 60], "absolute_hours": [336, 24]}
    assert (entry.actor_id, entry.address) == (admin.pk, "127.0.0.1")


def test_it_asks_for_the_password_and_keeps_what_was_typed(admin: User, client_of: Any) -> None:
    """L8: without it nothing is saved."""
    answer = client_of(admin).post(WHERE, {**BODY, "current_password": "wrong"})

    assert answer.status_code == 422 and 'value="12"' in answer.content.decode()
    assert not SecurityPolicy.objects.exists()


@pytest.mark.parametrize(
    ("networks", "said"),
    [("10.0.0.0/8", "lock yourself out"), ("10.0.0.0/8\nnonsense", "Line 2 is no network"), ("300.1.1.1/8", "Line 1 is no network")],
)
def test_networks_that_would_lock_one_out_are_refused(admin: User, client_of: Any, networks: str, said: str) -> None:
    """ADM-8: and so is what is no network; the text stays in its box."""
    answer = client_of(admin).post(WHERE, {**BODY, "networks": networks})

    page = answer.content.decode()
    assert answer.status_code == 422 and said in page and networks.split("\n")[0] in page
    assert policy.policy().networks == []


@pytest.mark.parametrize("inside", ["203.0.113.9", "::ffff:203.0.113.9", "2001:db8::1"])
def test_who_comes_from_elsewhere_is_kept_out(ann: User, admin: User, inside: str) -> None:
    """ADM-8: at the sign-in page and in an open session; whoever is inside notices nothing."""
    client = Client()
    sign_in(client, ann.email)

    policy.change(Actor(admin), address="203.0.113.1", networks=["203.0.113.0/24", "2001:db8::/32"])

    assert client.get("/me/", REMOTE_ADDR="198.51.100.1").status_code == 403
    shut = sign_in(Client(), ann.email, REMOTE_ADDR="198.51.100.1")
    assert shut.status_code == 403 and "198.51.100.1" in shut.content.decode()
    assert SignInTry.objects.latest("pk").outcome == "network"
    assert client.get("/me/", REMOTE_ADDR=inside).status_code == 200


def test_the_console_is_not_the_only_way_back(ann: User, admin: User) -> None:
    """L2, ADM-8: when the office gets another address, a command on the machine opens all networks again."""
    from django.core.management import call_command

    policy.change(Actor(admin), address="203.0.113.1", networks=["203.0.113.0/24"])
    call_command("open_networks")

    assert sign_in(Client(), ann.email).status_code == 302
    assert AuditEntry.objects.latest("pk").changes == {"networks": [["203.0.113.0/24"], []]}


@pytest.mark.parametrize("by", ["profiles", "roles"])
def test_who_must_have_a_second_factor_is_led_to_it(ann: User, bob: User, admin: User, by: str) -> None:
    """L3: by profile or role; in an open session, too; nothing else opens until it is set up, and everything after."""
    client = Client()
    sign_in(client, ann.email)
    pk = ann.role_id if by == "roles" else ann.profile_id
    policy.change(Actor(admin), address="127.0.0.1", factor_for={by: [pk]})

    assert client.get("/crm/leads/").headers["Location"] == "/me/security/"
    assert client.post("/crm/leads/new", {"family_name": "A"}).status_code == 302
    assert "asks you for a second step" in client.get("/me/security/").content.decode()
    page = client.get("/me/security/app")
    seed = page.context["shown"].replace(" ", "")
    client.post("/me/security/app", {"seed": page.context["seed"], "code": code(seed), "current_password": PASSWORD})

    assert client.get("/crm/leads/").status_code == 200


def test_who_need_not_is_left_alone_and_nobody_takes_the_last_one_off(ann: User, admin: User, client_of: Any) -> None:
    """L3: what the organisation asks for stays until there is another; others may do without."""
    give_app(ann)
    row = factor.of(ann).app
    assert row is not None
    policy.change(Actor(admin), address="127.0.0.1", factor_for={"profiles": [ann.profile_id]})
    client = client_of(ann)

    answer = client.post(f"/me/security/factor/{row.pk}/off", {"current_password": PASSWORD})
    assert answer.status_code == 422 and factor.has(ann)
    assert client_of(admin).get("/crm/leads/").status_code == 200
    policy.change(Actor(admin), address="127.0.0.1", factor_for={})

    assert client.post(f"/me/security/factor/{row.pk}/off", {"current_password": PASSWORD}).status_code == 302
    assert not factor.has(ann)


def test_an_admin_takes_the_factor_off_for_who_lost_it(ann: User, admin: User, client_of: Any) -> None:
    """L3, L5, ADM-3: all sessions end, a mail tells, the log knows; a suite admin does it not to an account admin."""
    give_app(ann)
    hers, boss = client_of(ann), client_of(admin)
    assert boss.post(f"/admin_console/users/{ann.pk}/factor/reset", {"current_password": "wrong"}).status_code == 422
    assert factor.has(ann)

    boss.post(f"/admin_console/users/{ann.pk}/factor/reset", {"current_password": PASSWORD})

    assert not factor.has(ann) and not is_in(hers)
    assert AuditEntry.objects.filter(act="user.factor_reset", target_id=ann.pk).exists()
    give_app(admin)
    suite = factories.make_user("suite", profile="Administrator", level="suite")
    answer = client_of(suite).post(f"/admin_console/users/{admin.pk}/factor/reset", {"current_password": PASSWORD})
    assert answer.status_code == 403 and factor.has(admin)


def test_the_log_says_who_came_how_from_where(ann: User, admin: User, client_of: Any) -> None:
    """ADM-8, O1: filtered by outcome and by the beginning of an address, page by page by key."""
    sign_in(Client(HTTP_USER_AGENT="Mozilla/5.0 (Windows NT 10.0) Chrome/140"), ann.email, REMOTE_ADDR="203.0.113.4")
    sign_in(Client(), "<b>x</b>@example.com", "wrong", REMOTE_ADDR="198.51.100.9")
    client = client_of(admin)

    page = client.get(LOG + "").content.decode()
    assert "203.0.113.4" in page and "Chrome · Windows" in page and "<b>x</b>" not in page
    assert "198.51.100.9" not in client.get(LOG + "?outcome=in").content.decode()
    assert "203.0.113.4" not in client.get(LOG + "?q=198.51").content.decode()
    for number in range(101):
        SignInTry.objects.create(at=SignInTry.objects.first().at, email=f"{number}@example.com", outcome="wrong")
    first = client.get(LOG + "")
    rest = client.get(f"{LOG}?before={first.context['older']}")
    assert len(first.context["rows"]) == 100
    shown = {one.pk for one, _way in first.context["rows"]} | {one.pk for one, _way in rest.context["rows"]}
    assert shown == set(SignInTry.objects.values_list("pk", flat=True))


def test_a_line_break_makes_no_second_line(db: None) -> None:
    """O1: what somebody typed stands in one line, cut to its column."""
    from django.test import RequestFactory

    request = RequestFactory().post("/", HTTP_USER_AGENT="a\r\nb" * 200)
    log.tried(request, "wrong", email="x\r\ny@example.com" + "z" * 500)

    row = SignInTry.objects.get()
    assert row.email.startswith("xy@example.com") and "\n" not in row.device + row.email


@pytest.mark.parametrize("name", ["security/", "signins/", "audit/", "customers/"])
def test_the_pages_are_for_the_wide_levels_alone(ann: User, client_of: Any, name: str) -> None:
    """ADM-2: an admin of one app does not see them, a stranger is sent to sign in."""
    desk = factories.make_user("desk", apps=("helpdesk",), admin_of=("helpdesk",))

    assert client_of(desk).get(f"/admin_console/{name}").status_code == 403
    assert client_of(ann).get(f"/admin_console/{name}").status_code == 403
    assert Client().get(f"/admin_console/{name}").status_code == 302


def test_the_tokens_of_all_people_are_listed_and_ended(ann: User, admin: User, client_of: Any) -> None:
    """ADM-8, O1: whose calendar is read from outside since when; ended, its address is worth nothing, and the log says who did it."""
    hers = client_of(ann)
    hers.post("/crm/calendar/feed/renew")
    address = hers.get("/crm/calendar/feed/").context["address"].partition("//")[2].partition("/")[2]
    assert Client().get(f"/{address}").status_code == 200
    client = client_of(admin)
    page = client.get("/admin_console/tokens/").content.decode()
    assert "Calendar in other programs" in page and "Ann" in page and address.rsplit("/", 1)[1].partition(".")[0] not in page

    answer = client.post("/admin_console/tokens/end", {"kind": "crm.feed", "user": str(ann.pk)})

    assert answer.status_code == 302 and Client().get(f"/{address}").status_code == 404
    assert client.post("/admin_console/tokens/end", {"kind": "crm.feed", "user": str(ann.pk)}).status_code == 404
    entry = AuditEntry.objects.get(act="user.token_ended")
    assert (entry.actor_id, entry.target_id, entry.detail) == (admin.pk, ann.pk, {"token": "crm.feed"})
    assert "Calendar in other programs" in client.get("/admin_console/audit/").content.decode()


def test_a_suite_admin_leaves_the_tokens_of_account_admins_alone(admin: User, client_of: Any) -> None:
    """A8"""
    client_of(admin).post("/crm/calendar/feed/renew")
    suite = client_of(factories.make_user("suite", level="suite"))

    assert suite.get("/admin_console/tokens/").status_code == 200
    assert suite.post("/admin_console/tokens/end", {"kind": "crm.feed", "user": str(admin.pk)}).status_code == 403
