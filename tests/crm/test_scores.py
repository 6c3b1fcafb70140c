"""The score of leads and contacts: rules that give points, kept up, explained line by line (CRM-19)."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock as house
from core import stamps
from core.access.models import AppAccess, ModuleDefault, Profile
from core.event.models import Event
from core.mail.models import SENT, Mail
from core.module.registry import module
from core.record.models import Tie
from core.record.write import update
from core.stamps import bump
from core.work import due
from core.work.jobs import drain
from core.work.models import Job
from crm.models import Contact, Lead, ScoreMark, ScoreRule
from crm.scoring import keeping, points
from tests import factories

pytestmark = pytest.mark.django_db
HOT = {"all": [{"field": "rating", "op": "is", "value": "hot"}]}


def rule(key: str = "crm.lead", **values: Any) -> ScoreRule:
    """A rule as the page would have made it, with all records scored."""
    made = ScoreRule.objects.create(module=key, **{"name_en": "Rule", "points": 10, **values})
    keeping.rules_changed(key)
    drain()
    return made


def score(record: Any) -> int:
    return type(record).objects.values_list("score", flat=True).get(pk=record.pk)


def minute() -> None:
    """What happens in the background once a minute."""
    keeping.follow_all(house.now())
    drain()


def test_points_are_given_to_what_a_list_shows(admin: Any, ann: Any, client_of: Any) -> None:
    """CRM-19: a filter of the list becomes a rule, shown in words; everything is scored at once, with progress."""
    hot, cold, client = factories.make_lead(ann, rating="hot"), factories.make_lead(ann, rating="cold"), client_of(admin)
    address = f"/crm/scores/new?module=crm.lead&filter={quote(json.dumps(HOT))}"

    listed = client.get(f"/crm/leads/?filter={quote(json.dumps(HOT))}").content.decode()
    asked = client.get(address).content.decode()
    answer = client.post(address, {"name_en": "Hot ones", "points": "30", "active": "on"})
    drain()

    assert "/crm/scores/new?" in listed and "Give points to these" in listed
    assert "Gives its points to records where: Rating is Hot." in asked
    assert (answer.status_code, score(hot), score(cold)) == (302, 30, 0)
    assert Job.objects.get(kind=keeping.ALL).done == 2
    assert "Rating is Hot" in client.get("/crm/scores/").content.decode()
    assert Event.objects.get(module="crm.scorerule").detail["label"] == "Hot ones"


@pytest.mark.parametrize("view", ["all", "mine"])
def test_what_would_mean_nothing_or_something_else_to_everybody_is_refused(view: str, admin: Any, client_of: Any) -> None:
    """CRM-19: all records, and conditions on "me"."""
    client = client_of(admin)

    answer = client.post(f"/crm/scores/new?module=crm.lead&view={view}", {"name_en": "No", "points": "5"})

    assert (answer.status_code, ScoreRule.objects.count()) == (422, 0)
    assert 'role="alert"' in answer.content.decode()


def test_a_rule_counts_what_was_done_up_to_its_most_and_within_its_days(clock: Any, admin: Any, ann: Any, client_of: Any) -> None:
    """CRM-19: three calls count twice; after the days they count no more, though nobody touches the record."""
    lead = factories.make_lead(ann)
    for _each in range(3):
        factories.make_activity(ann, lead=lead.pk, status="done")
    factories.make_activity(ann, lead=lead.pk)
    form = {"name_en": "Spoken with", "signal": "crm.activities", "points": "7", "most": "2", "days": "30", "active": "on"}

    assert client_of(admin).post("/crm/scores/new?module=crm.lead&by=signal", form).status_code == 302
    drain()
    assert score(lead) == 14

    clock.shift(timedelta(days=31))
    keeping.nightly(house.now())
    drain()
    assert score(lead) == 0


def test_mails_and_posts_count_too(ann: Any) -> None:
    """CRM-19: mails that were sent, and posts of the profiles tied to a contact, but for ours."""
    contact, now = factories.make_contact(ann), house.now()
    values = {"module": "crm.contact", "record_id": contact.pk, "to": "x@example.com", "subject": "S", "body": "B", "created_at": now}
    Mail.objects.create(**values, key="1", message_id="1", state=SENT, sent_at=now)
    Mail.objects.create(**values, key="2", message_id="2")
    post = factories.make_post(ann)
    factories.make_post(ann, ours=True)
    Tie.objects.create(kind="profile", module="social.profile", record_id=post.profile_id, other_module="crm.contact", other_id=contact.pk)

    rule("crm.contact", signal="core.mails", points=5)
    rule("crm.contact", signal="social.posts", points=3)

    assert score(contact) == 8


def test_what_changes_is_scored_within_the_minute(clock: Any, ann: Any) -> None:
    """CRM-19: a changed field, a new record and a signal; and where nothing changed no work is made."""
    lead, other = factories.make_lead(ann), factories.make_lead(ann)
    rule(criteria=HOT, points=20)
    rule(signal="crm.activities", points=1)
    clock.shift(timedelta(minutes=10))
    minute()

    update(lead, actor=_actor(ann), rating="hot")
    fresh = factories.make_lead(ann, rating="hot")
    factories.make_activity(ann, lead=other.pk, status="done")
    minute()

    assert [score(one) for one in (lead, fresh, other)] == [20, 20, 1]
    clock.shift(timedelta(minutes=10))
    minute()
    made = Job.objects.count()
    minute()
    assert Job.objects.count() == made


def _actor(user: Any) -> Any:
    from core.actor import Actor

    return Actor(user)


def test_many_that_changed_in_one_moment_are_scored_in_steps(clock: Any, ann: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """CRM-19: an import's rows share their moment; the cursor goes by it and by the key."""
    monkeypatch.setattr(keeping, "BATCH", 2)
    rule(criteria=HOT, points=20)
    clock.shift(timedelta(minutes=10))
    leads = [factories.make_lead(ann, rating="hot") for _each in range(5)]

    minute()

    assert [score(one) for one in leads] == [20] * 5
    assert ScoreMark.objects.get(module="crm.lead").upto == house.now()


