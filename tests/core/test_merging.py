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
from core.record import notes, write
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
_LOGS = {
    *("core.event", "core.auditentry", "core.merge", "core.twinstale", "core.twingroup", "core.twinmember"),
    *("core.searchentry", "core.stamp"),
}


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

    assert [(one.record.pk, one.reasons) for one in found] == [(story["one"].pk, ["had the same telephone: 090-1234-5678"])]


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


def in_the_way(row: Merge, by: Any) -> str:
    """What an undo says stands in its way; nothing may have been done then."""
    before = rows_of_everything()
    with pytest.raises(unmerging.InTheWay) as raised:
        unmerging.undo(row, actor=Actor(by))
    assert rows_of_everything() == before
    return " ".join(one.said for one in raised.value.obstacles)


def test_a_later_change_of_what_the_merge_wrote_stands_in_the_way(story: dict[str, Any]) -> None:
    """PLT-16: field, who and when are named; what else was changed is not."""
    row = merge(story, phone=story["two"].pk)
    write.update(Contact.objects.get(pk=story["one"].pk), actor=Actor(story["ann"]), city="Osaka", phone="090-9999-9999")

    said = in_the_way(row, story["admin"])

    assert "Phone was changed by Ann on " in said and "City" not in said


def test_what_was_given_away_or_binned_since_stands_in_the_way(story: dict[str, Any]) -> None:
    """PLT-16: a moved record that was moved on or deleted, with its title and who did it."""
    row = merge(story)
    other = factories.make_contact(story["ann"])
    write.update(Activity.objects.get(pk=story["call"].pk), actor=Actor(story["ann"]), contact=other.pk)
    write.delete(Ticket.objects.get(pk=story["ticket"].pk), actor=Actor(story["ann"]))

    said = in_the_way(row, story["admin"])

    assert "Activity Call was given to another record by Ann on " in said
    assert f"Ticket {story['ticket'].title} was put into the bin by Ann on " in said and said.count(" was ") == 2


def test_a_note_a_role_and_a_tag_that_were_taken_off_stand_in_the_way(story: dict[str, Any]) -> None:
    """PLT-16: rows that are no records, too."""
    one, ann = story["one"], Actor(story["ann"])
    row = merge(story)
    notes.remove(Note.objects.get(pk=story["note"].pk), Contact.objects.get(pk=one.pk), actor=ann)
    DealRole.objects.filter(contact=one, role="user").delete()
    write.update(Contact.objects.get(pk=one.pk), actor=ann, tags=["vip"])

    said = in_the_way(row, story["admin"])

    assert "Note “Met at the fair” was removed by Ann on " in said
    assert "Role in a deal: 1 of a merged record was deleted since." in said
    assert "Tags was changed by Ann on " in said


def test_other_later_changes_stay_with_the_winner(story: dict[str, Any], clock: Any) -> None:
    """PLT-16: another field, a new note, a new activity; everything the merge had touched is as it was, row by row."""
    one, two, ann = story["one"], story["two"], Actor(story["ann"])
    before = rows_of_everything()
    row = merge(story, phone=two.pk, birthday=two.pk, x_handle=two.pk)
    clock.shift(3600)
    kept = Contact.objects.get(pk=one.pk)
    write.update(kept, actor=ann, city="Osaka", family_name="渡部")
    note, _said = notes.write(CONTACTS, kept, "Moved house", actor=ann)
    visit = factories.make("crm.activity", story["ann"], subject="Visit", contact=one.pk)
    fresh = rows_of_everything()

    unmerging.undo(row, actor=Actor(story["admin"]))

    kept, after = Contact.objects.get(pk=one.pk), rows_of_everything()
    assert (kept.city, kept.family_name, kept.phone, kept.birthday, kept.x_handle) == ("Osaka", "渡部", "", None, "")
    assert Note.objects.get(pk=note.pk).record_id == Activity.objects.get(pk=visit.pk).contact_id == one.pk
    own = {"city", "family_name", "sort_name", "changed_at", "changed_by_id"}
    then, now = ({k: v for k, v in rows["crm.contact"].pop(one.pk).items() if k not in own} for rows in (before, after))
    assert now == then
    for table, rows in after.items():  # what is new since is there as it was made; the rest is as before the merge
        new = rows.keys() - before[table].keys()
        if table == "core.identitykey":
            assert {pk: row for pk, row in rows.items() if row["record_id"] != one.pk} == {
                pk: row for pk, row in before[table].items() if row["record_id"] != one.pk
            }
            continue
        assert {pk: rows[pk] for pk in new} == {pk: fresh[table][pk] for pk in new}
        assert _unlike(before[table], {pk: row for pk, row in rows.items() if pk not in new}) == []
    assert [hit.record_id for hit in find(CONTACTS, "渡部")] == [one.pk]


def test_what_is_back_at_its_old_value_is_in_nobodys_way(story: dict[str, Any]) -> None:
    """PLT-16: somebody who put a field back by hand already did the undo's work."""
    row = merge(story, phone=story["two"].pk)
    write.update(Contact.objects.get(pk=story["one"].pk), actor=Actor(story["ann"]), phone="")

    unmerging.undo(row, actor=Actor(story["admin"]))

    assert Contact.objects.get(pk=story["one"].pk).phone == ""


def test_two_merges_are_undone_one_after_the_other(ann: Any, admin: Any) -> None:
    """PLT-16: undoing the later merge does not stand in the way of the earlier."""
    one, two, three = (factories.make_lead(ann, city=city) for city in ("", "Kobe", "Nara"))
    before = rows_of_everything()
    rows = []
    for other in (two, three):
        versions = {pk: module("crm.lead").model.objects.get(pk=pk).version for pk in (one.pk, other.pk)}
        act = {"actor": Actor(admin), "versions": versions, "chosen": {"address": other.pk}}
        rows.append(merging.merge(module("crm.lead"), one.pk, [one.pk, other.pk], **act))
    assert module("crm.lead").model.objects.get(pk=one.pk).city == "Nara"

    for row in reversed(rows):
        unmerging.undo(row, actor=Actor(admin))

    after = rows_of_everything()
    marks = {"changed_at", "changed_by_id"}
    for rows_then, rows_now in ((before[t], after[t]) for t in after):
        assert [pair for pair in _unlike(rows_then, rows_now) if not _only(pair, marks)] == []


def _only(pair: tuple[Any, Any], names: set[str]) -> bool:
    then, now = pair
    return then is not None and now is not None and {key for key in then if then[key] != now[key]} <= names


def test_an_undo_tells_an_open_form_what_changed(ann: Any, admin: Any, client_of: Any) -> None:
    """PLT-11, PLT-16: a form opened before the undo does not write the merged values back."""
    one, two = factories.make_lead(ann, city="Kobe"), factories.make_lead(ann, city="Nara")
    act = {"actor": Actor(admin), "versions": {one.pk: 1, two.pk: 1}, "chosen": {"address": two.pk}}
    row = merging.merge(module("crm.lead"), one.pk, [one.pk, two.pk], **act)
    seen = module("crm.lead").model.objects.get(pk=one.pk)
    unmerging.undo(row, actor=Actor(admin))

    client_of(ann).post(f"/crm/leads/{one.pk}/edit", {"city": "Nara", "department": "Sales", "version": str(seen.version)})

    kept = module("crm.lead").model.objects.get(pk=one.pk)
    assert (kept.city, kept.department) == ("Kobe", "Sales")


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
