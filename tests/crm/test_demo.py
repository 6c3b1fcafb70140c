"""The demo organisation: there at the first look, with a past, and each of its people sees what is theirs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.files.storage import storages
from django.core.management import call_command
from django.db import transaction
from django.test import Client

from core import clock
from core.access.gate import queryset
from core.access.models import AppAccess, Role, User
from core.demo import Story, tell
from core.demo_people import MEMBERS, PASSWORD, logins
from core.event.models import Event
from core.module.models import ViewChoice
from crm.models import Account, Activity, Contact, Deal, Lead, StageStay


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The demo, made once for all tests of this file and taken back at the end. Gives what it left in var/."""
    var = tmp_path_factory.mktemp("var")
    with django_db_blocker.unblock(), transaction.atomic(), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "VAR", Path(var))
        call_command("demo", verbosity=0)
        _kept["files"] = storages["default"]
        yield (var / "demo-logins.txt").read_text()
        transaction.set_rollback(True)


_kept: dict[str, Any] = {}


@pytest.fixture(autouse=True)
def its_files(request: pytest.FixtureRequest, fresh_stamps: None) -> None:
    """What the demo stored is there for each of its tests, though every other test begins with an empty store."""
    if "told" in request.fixturenames:
        storages._storages["default"] = _kept["files"]


def user(name: str) -> User:
    return User.objects.entitled().get(email=f"{name}@aoba.example")


def test_everybody_gets_a_login_and_a_place(told: str) -> None:
    """PLT-1: the logins that bin/up prints are there, and the role tree says who leads whom."""
    assert [line.split()[0] for line in told.splitlines()] == [f"{one.key}@aoba.example" for one in MEMBERS]
    assert (User.objects.count(), Role.objects.count()) == (12, 8)
    assert user("ann").role.path.startswith(user("bob").role.path)
    assert User.objects.get(level="account") == user("mei")
    assert not AppAccess.objects.filter(user=user("dave"), app="crm").exists()
    assert all(PASSWORD in line for line in logins().splitlines())


def test_all_people_can_sign_in(told: str, client: Client) -> None:
    answer = client.post("/accounts/login/", {"login": "ann@aoba.example", "password": PASSWORD})

    assert (answer.status_code, answer["Location"]) == (302, "/")


def test_the_figures_are_those_of_a_small_company(told: str) -> None:
    stages = set(Deal.objects.values_list("stage", flat=True))

    assert (Lead.objects.count(), Account.objects.count()) == (401, 61)
    assert Contact.objects.count() > 100
    first = {"qualification", "analysis", "proposal", "negotiation", "won", "lost"}
    assert first < stages and all(stage.startswith("partner_") for stage in stages - first)  # two pipelines
    assert not Deal.objects.filter(outcome="lost", lost_reason="").exists()
    assert not Account.objects.filter(primary_contact=None).exclude(type="competitor").exists()
    assert Account.objects.filter(parent__isnull=False).count() == 3


def test_there_is_work_for_today_and_work_forgotten(told: str) -> None:
    """CRM-20: the home page has something to show on the first day."""
    today, open_ones = clock.today(), Activity.objects.exclude(status="done")

    assert open_ones.filter(due_on=today).count() >= 5
    assert open_ones.filter(due_on__lt=today).count() >= 5
    assert Deal.objects.filter(outcome="open", closing_on__range=(today, today + timedelta(days=31))).count() >= 5
    assert Lead.objects.filter(created_at__gte=clock.now() - timedelta(hours=24)).exists()


def test_the_past_happened_in_its_order(told: str) -> None:
    """CRM-5: a deal's steps lie apart as they would, none in the future, and history is in the order of its ids."""
    deal = Deal.objects.get(name="保守契約 更新(年間)")
    events = list(Event.objects.filter(module="crm.deal", record_id=deal.pk).order_by("pk").values_list("at", "kind"))

    assert [kind for _at, kind in events] == ["created", "updated", "updated"]
    assert events == sorted(events)
    assert events[-1][0] - events[0][0] > timedelta(days=20)
    assert [stay.stage for stay in StageStay.objects.filter(deal=deal).order_by("pk")] == ["qualification", "proposal", "negotiation"]
    assert not Event.objects.filter(at__gt=clock.now()).exists()


@pytest.mark.parametrize("name", [one.key for one in MEMBERS if "crm" in one.apps.split()])
def test_each_of_them_has_lists_to_look_at(told: str, client: Client, name: str) -> None:
    client.force_login(user(name))

    for path in ("leads", "contacts", "accounts", "deals", "activities"):
        assert client.get(f"/crm/{path}/").status_code == 200


def test_people_see_their_own_and_their_teams_leads(told: str, client: Client) -> None:
    """PLT-24: bob sees what ann owns, carol does not, and for dave there is no CRM."""
    of_ann = Lead.objects.filter(owner=user("ann"))

    assert of_ann.count() > 20
    assert queryset(user("bob"), "crm.lead").filter(owner=user("ann")).count() == of_ann.count()
    assert not queryset(user("carol"), "crm.lead").filter(owner=user("ann")).exists()
    client.force_login(user("dave"))
    assert client.get("/crm/leads/").status_code == 404


