"""Changing roles, groups, defaults and rules: at once, safely, told in the audit log; and what a change would do (ADM-11, ADM-13)."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core.access import changes, impact
from core.access.gate import can, queryset
from core.access.models import ModuleDefault, Role, SharingRule, User
from core.actor import Actor
from core.event.models import Event
from core.module.registry import module
from core.record.write import Invalid, Refused
from core.work.models import Job
from tests import factories

pytestmark = pytest.mark.django_db
LEADS = "crm.lead"


def count(user: User, right: str = "view") -> int:
    return queryset(User.objects.anew(user.pk), LEADS, right).count()


def test_a_subtree_moves_with_all_below_it(ann: Any, bob: Any, carol: Any, admin: Any, roles: Any) -> None:
    """ADM-11: bob's role with ann's below it goes under carol's; she sees both from the next question on."""
    factories.make_lead(ann)
    factories.make_lead(bob)
    assert (count(carol), count(bob)) == (0, 2)

    changes.move_role(roles["sales"], roles["other"], actor=Actor(admin))

    assert (count(carol), count(bob)) == (2, 2)
    top, other, sales, seller = (roles[name].pk for name in ("top", "other", "sales", "seller"))
    assert Role.objects.get(pk=seller).path == f"/{top}/{other}/{sales}/{seller}/"
    event = Event.objects.get(module="core.role", kind="configured")
    assert (event.detail["act"], event.changes) == ("moved", {"parent": ["Top", "Other team"]})


@pytest.mark.parametrize("criteria", [{}, {"all": [{"field": "status", "op": "is", "value": "new"}]}])
def test_a_change_touches_no_record_and_shows_on_the_next_page(
    ann: Any, carol: Any, admin: Any, roles: Any, client_of: Any, criteria: dict[str, Any]
) -> None:
    """ADM-11, ADM-13: moving a role and adding a rule take effect at once, without a job and without a look at any record."""
    lead, actor, client = factories.make_lead(ann, status="new"), Actor(admin), client_of(carol)
    source = "" if criteria else f"user:{ann.pk}"
    page = f"/crm/leads/{lead.pk}/"

    def then(change: Any) -> int:
        with CaptureQueriesContext(connection) as asked:
            change()
        assert not [one["sql"] for one in asked if "crm_lead" in one["sql"]]
        return int(client.get(page).status_code)

    shown = [
        then(lambda: changes.move_role(roles["sales"], roles["other"], actor=actor)),
        then(lambda: changes.move_role(roles["sales"], roles["top"], actor=actor)),
        then(lambda: changes.add_rule(module(LEADS), actor=actor, source=source, criteria=criteria, target=f"user:{carol.pk}")),
        then(lambda: changes.remove_rule(SharingRule.objects.get(), actor=actor)),
    ]

    assert shown == [200, 404, 200, 404]
    assert not Job.objects.exists()


def test_a_role_does_not_stand_below_itself(admin: Any, roles: Any) -> None:
    """ADM-11: neither directly nor further down; nothing has changed afterwards."""
    for below in ("sales", "seller"):
        with pytest.raises(Refused, match="below itself"):
            changes.move_role(roles["sales"], roles[below], actor=Actor(admin))

    assert Role.objects.get(pk=roles["seller"].pk).path == roles["seller"].path


def test_a_deleted_role_leaves_its_people_to_its_heir(ann: Any, bob: Any, carol: Any, admin: Any, roles: Any) -> None:
    """ADM-11: people and roles below go to the heir; a rule that named it goes, too."""
    changes.add_rule(module(LEADS), actor=Actor(admin), source=f"role:{roles['other'].pk}", target=f"below:{roles['sales'].pk}")
    factories.make_lead(bob)

    with pytest.raises(Refused):
        changes.delete_role(roles["sales"], None, actor=Actor(admin))
    with pytest.raises(Refused):
        changes.delete_role(roles["sales"], roles["seller"], actor=Actor(admin))
    changes.delete_role(roles["sales"], roles["other"], actor=Actor(admin))

    bob.refresh_from_db()
    assert bob.role_id == roles["other"].pk and not SharingRule.objects.exists()
    assert Role.objects.get(pk=roles["seller"].pk).path == f"{roles['other'].path}{roles['seller'].pk}/"


def test_peers_see_one_another_by_their_roles_setting(ann: Any, admin: Any, roles: Any) -> None:
    """ADM-11: off, reading, and editing; never deleting."""
    twin = factories.make_user("twin", role=roles["seller"])
    lead = factories.make_lead(ann)
    found = []
    for peers in ("", "read", "write"):
        changes.change_role(roles["seller"], actor=Actor(admin), peers=peers)
        again = User.objects.anew(twin.pk)
        found.append((count(twin), can(again, LEADS, "edit", lead), can(again, LEADS, "transfer", lead)))

    assert found == [(0, False, False), (1, False, False), (1, True, False)]


