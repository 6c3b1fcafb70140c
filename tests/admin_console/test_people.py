"""What admins do to people: added, given apps, deactivated with hand-over, deleted; one at a time, and nobody locks the house."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import SimpleUploadedFile

from admin_console import account, adding, handover, licences, people
from admin_console.models import AccountOffer, Subscription
from admin_console.states import INVITED, state_of
from core import clock
from core.access.models import AppAccess, Profile, User
from core.actor import Actor
from core.module.registry import module
from core.record.write import Refused
from core.signin.models import AuditEntry, Invitation, UserSession
from core.stamps import bump
from core.web.menu import given_apps
from core.work import jobs
from core.work.models import RUNNING, Job
from tests import factories
from tests.factories import PASSWORD, make_account, make_lead, make_user

pytestmark = pytest.mark.django_db
APPS = ("crm", "social", "helpdesk")


@pytest.fixture(autouse=True)
def house(db: None) -> None:
    Subscription.objects.create(pk=1, plan="own", since=clock.now())


def _plan(key: str, seats: int = 0) -> None:
    Subscription.objects.filter(pk=1).update(plan=key, seats=seats)


def _wish(email: str, **more: Any) -> adding.Wish:
    values = {"family_name": "New", "profile": Profile.objects.get(name="Standard"), "apps": ("crm",), **more}
    return adding.Wish(email=email, **values)


def fresh(user: User) -> User:
    return User.objects.anew(user.pk)


def test_a_person_is_added_invited_and_counted(admin: User, client_of: Any) -> None:
    """ADM-3: one form makes the user with apps, profile and role, and mails the invitation; sent twice it adds once."""
    body = {"email": "Yuki@Example.com", "family_name": "Sato", "given_name": "Yuki", "language": "ja", "once": "a" * 24}
    body |= {"profile": str(Profile.objects.get(name="Standard").pk), "apps": ["crm", "social"]}
    client = client_of(admin)

    first = client.post("/admin_console/users/new", body)
    second = client.post("/admin_console/users/new", body)

    made = User.objects.get(email="yuki@example.com")
    assert (first.status_code, second.url) == (302, first.url)
    assert state_of(made) == INVITED and people.reach(made) == {"crm", "social"} and made.language == "ja"
    assert Invitation.objects.filter(user=made).count() == 1
    page = client.get("/admin_console/users/?state=invited").content.decode()
    assert "yuki@example.com" in page and "ann@example.com" not in page


def test_an_address_too_long_is_said_at_its_field(admin: User, client_of: Any) -> None:
    """ADM-3: no database has room for it, and none is asked."""
    email = "n@" + ".".join(["a" * 60] * 4) + ".example.com"
    body = {"email": email, "family_name": "Long", "language": "en", "profile": str(admin.profile_id), "apps": ["crm"]}

    answer = client_of(admin).post("/admin_console/users/new", body)

    assert 254 < len(email) <= 320 and answer.status_code == 422 and "254" in answer.content.decode()
    assert not User.objects.filter(family_name="Long").exists()


def test_a_known_address_is_said_at_its_field_and_nothing_typed_is_lost(admin: User, ann: User, client_of: Any) -> None:
    """ADM-3: a double address adds nobody."""
    body = {"email": "ANN@example.com", "family_name": "Twin", "language": "en", "profile": str(ann.profile_id), "apps": ["crm"]}

    answer = client_of(admin).post("/admin_console/users/new", body)

    assert answer.status_code == 422
    assert "is here already" in answer.content.decode() and 'value="Twin"' in answer.content.decode()
    assert User.objects.filter(family_name="Twin").count() == 0


def test_an_invitation_at_the_limit_is_refused_with_the_number(admin: User, client_of: Any) -> None:
    """ADM-6: eleven licences, all taken; the page names the number, and nobody was added."""
    _plan("trial")
    for number in range(10):
        make_user(f"p{number}", apps=("crm",))

    with pytest.raises(licences.NoLicence, match="11 licences"):
        adding.add([_wish("one@example.com")], actor=Actor(admin))

    assert not User.objects.filter(email="one@example.com").exists()
    body = {"email": "one@example.com", "family_name": "One", "language": "en", "profile": str(admin.profile_id), "apps": ["crm"]}
    answer = client_of(admin).post("/admin_console/users/new", body)
    assert answer.status_code == 422 and "11 licences" in answer.content.decode()


def test_limited_users_take_no_licence_up_to_their_number(admin: User) -> None:
    """ADM-6: five people with one app are free of the plan Standard; the sixth takes a licence, and so does a second app."""
    _plan("standard", seats=2)
    for number in range(5):
        make_user(f"p{number}", apps=("crm",))
    assert (licences.standing().used, licences.standing().left) == (1, 1)

    made = adding.add([_wish("six@example.com")], actor=Actor(admin))[0]
    assert licences.standing().left == 0

    with pytest.raises(licences.NoLicence):
        adding.add([_wish("seven@example.com")], actor=Actor(admin))
    people.switch(made, "helpdesk", True, actor=Actor(admin))  # took a licence already: five others are limited
    assert licences.standing().left == 0


def test_a_file_of_people_is_looked_at_before_anybody_is_added(admin: User, ann: User, client_of: Any) -> None:
    """ADM-3: 500 lines with broken and double addresses; each is named with its line and reason, and those that fit are added."""
    lines = ["E-mail,Family name,Given name,Apps,Profile"]
    for number in range(500):
        email = f"n{number}@example.com"
        email = "broken.example.com" if number == 10 else "n5@example.com" if number == 20 else "ann@example.com" if number == 30 else email
        profile = "Nonsense" if number == 40 else "Standard"
        lines.append(
            f"{email},Name{number},Given,crm; help desk,{profile}" if number == 50 else f"{email},Name{number},Given,crm,{profile}"
        )
    text, client = "\r\n".join(lines), client_of(admin)
    start = {"language": "en", "profile": str(ann.profile_id), "apps": ["crm"], "once": "b" * 24}

    looked = client.post("/admin_console/users/import", {**start, "text": text})

    assert looked.status_code == 200 and User.objects.filter(email__startswith="n").count() == 0
    assert "<td>CRM</td>" in looked.content.decode()
    shown = looked.context["preview"]
    assert [(row.line, row.problem) for row in shown.bad if row.line != 52] == [
        (12, "This is no e-mail address."),
        (22, "The same address stands in line 7."),
        (32, "Somebody with this e-mail address is here already."),
        (42, "There is no “Nonsense” to choose."),
    ]
    done = client.post("/admin_console/users/import", {**start, "text": text, "do": "add"})
    again = client.post("/admin_console/users/import", {**start, "text": text, "do": "add"})
    assert (done.status_code, again.status_code) == (302, 302)
    assert User.objects.filter(email__startswith="n").count() == len(shown.good) == Invitation.objects.count()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp932", "utf-16"])
def test_a_file_of_500_as_a_spreadsheet_saves_it(encoding: str, admin: User, ann: User, client_of: Any) -> None:
    """ADM-3 fault: uploaded as Excel and LibreOffice write it; every fifth address broken or double, in every way there is, and
    each refused with its line; the rest are invited, once however often it is sent."""
    bad = ["", "kein at", "a@", "@b.jp", "a b@example.com", "ann@example.com", "ANN@EXAMPLE.COM", "n1@example.com", "Ｎ1＠example.com"]
    wrong, rows = 0, ["メールアドレス,姓,名"]
    for number in range(500):
        broken = number % 5 == 4
        rows.append(f"{bad[wrong % len(bad)] if broken else f'n{number}@example.com'},姓{number},名")
        wrong += broken
    start = {"language": "ja", "profile": str(ann.profile_id), "apps": ["crm"], "once": "c" * 24}
    client, upload = client_of(admin), SimpleUploadedFile("人.csv", "\r\n".join(rows).encode(encoding))

    looked = client.post("/admin_console/users/import", {**start, "file": upload})

    preview = looked.context["preview"]
    assert [one.email for one in preview.good if not re.fullmatch(r"n\d+@example\.com", one.email)] == []  # "@b.jp" once became one
    assert (looked.status_code, len(preview.good), len(preview.bad)) == (200, 400, 100)
    assert all(row.problem and row.line > 1 for row in preview.bad)
    assert not User.objects.filter(email="n1@example.com").exists()
    sent = {**start, "text": looked.context["text"], "do": "add"}
    assert [client.post("/admin_console/users/import", sent).status_code for _turn in range(2)] == [302, 302]
    assert Invitation.objects.count() == 400 == User.objects.filter(family_name__startswith="姓").count()


def test_a_file_with_more_people_than_licences_adds_nobody(admin: User, client_of: Any) -> None:
    """ADM-3, ADM-6: nothing is half done."""
    _plan("trial")
    text = "E-mail\n" + "\n".join(f"n{number}@example.com" for number in range(12))
    body = {"language": "en", "profile": str(admin.profile_id), "apps": ["crm"], "text": text, "do": "add"}

    answer = client_of(admin).post("/admin_console/users/import", body)

    assert answer.status_code == 422 and "11 licences" in answer.content.decode()
    assert not User.objects.filter(email="n0@example.com").exists()


def test_a_switch_saves_by_itself_with_and_without_script(admin: User, dave: User, client_of: Any) -> None:
    """ADM-4: the grid's switch answers itself to htmx and leads back without it; the app is there at the next request."""
    client, his = client_of(admin), client_of(dave)
    assert his.get("/crm/leads/").status_code == 404

    quick = client.post("/admin_console/apps/", {"app": f"{dave.pk}:crm:1", "sure": "1"}, headers={"HX-Request": "true"})

    assert 'aria-checked="true"' in quick.content.decode() and f'value="{dave.pk}:crm:0"' in quick.content.decode()
    assert 'id="ask" class="ask" hx-swap-oob="true"' in quick.content.decode() and " autofocus" in quick.content.decode()
    assert his.get("/crm/leads/").status_code == 200
    plain = client.post("/admin_console/apps/", {"app": f"{dave.pk}:crm:0", "sure": "1"})
    assert plain.status_code == 302 and his.get("/crm/leads/").status_code == 404
    assert "/crm/" not in his.get("/me/").content.decode()
    assert [entry.act for entry in AuditEntry.objects.order_by("pk")] == ["console.app_given", "console.app_taken"]