def test_a_score_is_no_change_of_the_record(ann: Any) -> None:
    """CRM-19: no event, no version and no changing time, so that whoever edits meets no conflict."""
    lead = factories.make_lead(ann, rating="hot")
    before, events = Lead.objects.values("version", "changed_at").get(pk=lead.pk), Event.objects.count()

    rule(criteria=HOT, points=20)

    assert score(lead) == 20
    assert Lead.objects.values("version", "changed_at").get(pk=lead.pk) == before
    assert Event.objects.count() == events


def test_a_score_stays_between_its_bounds(ann: Any) -> None:
    """CRM-19: what is taken away leaves 0, never less."""
    hot = factories.make_lead(ann, rating="hot")

    rule(criteria=HOT, points=-50)
    assert score(hot) == 0
    assert points.clamped(10**9) == points.MOST


def test_the_record_says_why(ann: Any, carol: Any, client_of: Any) -> None:
    """CRM-19: every rule with its points or none; what lists still show, where they lag; nothing to those who may not see it."""
    lead, client = factories.make_lead(ann, rating="hot"), client_of(ann)
    rule(criteria=HOT, name_en="Rated hot", points=30)
    rule(criteria={"all": [{"field": "phone", "op": "filled"}]}, name_en="Has a phone", points=5)

    record = client.get(f"/crm/leads/{lead.pk}/").content.decode()
    why = client.get(f"/crm/leads/{lead.pk}/score").content.decode()
    assert f'href="/crm/leads/{lead.pk}/score"' in record and "Why?" in record
    assert "Score: 30" in why and "Rating is Hot" in why and "Has a phone" in why and "still show" not in why

    update(Lead.objects.get(pk=lead.pk), actor=_actor(ann), phone="03-1234-5678")
    late = client.get(f"/crm/leads/{lead.pk}/score").content.decode()
    assert "Score: 35" in late and "still show 30" in late
    assert client_of(carol).get(f"/crm/leads/{lead.pk}/score").status_code == 404
    assert client.get("/crm/scores/").status_code == 403