def test_a_rule_by_criteria_follows_the_record(ann: Any, carol: Any, admin: Any) -> None:
    """ADM-13: what meets the condition is open, at once and no longer; a field that is gone opens nothing."""
    hot, cold = factories.make_lead(ann, rating="hot"), factories.make_lead(ann, rating="cold")
    asked = {"all": [{"field": "rating", "op": "is", "value": "hot"}]}
    rule = changes.add_rule(module(LEADS), actor=Actor(admin), criteria=asked, target=f"user:{carol.pk}", level="write")
    assert (count(carol), count(carol, "edit"), count(carol, "delete")) == (1, 1, 0)

    factories.write.update(cold, actor=Actor(ann), rating="hot")
    assert count(carol) == 2
    SharingRule.objects.filter(pk=rule.pk).update(criteria={"all": [{"field": "gone", "op": "is", "value": "hot"}]})
    assert count(carol) == 0
    assert "can no longer be asked" in changes.rule_words(SharingRule.objects.get(), module(LEADS))
    changes.remove_rule(rule, actor=Actor(admin))
    assert hot.pk and [one.detail["act"] for one in Event.objects.filter(module="core.sharingrule").order_by("pk")] == ["added", "deleted"]


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"source": "role:99999999"}, {"source"}),
        ({"target": "user:0"}, {"target"}),
        ({"level": "own"}, {"level"}),
        ({"criteria": {"all": [{"field": "nothing", "op": "is", "value": 1}]}}, {"criteria"}),
        ({"criteria": {"all": [{"field": "owner", "op": "me"}]}}, {"criteria"}),
        ({"target": "group:x"}, {"target"}),
    ],
)
def test_a_rule_that_says_nothing_is_refused(values: Any, wrong: set[str], admin: Any) -> None:
    """ADM-13: each wrong part by its name, and nothing stored."""
    with pytest.raises(Invalid) as refused:
        changes.add_rule(module(LEADS), actor=Actor(admin), **{"target": "all", **values})

    assert set(refused.value.errors) == wrong and not SharingRule.objects.exists()


def test_only_who_looks_after_the_suite_changes_rights(ann: Any, roles: Any) -> None:
    """A8: a seller calls the function and is refused."""
    with pytest.raises(PermissionDenied):
        changes.set_default(module(LEADS), "write", actor=Actor(ann))


def test_the_impact_is_said_and_nothing_is_done(ann: Any, bob: Any, carol: Any, admin: Any, roles: Any) -> None:
    """ADM-13: how many people and records a change opens and closes, before it is made."""
    for _ in range(3):
        factories.make_lead(ann)
    factories.make_lead(bob)

    said = impact.of(lambda: changes.move_role(roles["seller"], roles["other"], actor=Actor(admin)))

    opens = {(one.module.key, one.right): (one.records, one.people) for one in said.opens}
    closes = {(one.module.key, one.right): (one.records, one.people) for one in said.closes}
    assert opens == {(LEADS, "view"): (3, {carol.pk}), (LEADS, "edit"): (3, {carol.pk})}
    assert closes == {(LEADS, "view"): (3, {bob.pk}), (LEADS, "edit"): (3, {bob.pk})}
    assert (count(bob), count(carol)) == (4, 0) and not Event.objects.filter(kind="configured").exists()
    assert Role.objects.get(pk=roles["seller"].pk).path == roles["seller"].path


def test_the_impact_of_a_rule_counts_what_was_not_open_before(ann: Any, bob: Any, carol: Any, admin: Any) -> None:
    """ADM-13: of four leads one is carol's and one is not hot: the rule opens two to her."""
    for owner, rating in ((ann, "hot"), (admin, "hot"), (carol, "hot"), (ann, "cold")):
        factories.make_lead(owner, rating=rating)
    asked = {"all": [{"field": "rating", "op": "is", "value": "hot"}]}

    said = impact.of(lambda: changes.add_rule(module(LEADS), actor=Actor(admin), criteria=asked, target=f"user:{carol.pk}"))

    assert [(one.module.key, one.right, one.records, one.people) for one in said.opens] == [(LEADS, "view", 2, {carol.pk})]
    assert said.closes == [] and said.gain == said.lose == set()


def test_the_impact_of_a_default_and_of_what_is_refused(ann: Any, bob: Any, carol: Any, admin: Any, roles: Any) -> None:
    """ADM-13: opening to everybody counts once what many gain; a refused change says why and leaves no trace."""
    factories.make_lead(ann)
    ModuleDefault.objects.get(module=LEADS)

    said = impact.of(lambda: changes.set_default(module(LEADS), "read", actor=Actor(admin)))

    assert [(one.right, one.records, one.people) for one in said.opens] == [("view", 1, {carol.pk})]
    with pytest.raises(Refused):
        impact.of(lambda: changes.move_role(roles["top"], roles["seller"], actor=Actor(admin)))
    assert count(carol) == 0


def test_profiles_are_cloned_changed_and_handed_on(ann: Any, admin: Any) -> None:
    """ADM-10: built-in ones stay as they are; a clone is changed, and holds at once for who has it."""
    standard, actor = ann.profile, Actor(admin)
    with pytest.raises(Refused):
        changes.change_profile(standard, actor=actor, features=[])
    mine = changes.clone_profile(standard, "Readers", actor=actor)
    changes.change_profile(mine, actor=actor, rights={LEADS: ["view", "nonsense"]}, features=["see_all", "nonsense"])
    User.objects.filter(pk=ann.pk).update(profile=mine)
    again = User.objects.anew(ann.pk)

    assert [can(again, LEADS, right) for right in ("view", "edit", "export")] == [True, False, False]
    changes.delete_profile(mine, standard, actor=actor)
    ann.refresh_from_db()
    assert ann.profile_id == standard.pk