@pytest.mark.parametrize("script", [True, False])
@pytest.mark.parametrize("page", ["grid", "user", "app"])
def test_an_app_says_first_what_it_opens_and_closes(page: str, script: bool, admin: User, ann: User, client_of: Any) -> None:
    """ADM-13, ADM-4: on the grid, the person's page and the app's page: how many records of what; nothing is saved before that was
    read, with script and without; nothing is asked about who cannot come in, and nothing is left of what was tried."""
    for _number in range(3):
        make_lead(ann)
    ivy = make_user("ivy", apps=(), is_active=False)
    where = {"grid": "/admin_console/apps/", "user": f"/admin_console/users/{ann.pk}/", "app": "/admin_console/apps/crm/"}[page]
    heads = {"HX-Request": "true"} if script and page != "app" else {}

    def body(person: User, on: bool) -> dict[str, str]:
        if page == "app":
            return {"add" if on else "off": str(person.pk)}
        return {"app": f"crm:{int(on)}" if page == "user" else f"{person.pk}:crm:{int(on)}"}

    client = client_of(admin)
    asked = client.post(where, body(ann, False), headers=heads)
    said = asked.content.decode()
    assert asked.status_code == 200 and "Take the app CRM from Ann?" in said and "Leads" in said and "crm" in people.reach(ann)
    assert ("Closes 3 Leads to 1 person (View)." in said) is (page != "app")
    assert (asked.headers.get("HX-Retarget") == "#ask") is bool(heads)
    assert not AuditEntry.objects.exists()

    taken = client.post(where, {**body(ann, False), "sure": "1"}, headers=heads)
    assert taken.status_code == (200 if heads else 302) and "crm" not in people.reach(ann)
    again = client.post(where, body(ann, True), headers=heads)
    assert "Give Ann the app CRM?" in again.content.decode() and "crm" not in people.reach(ann)

    if page != "user":
        client.post(where, body(ivy, True), headers=heads)
        assert people.reach(ivy) == {"crm"}


