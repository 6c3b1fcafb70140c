"""PLT-16: merging records side by side, with all that hung on them; taking it back; and what others do meanwhile."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.apps import apps

from core.access.models import ModuleDefault
from core.actor import Actor
from core.event.models import Event
from core.identity import merging, moving, unmerging
from core.identity.grouping import regroup_stale
from core.identity.models import IdentityKey, Merge
from core.identity.twins import twins
from core.module.registry import module
from core.record import write
from core.record.bin import empty_bin
from core.record.models import Note, Record, Tie
from core.search.query import find
from core.stamps import bump
from crm.models import Account, Activity, Contact, Deal, DealRole
from helpdesk.models import Ticket
from tests import factories

pytestmark = pytest.mark.django_db
CONTACTS = "crm.contact"
# Only added to, or found anew from the rest: who did what, the search index (compared by content), the groups of twins.
_LOGS = {"core.event", "core.merge", "core.twinstale", "core.twingroup", "core.twinmember", "core.searchentry", "core.stamp"}


def rows_of_everything() -> dict[str, dict[Any, dict[str, Any]]]:
    """Every row of every table but the logs; versions are left out, since they only ever grow."""
    found = {}
    for model in apps.get_models(include_auto_created=True):
        if model._meta.label_lower in _LOGS:
            continue
        rows = {row[model._meta.pk.attname]: row for row in model._default_manager.values()}
        if issubclass(model, Record):
            for row in rows.values():
                row.pop("version")
        found[model._meta.label_lower] = rows
    return found


@pytest.fixture
def story(ann: Any, admin: Any) -> dict[str, Any]:
    """Two contacts who are one, each with everything that can hang on a contact."""
    blue = factories.make_account(ann, name="Blue Ltd.")
    one = factories.make_contact(ann, family_name="渡辺", given_name="健", account=blue.pk, email="ken@example.com", tags=["vip"])
    two = factories.make_contact(
        ann, family_name="渡邊", given_name="健", phone="090-1234-5678", birthday=date(1980, 2, 3), tags=["vip", "fair"],
        description="Likes tea.", reports_to=one.pk, x_handle="kenw",
    )  # fmt: skip
    boss = factories.make_contact(ann, family_name="Below", reports_to=two.pk)
    deal = factories.make_deal(ann, account=blue.pk, contact=two.pk, amount=Decimal(1000))
    both = factories.make_deal(ann, account=blue.pk, contact=one.pk)
    DealRole.objects.create(deal=both, contact=one, role="buyer")
    DealRole.objects.create(deal=both, contact=two, role="user")
    DealRole.objects.create(deal=deal, contact=two, role="user")
    write.update(blue, actor=Actor(ann), primary_contact=two.pk)
    call = factories.make("crm.activity", ann, subject="Call", contact=two.pk)
    ticket = factories.make_ticket(ann, contact=two.pk)
    note = Note.objects.create(module=CONTACTS, record_id=two.pk, author=ann, text="Met at the fair", at=two.created_at)
    Tie.objects.create(kind="profile", module="social.profile", record_id=7, other_module=CONTACTS, other_id=two.pk)
    regroup_stale()
    for made in (one, two, boss, deal, both, call, ticket):
        made.refresh_from_db()
    return locals()


def merge(story: dict[str, Any], by: Any = None, **chosen: int) -> Merge:
    one, two = story["one"], story["two"]
    versions = {record.pk: record.version for record in (one, two)}
    actor = Actor(by or story["admin"])
    return merging.merge(module(CONTACTS), one.pk, [one.pk, two.pk], actor=actor, versions=versions, chosen=chosen)


def test_a_merge_takes_the_chosen_values_and_moves_everything(story: dict[str, Any]) -> None:
    """PLT-16: field by field; activities, deals, roles, tickets, notes, tags, social profiles and links follow."""
    one, two = story["one"], story["two"]

    merge(story, phone=two.pk, birthday=two.pk, description=two.pk, x_handle=two.pk, reports_to=two.pk)

    kept = Contact.objects.get(pk=one.pk)
    assert (kept.email, kept.phone, kept.birthday, kept.description) == ("ken@example.com", "090-1234-5678", date(1980, 2, 3), "Likes tea.")
    assert (kept.reports_to_id, kept.family_name, sorted(kept.tag_words)) == (None, "渡辺", ["fair", "vip"])
    assert Contact.objects.get(pk=story["boss"].pk).reports_to_id == one.pk
    assert Deal.objects.get(pk=story["deal"].pk).contact_id == one.pk
    assert Account.objects.get(pk=story["blue"].pk).primary_contact_id == one.pk
    assert Activity.objects.get(pk=story["call"].pk).contact_id == one.pk
    assert Ticket.objects.get(pk=story["ticket"].pk).contact_id == one.pk
    assert Note.objects.get(pk=story["note"].pk).record_id == one.pk
    assert Tie.objects.filter(kind="profile", other_module=CONTACTS, other_id=one.pk).count() == 1
    assert sorted(DealRole.objects.filter(contact=one).values_list("role", flat=True)) == ["buyer", "user"]
    assert Contact.objects.get(pk=two.pk).deleted_at is not None
    assert [hit.record_id for hit in find(CONTACTS, "090-1234-5678")] == [one.pk]


def test_who_is_merged_is_known_by_all_that_was_known(story: dict[str, Any], admin: Any) -> None:
    """PLT-16: a telephone not taken over still finds the person, as one they once had."""
    merge(story, phone=story["one"].pk)

    found = twins(admin, module("crm.lead"), {"phone": "+81 90-1234-5678", "family_name": "渡辺", "given_name": "健"}.get)

    assert [(one.record.pk, one.reasons) for one in found] == [(story["one"].pk, ["had the same telephone: +819012345678"])]


def test_the_history_of_all_is_read_on_the_one_that_stays(story: dict[str, Any], client_of: Any, admin: Any) -> None:
    """PLT-16: what happened to the other record stands in the timeline of the one that stays."""
    write.update(Contact.objects.get(pk=story["two"].pk), actor=Actor(story["ann"]), job_title="Chief of tea")
    story["two"].refresh_from_db()

    merge(story)

    assert "Chief of tea" in client_of(admin).get(f"/crm/contacts/{story['one'].pk}/timeline").content.decode()


def test_an_undone_merge_leaves_every_row_as_it_was(story: dict[str, Any], clock: Any) -> None:
    """PLT-16: compared row by row over all tables."""
    regroup_stale()
    before = rows_of_everything()
    row = merge(story, phone=story["two"].pk, birthday=story["two"].pk, x_handle=story["two"].pk)
    assert rows_of_everything() != before
    clock.shift(3600)

    unmerging.undo(row, actor=Actor(story["admin"]))

    after = rows_of_everything()
    assert {table: _unlike(before[table], rows) for table, rows in after.items() if rows != before[table]} == {}
    assert [hit.record_id for hit in find(CONTACTS, "090-1234-5678")] == [story["two"].pk]
    assert regroup_stale() and not Merge.objects.filter(undone_at=None).exists()


def _unlike(before: dict[Any, Any], after: dict[Any, Any]) -> list[Any]:
    return [(before.get(pk), after.get(pk)) for pk in before.keys() | after.keys() if before.get(pk) != after.get(pk)]


def test_merged_companies_come_apart_as_they_were(ann: Any, admin: Any) -> None:
    """PLT-16: accounts with people, deals and a parent; the names by which their people are known follow, and go back."""
    one, two = factories.make_account(ann, name="Blue Ltd."), factories.make_account(ann, name="Sky Ltd.", industry="it", employees=7)
    child = factories.make_account(ann, name="Child", parent=two.pk)
    aki = factories.make_contact(ann, family_name="Mori", given_name="Aki", account=two.pk)
    factories.make_deal(ann, account=two.pk)
    regroup_stale()
    before = rows_of_everything()
    versions = {one.pk: one.version, two.pk: two.version}

    row = merging.merge(module("crm.account"), one.pk, [one.pk, two.pk], actor=Actor(admin), versions=versions, chosen={"industry": two.pk})

    assert Account.objects.get(pk=child.pk).parent_id == Contact.objects.get(pk=aki.pk).account_id == one.pk
    names = IdentityKey.objects.filter(module=CONTACTS, record_id=aki.pk, kind="name", past=False)
    assert list(names.values_list("value", flat=True)) == ["aki mori|blue"]

    unmerging.undo(row, actor=Actor(admin))

    after = rows_of_everything()
    assert {table: _unlike(before[table], rows) for table, rows in after.items() if rows != before[table]} == {}


def test_ten_become_one_and_come_back(ann: Any, admin: Any) -> None:
    """PLT-16: two to ten at once; eleven are refused."""
    leads = [factories.make_lead(ann, email="a@example.com", city=f"City {n}") for n in range(11)]
    versions = {one.pk: one.version for one in leads}
    act = {"actor": Actor(admin), "versions": versions, "chosen": {}}

    with pytest.raises(write.Refused):
        merging.merge(module("crm.lead"), leads[0].pk, [one.pk for one in leads], **act)
    row = merging.merge(module("crm.lead"), leads[3].pk, [one.pk for one in leads[:10]], **act)
    unmerging.undo(row, actor=Actor(admin))

    assert module("crm.lead").model.objects.filter(deleted_at=None).count() == 11


@pytest.mark.parametrize("which", ["one", "two"])
def test_a_record_that_was_edited_meanwhile_is_looked_at_again(story: dict[str, Any], which: str) -> None:
    """PLT-16: somebody edits one of the records while another chooses: nothing is merged."""
    story["one"].refresh_from_db()
    versions = {one.pk: one.version for one in (story["one"], story["two"])}
    write.update(Contact.objects.get(pk=story[which].pk), actor=Actor(story["ann"]), city="Osaka")
    ids = [story["one"].pk, story["two"].pk]

    with pytest.raises(merging.Changed) as raised:
        merging.merge(module(CONTACTS), ids[0], ids, actor=Actor(story["admin"]), versions=versions, chosen={})

    assert [one.pk for one in raised.value.records] == [story[which].pk]
    assert Contact.objects.filter(pk__in=ids, deleted_at=None).count() == 2 and not Merge.objects.exists()


def test_later_changes_stand_in_the_way_of_an_undo(story: dict[str, Any]) -> None:
    """PLT-16: an undo that would run over what somebody did since says what that is, and does nothing."""
    row = merge(story)
    write.update(Contact.objects.get(pk=story["one"].pk), actor=Actor(story["ann"]), city="Osaka")
    other = factories.make_contact(story["ann"])
    write.update(Activity.objects.get(pk=story["call"].pk), actor=Actor(story["ann"]), contact=other.pk)
    before = rows_of_everything()

    with pytest.raises(unmerging.InTheWay) as raised:
        unmerging.undo(row, actor=Actor(story["admin"]))

    said = " ".join(one.said for one in raised.value.obstacles)
    assert "was changed by Ann" in said and "City" in said and "Call" in said
    assert rows_of_everything() == before


def test_what_was_erased_or_is_long_ago_cannot_be_undone(story: dict[str, Any], clock: Any) -> None:
    """PLT-16: with the bin emptied, or after 30 days, a merge stays."""
    row = merge(story)
    clock.shift(timedelta(days=31).total_seconds())
    with pytest.raises(write.Refused, match="too long ago"):
        unmerging.undo(row, actor=Actor(story["admin"]))
    clock.shift(-timedelta(days=30).total_seconds())
    empty_bin(None, actor=Actor.system())

    with pytest.raises(unmerging.InTheWay, match="no longer in the bin"):
        unmerging.undo(row, actor=Actor(story["admin"]))


def test_merging_needs_the_right_to_change_all_of_them(story: dict[str, Any]) -> None:
    """PLT-16, A2: who may look at records and not change them merges none."""
    ModuleDefault.objects.filter(module=CONTACTS).update(default="read")
    bump("access")

    with pytest.raises(write.Refused, match="may merge records only"):
        merge(story, by=factories.make_user("reader"))


def test_what_one_may_not_see_cannot_be_merged(story: dict[str, Any]) -> None:
    """PLT-24: a record that another person may not see is for them no longer there."""
    ModuleDefault.objects.filter(module=CONTACTS).update(default="private")
    bump("access")
    profile = factories.make_user("del", profile="Administrator").profile
    profile.features = []
    profile.pk, profile.name, profile.built_in = None, "No see all", False
    profile.save()
    other = factories.make_user("other", profile=profile)

    with pytest.raises(write.Refused, match="no longer here"):
        merge(story, by=other)


def test_every_table_that_names_records_is_moved_or_says_that_it_stays() -> None:
    """PLT-16: a new table with `module` and `record_id` moves with a merge, if it can be asked by record at all."""
    named = {model for model in apps.get_models() if {"module", "record_id"} <= {c.name for c in model._meta.concrete_fields}}
    moved = {place.model for place in moving._generic()}
    stay = {model for model in named if moving._stays(model)}

    # The entries of tickets name the messages they came from, which are no people.
    assert {model._meta.label_lower for model in named - moved - stay} == {"helpdesk.entry"}


def test_the_event_of_a_merge_names_what_was_merged(story: dict[str, Any]) -> None:
    """PLT-18: the history says who merged what."""
    merge(story)

    told = Event.objects.get(module=CONTACTS, record_id=story["one"].pk, kind="merged")
    assert (told.actor_id, told.detail["merged"]) == (story["admin"].pk, [story["two"].pk])