def test_a_rule_on_a_hidden_field_does_not_tell_it(ann: Any, client_of: Any) -> None:
    """CRM-19, PLT-24: neither the name nor the words of a rule over a field that the reader's profile hides."""
    lead = factories.make_lead(ann, rating="hot")
    rule(criteria=HOT, name_en="Rated hot")
    mine = Profile.objects.create(name="Blind", rights=ann.profile.rights, features=[], fields={"crm.lead": {"rating": "hidden"}})
    type(ann).objects.filter(pk=ann.pk).update(profile=mine)
    bump("access")

    why = client_of(ann).get(f"/crm/leads/{lead.pk}/score").content.decode()

    assert "Score: 10" in why and "Conditions on fields that you may not see." in why
    assert "Rated hot" not in why and "Rating" not in why


def rows_of(page: str) -> dict[str, str]:
    """The table of a why-page: points by the name of the rule."""
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    cells = [re.sub(r"<[^>]+>", " ", line).split() for line in body.split("<tr>")[1:]]
    return {" ".join(line[:2]): line[-1] for line in cells}


@pytest.mark.parametrize("key", ["crm.lead", "crm.contact"])
def test_why_counts_only_what_its_reader_may_see(key: str, ann: Any, bob: Any, carol: Any, admin: Any, client_of: Any) -> None:
    """CRM-19, PLT-24, A6: done activities of another team stand in the score, and in one line that says so, not in the count."""
    record = factories.make_lead(ann) if key == "crm.lead" else factories.make_contact(ann)
    link = {key.split(".")[1]: record.pk}
    for by in (ann, carol, carol):
        factories.make_activity(by, status="done", **link)
    rule(key, signal="crm.activities", name_en="Busy ones", points=5)
    path = f"/{key.replace('.', '/')}s/{record.pk}/score"

    mine, theirs = client_of(ann).get(path).content.decode(), client_of(admin).get(path).content.decode()

    assert "Score: 15" in mine and "1 × 5" in mine and "3 × 5" not in mine
    assert rows_of(mine) == {"Busy ones": "5", "Other points": "10"}
    assert "Score: 15" in theirs and rows_of(theirs) == {"Busy ones": "15"}
    assert rows_of(client_of(bob).get(path).content.decode()) == {"Busy ones": "5", "Other points": "10"}


def test_posts_are_counted_for_those_who_have_the_app(ann: Any, admin: Any, client_of: Any) -> None:
    """CRM-19, PLT-24: social's numbers are not for who has no Social."""
    lead = factories.make_lead(ann)
    rule(signal="social.posts", name_en="Wrote us", points=2)
    post = factories.make_post(ann)
    Tie.objects.create(kind="profile", module="social.profile", record_id=post.profile_id, other_module="crm.lead", other_id=lead.pk)
    AppAccess.objects.filter(user=ann, app="social").delete()
    bump("apps")

    mine, theirs = (client_of(who).get(f"/crm/leads/{lead.pk}/score").content.decode() for who in (ann, admin))

    assert rows_of(mine) == {"Wrote us": "none", "Other points": "2"}
    assert rows_of(theirs) == {"Wrote us": "2"}


@pytest.mark.parametrize(("op", "given"), [("is", "10"), ("is_not", "0")])
def test_a_rule_over_an_account_one_may_not_see_says_nothing_of_it(
    op: str, given: str, ann: Any, carol: Any, admin: Any, client_of: Any
) -> None:
    """CRM-19, PLT-24: neither that it holds nor that it does not."""
    ModuleDefault.objects.filter(module="crm.account").update(default="private")
    bump("access")
    account = factories.make_account(carol, industry="food")
    contact = factories.make_contact(ann, account=account.pk)
    asked = {"all": [{"field": "account.industry", "op": op, "value": "food"}]}
    rule("crm.contact", criteria=asked, name_en="Food trade")

    mine, theirs = (client_of(who).get(f"/crm/contacts/{contact.pk}/score").content.decode() for who in (ann, admin))

    assert rows_of(mine)["Food trade"] == "—" and "About a record that you may not see." in mine
    assert rows_of(mine).get("Other points", "0") == given
    assert rows_of(theirs) == {"Food trade": "10" if op == "is" else "none"}


