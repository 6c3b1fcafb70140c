"""The demo organisation's sharing: a group, two rules, and one customer lent to a colleague."""

from __future__ import annotations

from datetime import timedelta

from core.access import changes, sharing
from core.access.models import Role
from core.actor import Actor
from core.demo import Story, demo
from core.module.registry import module

from .models import Account


@demo(order=9)
def rules(story: Story) -> None:
    """Marketing reads what the East sells; who looks after key accounts reads the leads of trade fairs, whoever's they are."""
    mei = Actor(story.people["mei"])
    east, marketing = story.people["bob"].role_id, story.people["sakura"].role_id
    changes.change_role(Role.objects.get(pk=story.people["ken"].role_id), actor=mei, peers="read")
    members = [f"user:{story.people[name].pk}" for name in ("ann", "haruka")]
    group = changes.make_group("重点顧客チーム · Key accounts", members, actor=mei, note="Ann, 森 遥")
    changes.add_rule(module("crm.deal"), actor=mei, source=f"below:{east}", target=f"below:{marketing}", level="read")
    fairs = {"all": [{"field": "source", "op": "is", "value": "fair"}]}
    changes.add_rule(module("crm.lead"), actor=mei, criteria=fairs, target=f"group:{group.pk}", level="read")


@demo(order=25)
def lent(story: Story) -> None:
    """Ann lends one of her customers to Carol for two weeks."""
    story.then(story.ago(1, 15), _lend, story)


def _lend(story: Story) -> None:
    account = Account.objects.filter(owner=story.people["ann"], deleted_at=None).order_by("pk").first()
    if account is not None:
        whom = f"user:{story.people['carol'].pk}"
        sharing.share(account, whom, "write", actor=story.actor("ann"), until=story.now + timedelta(days=14))