def test_pinned_views_stand_in_the_shell(told: str, client: Client) -> None:
    client.force_login(user("ann"))

    page = client.get("/crm/").content.decode()

    assert ViewChoice.objects.filter(user=user("ann"), pinned=True).count() == 3
    assert "My hot leads" in page


def test_a_second_run_changes_nothing(told: str, capsys: pytest.CaptureFixture[str]) -> None:
    before = (User.objects.count(), Event.objects.count())

    call_command("demo")

    assert "already" in capsys.readouterr().out
    assert (User.objects.count(), Event.objects.count()) == before


def test_a_step_happens_at_its_moment_and_never_later_than_now() -> None:
    story, seen = Story(), []
    story.then(story.ago(1), lambda: seen.append(("second", story.now - clock.now())))
    story.then(story.ago(3), lambda: seen.append(("first", story.now - clock.now())))
    story.then(story.now + timedelta(hours=1), lambda: seen.append(("never", timedelta(0))))

    story.play()

    assert seen == [("first", timedelta(days=3)), ("second", timedelta(days=1))]
    assert clock.now() >= story.now


@pytest.mark.django_db(transaction=True)
def test_load_is_the_same_for_the_same_seed_and_found_at_once(db: None) -> None:
    """The generator puts back every index and link it took away, and what it made can be found."""
    from django.db import connection

    from core.copying import _INDEXES, _found
    from core.search.query import find

    User.objects.create_user("one@example.com", family_name="One")
    before = {name for name, *_ in _found(_INDEXES[connection.vendor], "crm_lead")}
    call_command("generate", leads=300, accounts=20, contacts=50, deals=40, activities=30, processes=1, verbosity=0)

    lead = Lead.objects.order_by("pk")[7]
    assert (Lead.objects.count(), Contact.objects.count(), Deal.objects.count(), Activity.objects.count()) == (300, 50, 40, 30)
    assert {name for name, *_ in _found(_INDEXES[connection.vendor], "crm_lead")} == before
    assert not Activity.objects.filter(lead=None, contact=None, account=None, deal=None).exists()
    assert not Activity.objects.filter(status="done", done_at=None).exists()
    subjects = list(Activity.objects.values_list("subject", flat=True))
    assert len({any(sign > "\u3000" for sign in one) for one in subjects}) == 2  # both languages
    assert [hit.record_id for hit in find("crm.lead", lead.email)] == [lead.pk]
    assert find("crm.lead", lead.phone)
    names = list(Lead.objects.order_by("pk").values_list("family_name", "company")[:50])
    Lead.objects.create(family_name="後", created_at=clock.now(), changed_at=clock.now())  # the sequence stands behind the load
    connection.cursor().execute("DELETE FROM core_searchentry")
    Deal.objects.all().delete(), Activity.objects.all().delete(), Lead.objects.all().delete()
    assert len(names) == 50


def test_parts_are_told_in_their_order(db: None) -> None:
    from core import demo

    kept = list(demo._parts)
    try:
        demo._parts[:] = [(30, "b", lambda story: story.kept["seen"].append("b")), (10, "a", lambda story: story.kept["seen"].append("a"))]
        story = Story(kept={"seen": []})
        tell(story)
    finally:
        demo._parts[:] = kept

    assert story.kept["seen"] == ["a", "b"]


def test_people_have_faces_notes_name_colleagues_and_papers_hang_on_companies(told: str, client: Client) -> None:
    """CRM-17, PLT-10, PLT-21: there to look at from the first minute, in both languages."""
    from core.files.models import Attachment, Photo
    from core.record.models import Note

    client.force_login(user("ann"))
    account = Account.objects.get(name="Northwind Hotels Ltd.")

    page = client.get(f"/crm/accounts/{account.pk}/").content.decode()

    assert (Photo.objects.count(), Attachment.objects.count()) == (6, 2)
    assert Event.objects.filter(kind="mentioned").count() == Note.objects.exclude(mentions=[]).count() == 3
    assert "second-floor.png" in page and '<b class="mention">@Bob</b>' in page and 'src="/photos/' in page
    assert client.get(f"/files/{Attachment.objects.get(name='second-floor.png').pk}/small").status_code == 200


def test_the_demo_has_scores_by_rules_in_both_languages(told: str) -> None:
    """CRM-19: at the first look lists can be sorted by score, and every rule has a name for every reader."""
    from crm.models import ScoreRule

    assert ScoreRule.objects.filter(name_en="").count() + ScoreRule.objects.filter(name_ja="").count() == 0
    assert {one.module for one in ScoreRule.objects.all()} == {"crm.lead", "crm.contact"}
    assert Lead.objects.filter(score__gte=30).exists() and Contact.objects.filter(score__gt=0).exists()