def test_switching_off_changing_and_deleting_are_scored_again(admin: Any, ann: Any, client_of: Any) -> None:
    """CRM-19: by a job over all records; a new name alone makes none."""
    lead, client = factories.make_lead(ann, rating="hot"), client_of(admin)
    one = rule(criteria=HOT)
    seen = []
    client.post(f"/crm/scores/{one.pk}/", {"name_en": "Warm", "points": "10", "active": "on"})
    assert drain() == 0

    for address, sent in (
        ("", {"name_en": "Hot", "points": "40", "active": "on"}),
        ("switch", {"active": "0"}),
        ("switch", {"active": "1"}),
    ):
        assert client.post(f"/crm/scores/{one.pk}/{address}", sent).status_code == 302
        drain()
        seen.append(score(lead))
    client.post(f"/crm/scores/{one.pk}/delete")
    drain()

    assert ([*seen, score(lead)], ScoreRule.objects.count()) == ([40, 0, 40, 0], 0)


def test_rules_that_change_while_all_is_scored_begin_it_anew(ann: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """CRM-19: no record keeps the score of rules that were."""
    monkeypatch.setattr(keeping, "BATCH", 1)
    leads = [factories.make_lead(ann, rating="hot") for _each in range(3)]
    one = ScoreRule.objects.create(module="crm.lead", name_en="Hot", criteria=HOT, points=10)
    real, calls = points.rescore, []

    def meanwhile(*args: Any) -> int:
        calls.append(args)
        if len(calls) == 2:
            ScoreRule.objects.filter(pk=one.pk).update(points=20)
            keeping.rules_changed("crm.lead")
        return real(*args)

    monkeypatch.setattr(keeping, "rescore", meanwhile)
    keeping.rules_changed("crm.lead")
    drain()

    assert [score(lead) for lead in leads] == [20, 20, 20]


def test_a_rule_whose_field_is_gone_gives_nothing_and_says_so(admin: Any, ann: Any, client_of: Any) -> None:
    """CRM-19: the others go on."""
    lead = factories.make_lead(ann, rating="hot")
    rule(criteria={"all": [{"field": "c_gone", "op": "filled"}]}, name_en="Old")
    rule(criteria=HOT)

    assert score(lead) == 10
    assert "no longer exists" in client_of(admin).get("/crm/scores/").content.decode()


def test_lists_sort_by_score(ann: Any, client_of: Any) -> None:
    """CRM-19: the score is a column like any other."""
    factories.make_contact(ann, family_name="Small")
    factories.make_contact(ann, family_name="Great", job_title="CEO")
    rule("crm.contact", criteria={"all": [{"field": "job_title", "op": "is", "value": "CEO"}]}, points=50)

    page = client_of(ann).get("/crm/contacts/?sort=-score&columns=name+score").content.decode()

    assert page.index("Great") < page.index("Small") and ">50<" in page
    assert Contact.objects.filter(score=50).count() == 1


def test_a_thousand_records_cost_as_many_questions_as_ten(ann: Any) -> None:
    """CRM-19: one question for each rule and batch, whatever its size."""
    ScoreRule.objects.create(module="crm.lead", name_en="A", criteria=HOT, points=1)
    ScoreRule.objects.create(module="crm.lead", name_en="B", signal="crm.activities", points=1)
    leads, one = [factories.make_lead(ann, rating="hot") for _each in range(40)], module("crm.lead")
    rules = points.active("crm.lead")

    def asked(ids: list[int]) -> int:
        with CaptureQueriesContext(connection) as seen:
            points.rescore(one, rules, ids, house.now())
        return len([query for query in seen.captured_queries if query["sql"].startswith("SELECT")])

    with stamps.held():  # as every step of a job
        points.totals(one, rules, [leads[0].pk], house.now())
        few, many = asked([leads[1].pk]), asked([lead.pk for lead in leads[2:]])

    # Two rules, the scores as they are, and the lock on those that differ.
    assert few == many == 4


def test_the_clock_of_the_house_runs_it(clock: Any, ann: Any) -> None:
    """CRM-19: the tick begins the work by itself."""
    rule(criteria=HOT)
    clock.shift(timedelta(minutes=5))
    lead = factories.make_lead(ann, rating="hot")

    due.tick(house.now())
    drain()

    assert score(lead) == 10
