"""The audit log speaks its reader's language, whoever wrote the line and however it was called at the time (ADM-8, PLT-6)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.utils import translation

from admin_console import people, profile_acts
from admin_console.telling import told
from core.access import changes
from core.access.models import Group, Profile, User
from core.actor import Actor
from core.module.registry import module as find_module
from core.signin.models import AuditEntry
from tests import factories

pytestmark = pytest.mark.django_db
JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")


def lines(language: str) -> list[str]:
    """The whole log, oldest first, as a reader of the language has it."""
    with translation.override(language):
        entries = AuditEntry.objects.order_by("pk")
        return [" | ".join([one.what, *sorted(": ".join(change) for change in one.changes)]) for one in map(told, entries)]


@pytest.mark.parametrize("writer", ["en", "ja"])
def test_a_sharing_rule_is_told_in_the_language_of_who_reads(writer: str, admin: User, roles: Any) -> None:
    """ADM-8, ADM-13: the same lines for an English reader, whether the rule was made on an English or a Japanese page."""
    lead, actor = find_module("crm.lead"), Actor(admin)
    below = f"below:{roles['sales'].pk}"
    with translation.override(writer):
        hot = {"all": [{"field": "rating", "op": "is", "value": "hot"}]}
        rule = changes.add_rule(lead, actor=actor, criteria=hot, target="all", level="read")
        rule = changes.change_rule(rule, lead, actor=actor, source=below, target=f"role:{roles['other'].pk}", level="write")
        changes.remove_rule(rule, actor=actor)
        changes.set_default(lead, "read", actor=actor)

    english, japanese = lines("en"), lines("ja")

    assert english[0] == "Sharing rule “Leads of which holds: Rating is Hot: everybody may read them” added"
    owned = "Leads owned by role Sales lead and those below: role Other team may read and edit them"
    assert english[1] == f"Sharing rule “{owned}” changed | Rule: Leads of which holds: Rating is Hot: everybody may read them: {owned}"
    assert english[2] == f"Sharing rule “{owned}” deleted"
    assert english[3] == "Default of Leads changed | Default: Private: Everyone may read"
    assert not any(JAPANESE.search(line) for line in english)
    assert all("見込み客" in line and "Leads" not in line and "may read" not in line for line in japanese)


def test_a_rule_keeps_the_names_and_the_question_of_its_day(admin: User, roles: Any) -> None:
    """ADM-8: a role that is gone, a field that is gone: the line still says what was opened to whom."""
    lead, actor = find_module("crm.lead"), Actor(admin)
    field = factories.add_field("text", "crm.lead", key="c_own")
    gone = factories.make_role("Short-lived", roles["top"])
    asked = {"all": [{"field": "c_own", "op": "is", "value": "x"}]}
    changes.add_rule(lead, actor=actor, criteria=asked, target=f"role:{gone.pk}", level="read")
    changes.delete_role(gone, None, actor=actor)
    changes.add_rule(lead, actor=actor, source=f"role:{roles['sales'].pk}", target="all", level="read")
    field.delete()
    from core.stamps import bump

    bump("fields")

    told_now = lines("en")

    assert "My text is x: role Short-lived may read them" in told_now[0]
    assert "can no longer be asked" not in "".join(told_now[:1])


@pytest.mark.parametrize("writer", ["en", "ja"])
def test_profiles_people_and_groups_are_told_in_the_language_of_who_reads(writer: str, admin: User, ann: User, roles: Any) -> None:
    """ADM-8, ADM-10: rights, switches and fields one by one, as they are called; levels, apps and built-in profiles, too."""
    actor, lead = Actor(admin), find_module("crm.lead")
    with translation.override(writer):
        copy = profile_acts.clone(Profile.objects.get(name="Standard"), "Sales", actor=actor)
        profile_acts.set_right(copy, lead, "delete", True, actor=actor)
        profile_acts.set_feature(copy, "see_all", True, actor=actor)
        profile_acts.set_field(copy, lead, "phone", "hidden", actor=actor)
        people.set_profile_and_role(ann, Profile.objects.get(name="Administrator"), roles["sales"], actor=actor)
        people.set_level(ann, "suite", actor=actor)
        people.switch_admin(ann, "crm", True, actor=actor)
        people.switch(ann, "helpdesk", False, actor=actor)
        changes.make_group("Fair", [f"role:{roles['sales'].pk}", f"user:{ann.pk}"], actor=actor)
        profile_acts.delete(copy, Profile.objects.get(name="Administrator"), actor=actor)

    english, japanese = lines("en"), lines("ja")

    assert english == [
        "Profile “Sales” added | Made from: : Standard",
        "Profile “Sales” changed | Leads: View, Create, Edit, Import, Export, Change many at once: "
        "View, Create, Edit, Delete, Import, Export, Change many at once",
        "Profile “Sales” changed | See all records: off: on",
        "Profile “Sales” changed | Leads: Phone: open: hidden",
        "Changed profile or role of Ann | profile: Standard: Administrator | role: Seller: Sales lead",
        "Changed the level of Ann | Level: none: Suite admin",
        "Changed who administers an app: Ann | CRM: Member: Admin",
        "Took an app from Ann | App: Help desk: ",
        "Group “Fair” added | Members: : role Sales lead, Ann",
        "Profile “Sales” deleted | Taken over by: : Administrator",
    ]
    assert all(JAPANESE.search(line) for line in japanese)
    for word in ("Standard", "Administrator", "Suite admin", "View", "hidden", "Member", "Help desk", "role "):
        assert not any(word in line for line in japanese), word
    assert Group.objects.get().name == "Fair"


def test_lines_from_before_keys_were_kept_read_as_they_were_written(admin: User) -> None:
    """ADM-8: a group's members by their words, a rule by its sentence."""
    common = {"at": admin.joined_at, "way": "page", "act": "configured.changed"}
    AuditEntry.objects.create(
        **common, kind="core.group", changes={"members": [["role A"], ["role B"]]}, detail={"act": "changed", "label": "G"}
    )
    AuditEntry.objects.create(
        **common, kind="core.sharingrule", changes={"rule": ["One", "Two"]}, detail={"act": "changed", "label": "Two", "what": "crm.lead."}
    )
    AuditEntry.objects.create(**common, kind="core.sharingrule", changes={}, detail={"act": "deleted", "label": "Three", "what": "gone.x."})

    assert lines("en") == [
        "Group “G” changed | Members: role A: role B",
        "Sharing rule “Two” changed | Rule: One: Two",
        "Sharing rule “Three” deleted",
    ]