def test_a_switch_at_the_last_licence_says_why_not(admin: User, client_of: Any) -> None:
    """ADM-6, ADM-13: what would be refused is not asked about; the number is said, and nothing is saved."""
    _plan("standard", seats=1)
    folk = [make_user(f"p{number}", apps=("crm",)) for number in range(5)]

    answer = client_of(admin).post("/admin_console/apps/", {"app": f"{folk[0].pk}:helpdesk:1"}, headers={"HX-Request": "true"})

    assert "1 more would be needed" in answer.headers["HX-Trigger"] and 'id="ask"' in answer.content.decode()
    assert people.reach(folk[0]) == {"crm"} and not AuditEntry.objects.exists()


@pytest.mark.parametrize("value", ["", "x", "1:crm", "1:crm:2", "999999:crm:1", "{pk}:nonsense:1", "{pk}:admin_console:1", "²:crm:1"])
def test_a_tampered_switch_changes_nothing(value: str, admin: User, dave: User, client_of: Any) -> None:
    """A5: foreign ids, unknown apps and made-up states are not there."""
    before = AppAccess.objects.count()

    answer = client_of(admin).post("/admin_console/apps/", {"app": value.format(pk=dave.pk), "is_admin": "1", "level": "account"})

    assert answer.status_code == 404 and AppAccess.objects.count() == before


