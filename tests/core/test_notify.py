"""Being told: of records given, notes that mention, work that ended; in the bell and by mail, as each chose (PLT-19)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core import mail

from core import clock as time
from core.access.models import Profile, User
from core.actor import Actor
from core.module.registry import module
from core.notify.mail import digests
from core.notify.models import Letter, Notification, NotifyChoice
from core.organisation.models import Organisation
from core.record import notes
from core.record.write import create_many, delete, restore, update, update_many
from core.stamps import bump
from core.tasks import keep_notifications
from core.work import hints
from core.work.jobs import Run, drain, enqueue
from core.work.models import DONE, Job
from core.work.registry import job
from core.work.run import GiveUp
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def still(clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hints, "send", lambda job_id: True)


def texts(client: Any) -> list[str]:
    return [one.text for one in client.get("/me/notifications/").context["items"]]


def mailed(clock: Any, seconds: int = 61) -> list[str]:
    """The subjects of what has left after so long."""
    clock.shift(seconds)
    drain(time.now())
    return [one.subject for one in mail.outbox]


def give(lead: Any, to: User, by: User) -> Any:
    lead.refresh_from_db()
    return update(lead, actor=Actor(by), owner=to)


def test_a_record_given_to_me_is_told_in_the_bell_and_by_mail(ann: Any, bob: Any, client_of: Any, clock: Any) -> None:
    """PLT-19: who gave what; the mail waits a minute and carries a link."""
    lead = factories.make_lead(bob)

    give(lead, ann, bob)

    page = client_of(ann).get("/me/notifications/").content.decode()
    assert texts(client_of(ann)) == [f"Bob gave you: {lead.title} (lead)"] and "One unread notification" in page
    assert mailed(clock, 30) == []
    assert mailed(clock, 31) == [f"Bob gave you: {lead.title} (lead)"]
    assert mail.outbox[0].to == [ann.email] and f"/crm/leads/{lead.pk}/" in mail.outbox[0].body


def test_nobody_is_told_of_what_they_did_themselves(ann: Any, bob: Any, client_of: Any) -> None:
    """PLT-19"""
    mine = factories.make_lead(ann)
    notes.write("crm.lead", mine, "@Ann, remember", actor=Actor(ann))

    update(factories.make_lead(ann), actor=Actor(bob), owner=bob)

    assert Notification.objects.count() == 0


def test_many_records_of_one_act_are_told_as_one(ann: Any, bob: Any, client_of: Any, clock: Any) -> None:
    """PLT-19: in batches of one job, too; the mail says the number in the end."""
    leads = module("crm.lead")
    work = enqueue("core.bulk", args={"bulk": 0}, due_at=time.now() + timedelta(days=1))

    for batch in range(3):
        rows = [{"family_name": f"L{batch}{at}", "company": "C", "owner": ann.pk} for at in range(70 + batch)]
        create_many(leads, rows, actor=Actor(bob, "import", work.pk))
        clock.shift(40)

    assert texts(client_of(ann)) == ["Bob gave you 213 records: Leads"]
    assert mailed(clock) == ["Bob gave you 213 records: Leads"]
    assert "/crm/leads/?view=mine" in mail.outbox[0].body


def test_a_record_given_away_again_is_told_to_its_last_owner_alone(ann: Any, bob: Any, carol: Any, client_of: Any, clock: Any) -> None:
    """PLT-19: the final state only."""
    lead = factories.make_lead(bob)

    give(lead, ann, bob)
    give(lead, carol, bob)

    assert texts(client_of(ann)) == []
    assert "unread" not in client_of(ann).get("/me/notifications/bell").content.decode()
    assert mailed(clock) == [f"Bob gave you: {lead.title} (lead)"]
    assert mail.outbox[0].to == [carol.email]


def test_what_is_in_the_bin_counts_in_no_bell_and_goes_in_no_mail(ann: Any, bob: Any, client_of: Any, clock: Any) -> None:
    """PLT-19: brought back, it is there again."""
    lead = give(factories.make_lead(bob), ann, bob)

    act = delete(lead, actor=Actor(bob))

    assert "unread" not in client_of(ann).get("/me/notifications/bell").content.decode()
    assert texts(client_of(ann)) == [] and mailed(clock) == []
    assert Letter.objects.get().state == "dropped"
    restore(act, actor=Actor(bob))
    assert len(texts(client_of(ann))) == 1


def test_who_lost_sight_of_the_record_before_the_mail_gets_none(ann: Any, bob: Any, client_of: Any, clock: Any) -> None:
    """PLT-19, PLT-24, security A7: and the bell is set right within the hour."""
    lead = factories.make_lead(ann)
    notes.write("crm.lead", lead, "@Bob look", actor=Actor(ann))
    assert len(texts(client_of(bob))) == 1

    User.objects.filter(pk=bob.pk).update(role=None)
    keep_notifications(time.now())

    assert texts(client_of(bob)) == [] and mailed(clock) == []
    assert "unread" not in client_of(bob).get("/me/notifications/bell").content.decode()


def test_several_about_one_record_are_one_mail_in_the_reader_s_language(ann: Any, bob: Any, clock: Any) -> None:
    """PLT-19"""
    lead = factories.make_lead(bob)
    give(lead, ann, bob)

    notes.write("crm.lead", lead, "@Ann look", actor=Actor(bob))
    subjects = mailed(clock)

    assert subjects == [f"Bob mentioned you in a note: {lead.title}"]
    assert f"Bob gave you: {lead.title}" in mail.outbox[0].body


def test_a_mention_taken_back_is_not_told(ann: Any, bob: Any, client_of: Any, clock: Any) -> None:
    """PLT-19: the note was removed before anybody read it."""
    lead = factories.make_lead(ann)
    note, _remark = notes.write("crm.lead", lead, "@Bob look", actor=Actor(ann))

    notes.remove(note, lead, actor=Actor(ann))

    assert texts(client_of(bob)) == [] and mailed(clock) == []


def test_what_was_read_in_the_page_is_not_mailed(ann: Any, bob: Any, client_of: Any, clock: Any) -> None:
    """PLT-19"""
    give(factories.make_lead(bob), ann, bob)

    client_of(ann).post("/me/notifications/read")

    assert mailed(clock) == []


def test_each_chooses_the_ways_for_each_kind(ann: Any, bob: Any, client_of: Any, clock: Any) -> None:
    """PLT-19: page off and mail never is silence; the page says what was chosen."""
    client, lead = client_of(ann), factories.make_lead(bob)
    client.post("/me/notifications/settings", {"core.assigned-mail": "", "core.mentioned-mail": "now", "core.mentioned-page": "1"})

    give(lead, ann, bob)
    notes.write("crm.lead", lead, "@Ann look", actor=Actor(bob))

    assert texts(client) == [f"Bob mentioned you in a note: {lead.title}"]
    lines = {one["kind"].key: one for one in client.get("/me/notifications/settings").context["lines"]}
    assert (lines["core.assigned"]["page"], lines["core.assigned"]["mail"]) == (False, "")
    client.post("/me/notifications/settings", {"core.assigned-mail": "hourly"})
    assert NotifyChoice.objects.get(kind="core.assigned").mail == ""


def test_the_mail_of_the_day_comes_at_eight_of_the_reader_s_zone_once(ann: Any, bob: Any, clock: Any) -> None:
    """PLT-19: noon in Tokyo is too late for today; it is eight there at 23:00 UTC."""
    NotifyChoice.objects.create(user=ann, kind="core.assigned", mail="daily")
    first, second = factories.make_lead(bob), factories.make_lead(bob)
    give(first, ann, bob)
    give(second, ann, bob)

    assert digests(time.now()) == 0 and mailed(clock) == []
    clock.move_to(datetime(2026, 5, 20, 22, 59, tzinfo=UTC))
    assert digests(time.now()) == 0
    clock.move_to(datetime(2026, 5, 20, 23, 1, tzinfo=UTC))
    assert [digests(time.now()), digests(time.now())] == [1, 0]

    assert mailed(clock, 1) == ["2 notifications from Enishi"]
    assert all(f"/crm/leads/{one.pk}/" in mail.outbox[0].body for one in (first, second))
    give(factories.make_lead(bob), ann, bob)
    clock.shift(3600)
    assert digests(time.now()) == 0


def test_the_mail_of_the_day_comes_when_the_house_opens(ann: Any, bob: Any, clock: Any) -> None:
    """PLT-19, ADM-5: at ten by the reader's clock where the house opens at ten, and not on its days off."""
    Organisation.objects.update_or_create(pk=1, defaults={"hours": {"4": ["10:00", "18:00"]}})  # Fridays
    bump("organisation")
    NotifyChoice.objects.create(user=ann, kind="core.assigned", mail="daily")
    give(factories.make_lead(bob), ann, bob)

    for day, hour, count in ((21, 2, 0), (22, 0, 0), (22, 1, 1)):  # Thursday 11:00, Friday 9:00 and 10:00 in Tokyo
        clock.move_to(datetime(2026, 5, day, hour, 1, tzinfo=UTC))
        assert digests(time.now()) == count, (day, hour)