def test_deactivating_hands_over_in_the_same_step_and_ends_every_session(admin: User, ann: User, bob: User, client_of: Any) -> None:
    """ADM-3, L5: records, the bin included, go to bob with their history; ann is out at her next click."""
    lead, deal_account = make_lead(ann), make_account(ann)
    hers = client_of(ann)
    assert hers.get("/crm/leads/").status_code == 200 and UserSession.objects.filter(user=ann).exists()

    answer = client_of(admin).post(f"/admin_console/users/{ann.pk}/leave/deactivate", {"to": str(bob.pk)})

    assert answer.status_code == 302 and not fresh(ann).is_active
    assert hers.get("/crm/leads/").status_code == 302 and not UserSession.objects.filter(user=ann).exists()
    lead.refresh_from_db()
    deal_account.refresh_from_db()
    assert (lead.owner, deal_account.owner, handover.owned(ann)) == (bob, bob, [])
    assert lead.version == 2
    entry = AuditEntry.objects.get(act="console.deactivated")
    assert entry.changes == {"active": [True, False]} and entry.detail["to"] == str(bob)


def test_without_somebody_to_take_over_nothing_is_left_behind(admin: User, ann: User, client_of: Any) -> None:
    """ADM-3: who owns records is not let go without naming who has them then, nor to somebody who is gone."""
    make_lead(ann)
    gone = make_user("gone", is_active=False)
    client = client_of(admin)

    for to in ("", str(ann.pk), str(gone.pk), "999999"):
        assert client.post(f"/admin_console/users/{ann.pk}/leave/deactivate", {"to": to}).status_code == 422

    assert fresh(ann).is_active


def test_much_is_handed_over_by_a_job_with_progress(admin: User, ann: User, bob: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """ADM-3: more than the page can wait for becomes a job; the person is out at once all the same."""
    monkeypatch.setattr(handover, "AT_ONCE", 2)
    monkeypatch.setattr(handover, "BATCH", 2)
    leads = [make_lead(ann) for _number in range(5)]

    job = people.deactivate(ann, bob, actor=Actor(admin))

    assert job is not None and not fresh(ann).is_active and job.total == 5
    jobs.drain()
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 5)
    assert {type(one).objects.get(pk=one.pk).owner_id for one in leads} == {bob.pk}


def test_a_job_of_somebody_who_left_stops_and_what_it_made_changes_hands(admin: User, ann: User, bob: User) -> None:
    """ADM-3 fault: deactivated in the middle of an import; it stops at its next step with a clear word, and what it had
    imported belongs to the one who took over."""
    steps: list[int] = []

    def work(run: jobs.Run) -> None:
        for number in range(3):
            with run.step() as step:
                make_lead(ann, family_name=f"Row{number}")
                step.advance(done=number + 1)
                steps.append(number)
            if number == 0:
                assert people.deactivate(fresh(ann), bob, actor=Actor(admin)) is not None

    from core.work import registry

    registry.kinds["test.import"] = registry.Kind("test.import", work, "Import", shown=True)
    try:
        row = jobs.enqueue("test.import", user=ann)
        jobs.work(row.pk)
    finally:
        del registry.kinds["test.import"]
    jobs.drain()

    row.refresh_from_db()
    assert (row.state, steps) == ("failed", [0]) and "no access any more" in row.last_error
    lead = module("crm.lead").model
    assert {one.owner_id for one in lead.objects.filter(family_name__startswith="Row")} == {bob.pk}


def test_the_hand_over_waits_for_a_step_that_is_still_being_written(admin: User, ann: User, bob: User) -> None:
    """ADM-3 fault: while a job of the person runs, the hand-over looks again until it has ended."""
    running = Job.objects.create(kind="x", user=ann, state=RUNNING, due_at=clock.now(), created_at=clock.now(), lease_until=clock.now())
    job = people.deactivate(ann, bob, actor=Actor(admin))
    assert job is not None

    jobs.work(job.pk)
    job.refresh_from_db()
    assert job.state == "waiting"

    late = make_lead(ann)
    Job.objects.filter(pk=running.pk).update(state="failed")
    Job.objects.filter(pk=job.pk).update(due_at=clock.now())
    jobs.work(job.pk)
    late.refresh_from_db()
    assert late.owner_id == bob.pk


def test_a_deleted_person_leaves_a_name_in_history_and_a_free_address(admin: User, ann: User, bob: User) -> None:
    """ADM-3 row 9: gone from every list, cannot sign in, the address can be invited again; records have their history."""
    lead = make_lead(ann)

    people.delete(ann, bob, actor=Actor(admin))

    gone = fresh(ann)
    assert gone.deleted_at and not gone.is_active and gone.email.endswith("@invalid.example") and not people.reach(gone)
    assert gone.family_name == "Ann" and not gone.has_usable_password()
    lead.refresh_from_db()
    assert lead.owner_id == bob.pk
    assert adding.add([_wish("ann@example.com")], actor=Actor(admin))[0].pk != ann.pk


def test_a_withdrawn_invitation_leaves_nobody(admin: User, client_of: Any) -> None:
    """ADM-3: whoever never came is gone, and their licence is free."""
    made = adding.add([_wish("ivy@example.com")], actor=Actor(admin))[0]
    before = licences.standing().used

    answer = client_of(admin).post(f"/admin_console/users/{made.pk}/do/withdraw")

    assert answer.status_code == 302 and not User.objects.filter(email="ivy@example.com").exists()
    assert licences.standing().used == before - 1


def test_an_app_admin_takes_no_invitation_from_other_apps(admin: User, client_of: Any) -> None:
    """A8, ADM-2 row 9: who is invited to other apps as well stays, and the page says whom to ask."""
    boss = make_user("boss", apps=("social",), admin_of=("social",))
    made, own = adding.add(
        [_wish("ivy@example.com", apps=("crm", "social")), _wish("own@example.com", apps=("social",))], actor=Actor(admin)
    )
    client = client_of(boss)

    answer = client.post(f"/admin_console/users/{made.pk}/do/withdraw", follow=True)
    client.post(f"/admin_console/users/{own.pk}/do/withdraw")

    assert "is invited to other apps as well" in answer.content.decode()
    assert state_of(fresh(made)) == INVITED and Invitation.objects.get(user=made).ended_at is None
    assert not User.objects.filter(pk=own.pk).exists()


def test_the_sign_in_page_goes_by_the_rules_of_invitations(admin: User, client_of: Any) -> None:
    """ADM-3, L7: withdrawn there, the person goes and their licence is free; somebody deleted is not invited back."""
    made, gone = adding.add([_wish("ivy@example.com"), _wish("max@example.com")], actor=Actor(admin))
    User.objects.filter(pk=gone.pk).update(is_active=True, last_login=clock.now())
    people.delete(fresh(gone), None, actor=Actor(admin))
    client, before = client_of(admin), licences.standing().used

    assert b"/invitation" not in client.get(f"/admin_console/users/{gone.pk}/security").content
    client.post(f"/admin_console/users/{gone.pk}/invitation", {"do": "again"})
    client.post(f"/admin_console/users/{made.pk}/invitation", {"do": "withdraw"})

    assert fresh(gone).deleted_at is not None and Invitation.objects.filter(user=gone).count() == 1
    assert not User.objects.filter(pk=made.pk).exists() and licences.standing().used == before - 1


def test_somebody_who_never_came_is_invited_and_not_let_in_when_activated(admin: User) -> None:
    """ADM-3, L3: activating cannot make a way round the invitation."""
    made = adding.add([_wish("ivy@example.com")], actor=Actor(admin))[0]
    User.objects.filter(pk=made.pk).update(left_at=clock.now())

    people.activate(fresh(made), actor=Actor(admin))

    assert state_of(fresh(made)) == INVITED