def test_a_mail_cut_while_it_was_sent_is_not_sent_again(ann: Any, bob: Any, clock: Any) -> None:
    """PLT-19 (fault): a worker that was killed between the claim and the result leaves it unclear."""
    give(factories.make_lead(bob), ann, bob)
    Letter.objects.update(state="sending")

    subjects = mailed(clock)

    assert subjects == [] and Letter.objects.get().state == "unknown"


def test_a_mail_server_that_is_away_gets_the_mail_later(ann: Any, bob: Any, clock: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """PLT-19 (fault)"""
    from django.core.mail.backends.locmem import EmailBackend

    def away(_self: Any) -> None:
        raise ConnectionRefusedError

    with monkeypatch.context() as patch:
        patch.setattr(EmailBackend, "open", away)
        give(factories.make_lead(bob), ann, bob)
        assert mailed(clock) == [] and Letter.objects.get().state == "queued"

    assert len(mailed(clock, 3600)) == 1


def test_long_work_that_ended_is_told_and_short_work_is_not(ann: Any, client_of: Any, clock: Any) -> None:
    """PLT-19, PLT-20: also that it failed; not to others."""

    @job("test.told", label="Import of leads", shown=True)
    def work(run: Run) -> None:
        clock.shift(run.args["seconds"])

    for seconds in (5, 90):
        enqueue("test.told", args={"seconds": seconds}, user=ann)
        drain(time.now())

    last = Job.objects.filter(kind="test.told").latest("pk")
    assert last.state == DONE and texts(client_of(ann)) == ["Done: Import of leads"]
    row = Notification.objects.get()
    assert client_of(ann).post(f"/me/notifications/{row.pk}/read")["Location"] == f"/jobs/{last.pk}/"


def test_the_bell_asks_cheaply_and_hears_nothing_while_nothing_changes(
    ann: Any, bob: Any, client_of: Any, django_assert_max_num_queries: Any
) -> None:
    """PLT-19: one count; 304 while it stays the same."""
    client = client_of(ann)
    etag = client.get("/me/notifications/bell")["ETag"]
    with django_assert_max_num_queries(4):  # the session, its user, the stamps, and the count
        same = client.get("/me/notifications/bell", headers={"If-None-Match": etag})

    give(factories.make_lead(bob), ann, bob)

    other = client.get("/me/notifications/bell", headers={"If-None-Match": etag})
    assert (same.status_code, other.status_code) == (304, 200) and "One unread notification" in other.content.decode()


def test_those_not_read_come_first_and_all_are_reached_page_by_page(ann: Any, client_of: Any) -> None:
    """PLT-19: none twice, none left out; one can be marked where it stands."""
    lead, client = factories.make_lead(ann), client_of(ann)
    now = time.now()
    rows = [
        Notification(user=ann, kind="core.assigned", module="crm.lead", record_id=lead.pk, at=now, read_at=now if at % 2 else None)
        for at in range(130)
    ]
    Notification.objects.bulk_create(rows)

    found, address = [], "/me/notifications/"
    while address:
        page = client.get(address)
        found += [one.row for one in page.context["items"]]
        address = f"/me/notifications/?{page.context['older']}" if page.context["older"] else ""

    assert len(found) == len({row.pk for row in found}) == 130
    assert [bool(row.read_at) for row in found] == [False] * 65 + [True] * 65
    assert client.post(f"/me/notifications/{found[0].pk}/read", {"stay": "1"})["Location"] == "/me/notifications/"
    assert Notification.objects.filter(read_at=None).count() == 64


def test_old_notifications_go_after_ninety_days(ann: Any, bob: Any, clock: Any) -> None:
    """PLT-19: read or not, and their mails."""
    give(factories.make_lead(bob), ann, bob)
    clock.shift(89 * 86_400)
    keep_notifications(time.now())
    assert Notification.objects.count() == 1

    clock.shift(2 * 86_400)
    keep_notifications(time.now())

    assert (Notification.objects.count(), Letter.objects.count()) == (0, 0)
    drain(time.now())
    assert list(Job.objects.values_list("kind", "state")) == [("core.notify.mail", DONE)], "its mail is forgotten with it, not an error"


def test_a_bulk_change_of_owner_tells_each_new_owner_once(ann: Any, bob: Any, carol: Any, client_of: Any) -> None:
    """PLT-19: records of several people handed out in one act."""
    leads = module("crm.lead")
    rows = [factories.make_lead(bob) for _ in range(5)]

    update_many(leads, [(one, {"owner": ann.pk if at < 3 else carol.pk}) for at, one in enumerate(rows)], actor=Actor(bob, "bulk"))

    assert texts(client_of(ann)) == ["Bob gave you 3 records: Leads"]
    assert texts(client_of(carol)) == ["Bob gave you 2 records: Leads"]


def looks_after_all(user: User) -> User:
    """Somebody who may hand on what others own."""
    user.profile = Profile.objects.get(name="Administrator")
    user.save()
    user.__dict__.pop("_rights", None)
    return user


def leaves(user: User) -> None:
    User.objects.filter(pk=user.pk).update(is_active=False)
    bump("users")


def test_records_of_somebody_who_left_are_told_as_taken_over(ann: Any, bob: Any, carol: Any, client_of: Any, clock: Any) -> None:
    """PLT-19: who left and how many, apart from what one is given otherwise; by a choice of its own; not once they are another's."""
    rows = [factories.make_lead(carol) for _ in range(3)]
    other = factories.make_lead(bob)
    leaves(carol)

    update_many(module("crm.lead"), [(one, {"owner": ann.pk}) for one in [*rows, other]], actor=Actor(looks_after_all(bob), "bulk"))

    assert sorted(texts(client_of(ann))) == [
        f"Bob gave you: {other.title} (lead)",
        "Carol has left; you take over 3 records: Leads",
    ]
    assert {row.kind for row in Notification.objects.all()} == {"core.assigned", "core.left"}
    assert "Carol has left" in " ".join(mailed(clock) + [one.body for one in mail.outbox])
    for one in rows:
        give(one, bob, bob)
    assert texts(client_of(ann)) == [f"Bob gave you: {other.title} (lead)"]


def test_one_record_taken_over_is_named_to_who_may_see_it(ann: Any, bob: Any, carol: Any, client_of: Any) -> None:
    """PLT-19, PLT-24"""
    lead = factories.make_lead(carol)
    leaves(carol)

    give(lead, ann, looks_after_all(bob))

    assert texts(client_of(ann)) == [f"Carol has left; you take over: {lead.title} (lead)"]
    NotifyChoice.objects.create(user=ann, kind="core.left", page=False, mail="")
    second = factories.make_lead(carol)
    give(second, ann, bob)
    assert Notification.objects.filter(user=ann).count() == 1


def test_work_that_stops_because_its_person_left_is_told_to_those_who_look_after_the_house(
    admin: Any, ann: Any, bob: Any, client_of: Any, clock: Any
) -> None:
    """PLT-19, PLT-20: however short it ran; what came to its end all the same is told to nobody, nor anything to who left."""

    @job("test.stops", label="Import of leads", shown=True)
    def work(run: Run) -> None:
        if run.args["stops"]:
            raise GiveUp("You may not import records of this kind.")

    leaves(ann)
    for stops in (True, False):
        enqueue("test.stops", args={"stops": stops}, user=ann)
        drain(time.now())

    assert texts(client_of(admin)) == ["Ann has left, and this work of theirs stopped: Import of leads"]
    assert {row.user_id for row in Notification.objects.all()} == {admin.pk}
    row, stopped = Notification.objects.get(), Job.objects.filter(kind="test.stops").order_by("pk")[0]
    assert client_of(admin).post(f"/me/notifications/{row.pk}/read")["Location"] == f"/jobs/{stopped.pk}/"
    assert client_of(admin).get(f"/jobs/{stopped.pk}/").status_code == 200


def test_the_number_stands_in_the_title_of_the_page(ann: Any, bob: Any, client_of: Any) -> None:
    """PLT-19: for a tab that is not looked at; the bell says it again to the script that keeps the title."""
    client = client_of(ann)
    assert "<title>Home" in client.get("/crm/").content.decode()

    give(factories.make_lead(bob), ann, bob)

    assert "<title>(1) Home" in client.get("/crm/").content.decode()
    assert 'data-waiting="1"' in client.get("/me/notifications/bell").content.decode()