@pytest.mark.parametrize("do", ["deactivate", "delete"])
def test_nobody_locks_themselves_out(do: str, admin: User, client_of: Any) -> None:
    """ADM-2, A10."""
    make_user("other", level="account", profile="Administrator")

    client_of(admin).post(f"/admin_console/users/{admin.pk}/leave/{do}", {})

    assert fresh(admin).is_active and fresh(admin).level == "account"


def test_a_suite_admin_leaves_account_admins_alone(admin: User, client_of: Any) -> None:
    """A8: what is theirs is not a suite admin's to change: access, apps, profile, level."""
    suite = make_user("suite", level="suite", profile="Administrator")
    client, base = client_of(suite), f"/admin_console/users/{admin.pk}"
    profile = Profile.objects.create(name="Nothing", rights={})

    answers = [
        client.post(f"{base}/leave/deactivate", {}),
        client.post(f"{base}/leave/delete", {}),
        client.post(f"{base}/", {"app": "crm:0"}),
        client.post(f"{base}/", {"save": "rights", "profile": str(profile.pk), "role": ""}),
        client.post(f"{base}/do/plain"),
    ]

    assert [one.status_code for one in answers] == [403] * 5
    held = fresh(admin)
    assert (held.level, held.profile_id, "crm" in people.reach(admin)) == ("account", admin.profile_id, True)


def test_an_app_admin_grants_nothing_they_do_not_hold(admin: User, client_of: Any) -> None:
    """ADM-2 row 11, A8: no wider profile for others or for oneself, and nobody who has other apps as well."""
    boss = make_user("boss", apps=("crm",), admin_of=("crm",))
    wide, standard = (Profile.objects.get(name=name) for name in ("Administrator", "Standard"))
    here, elsewhere = make_user("here", apps=("crm",)), make_user("elsewhere", apps=("crm", "social"))

    for person, profile in ((here, wide), (elsewhere, standard), (boss, wide)):
        with pytest.raises(PermissionDenied):
            people.set_profile_and_role(person, profile, None, actor=Actor(boss))
    with pytest.raises(PermissionDenied):
        people.switch(here, "social", True, actor=Actor(boss))
    with pytest.raises(PermissionDenied):
        adding.add([_wish("x@example.com", apps=("social",))], actor=Actor(boss))
    with pytest.raises(Refused):
        adding.add([_wish("x@example.com", profile=wide)], actor=Actor(boss))

    people.switch_admin(here, "crm", True, actor=Actor(boss))
    assert AppAccess.objects.get(user=here, app="crm").is_admin


def test_an_app_admin_places_nobody_higher_than_they_stand(ann: User, bob: User, carol: User, roles: Any, client_of: Any) -> None:
    """ADM-2 rows 5 and 11, A8: by no form, file or act a role that sees more than they do, be it of those below or of peers; where
    somebody stands already, they stay."""
    boss = make_user("boss", role=roles["seller"], apps=("crm",), admin_of=("crm",))
    here, high = make_user("here", apps=("crm",)), make_user("high", role=roles["sales"], apps=("crm",))
    standard, client = Profile.objects.get(name="Standard"), client_of(boss)
    type(roles["other"]).objects.filter(name__in=("Other team", "Seller")).update(peers="read")
    bump("users")
    body = {"email": "x@example.com", "family_name": "X", "language": "en", "profile": str(standard.pk), "apps": ["crm"]}

    for role in (roles["top"], roles["sales"], roles["other"]):
        role.refresh_from_db()
        assert client.post("/admin_console/users/new", {**body, "role": str(role.pk)}).status_code == 422
        with pytest.raises(Refused):
            adding.add([_wish("x@example.com", role=role)], actor=Actor(fresh(boss)))
        rights = {"save": "rights", "profile": str(standard.pk), "role": str(role.pk), "sure": "1"}
        assert client.post(f"/admin_console/users/{here.pk}/", rights).status_code == 422
        with pytest.raises(PermissionDenied):
            people.set_profile_and_role(here, standard, role, actor=Actor(fresh(boss)))
    looked = client.post("/admin_console/users/import", {**body, "text": "E-mail,Role\nx@example.com,Top\ny@example.com,Seller"})

    assert [row.problem for row in looked.context["preview"].bad] == ["There is no “Top” to choose."]
    assert not User.objects.filter(email="x@example.com").exists() and fresh(here).role is None
    rights = {"save": "rights", "profile": str(standard.pk), "sure": "1"}
    for person, role in ((here, roles["seller"]), (high, roles["sales"])):
        assert client.post(f"/admin_console/users/{person.pk}/", {**rights, "role": str(role.pk)}).status_code == 302
        assert fresh(person).role == role


def test_giving_an_admins_rights_asks_for_the_password(admin: User, ann: User, client_of: Any) -> None:
    """L8: a wrong password changes nothing; nor does one hand over an app by a forged form."""
    client = client_of(admin)

    wrong = client.post(f"/admin_console/users/{ann.pk}/raise/suite", {"password": "nope", "on": "1"})
    assert wrong.status_code == 422 and fresh(ann).level == ""

    assert client.post(f"/admin_console/users/{ann.pk}/raise/crm", {"on": "1"}).status_code == 422
    assert client.post(f"/admin_console/users/{ann.pk}/raise/suite", {"password": PASSWORD, "on": "1"}).status_code == 302
    assert fresh(ann).level == "suite"


def test_the_account_goes_to_another_person_once_they_say_yes(admin: User, ann: User, client_of: Any) -> None:
    """ADM-1, ADM-2 row 1: offered with the password, told to the other, and nothing changes before they confirm."""
    client, hers = client_of(admin), client_of(ann)
    client.post("/admin_console/account/", {"to": str(ann.pk), "then": "leave", "password": PASSWORD})
    offer = AccountOffer.objects.get()
    assert (fresh(admin).level, fresh(ann).level) == ("account", "")
    where = f"/admin_console/account/offer/{offer.pk}"
    assert "asks you to look after the account" in hers.get("/me/notifications/").content.decode()
    assert client.get(where).status_code == 404

    answer = hers.post(where, {"do": "yes", "password": PASSWORD})

    assert answer.status_code == 302 and (fresh(admin).level, fresh(ann).level) == ("suite", "account")
    assert people.reach(fresh(ann)) >= set(APPS)
    assert hers.post(where, {"do": "yes", "password": PASSWORD}).status_code == 302 and fresh(ann).level == "account"


def test_an_offer_of_somebody_who_is_no_account_admin_any_more_is_worth_nothing(admin: User, ann: User) -> None:
    """ADM-2 row 1: the right is asked when the offer is taken, too."""
    make_user("other", level="account")
    offer = account.offer(ann, True, actor=Actor(admin))
    User.objects.filter(pk=admin.pk).update(level="suite")

    with pytest.raises(Refused):
        account.accept(offer, person=ann)

    assert fresh(ann).level == ""


def test_the_last_account_admin_stays(admin: User) -> None:
    """A10: by none of the ways there are."""
    with pytest.raises(Refused, match="account admin"):
        people.stand_down(admin, actor=Actor(admin))

    assert fresh(admin).level == "account"


def test_a_new_suite_admin_gets_every_app_on_a_click(client_of: Any) -> None:
    """ADM-7: offered on the start page until there is nothing left to give."""
    suite = make_user("suite", level="suite", profile="Administrator", apps=("crm",))
    client = client_of(suite)
    assert "/admin_console/all-apps" in client.get("/crm/").content.decode()

    client.post("/admin_console/all-apps")

    assert people.reach(suite) == set(given_apps())
    assert "/admin_console/all-apps" not in client.get("/crm/").content.decode()
    assert not fresh(suite).apps.filter(is_admin=True).exists()


def test_an_app_that_is_not_in_the_plan_is_not_given(admin: User, dave: User) -> None:
    """ADM-6: the plan Standard has no Social."""
    _plan("standard", seats=50)

    with pytest.raises(Refused, match="not included"):
        people.switch(dave, "social", True, actor=Actor(admin))

    people.switch(dave, "crm", True, actor=Actor(admin))
    assert people.reach(dave) == {"crm"}


def test_the_list_of_users_as_a_file_runs_nothing_in_a_spreadsheet(admin: User, client_of: Any) -> None:
    """ADM-3 row 8, E1: a name that begins like a formula is text."""
    make_user("evil", family_name="=HYPERLINK(1)")

    text = client_of(admin).post("/admin_console/users/export").content.decode("utf-8-sig")

    assert "'=HYPERLINK(1)" in text and "admin@example.com" in text
    assert AuditEntry.objects.get(act="console.exported").detail["rows"] == User.objects.count()
    assert factories.PASSWORD not in text
