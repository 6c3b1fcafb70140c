"""For the tests over everything: a world full of canaries, and bob, who leads its owner and from whom every field is hidden."""

from __future__ import annotations

from typing import Any

import pytest

from core.actor import Actor
from core.module.registry import module as find_module
from core.record import write
from tests import factories
from tests.contracts.canaries import Canaries, plant
from tests.contracts.walk import World, build


@pytest.fixture
def spied(ann: Any, bob: Any, admin: Any) -> Canaries:
    factories.add_field("text", "crm.lead", key="c_own")
    factories.add_field("picklist", "crm.lead", key="c_choice", choices="red")
    factories.add_field("multi_picklist", "crm.contact", key="c_choices", choices="red")
    factories.add_field("date", "crm.lead", key="c_day")
    factories.add_field("datetime", "crm.contact", key="c_moment")
    return plant(linked(build(ann), admin), admin, bob)


def linked(world: World, admin: Any) -> World:
    """The records know one another, so that each page shows what the others hold."""
    pk = world.records
    about = {"contact": pk["crm.contact"], "account": pk["crm.account"]}
    links = {
        "crm.contact": {"account": pk["crm.account"]},
        "crm.deal": about,
        "crm.activity": {**about, "deal": pk["crm.deal"]},
        "helpdesk.ticket": about,
    }
    for key, values in links.items():
        write.update(find_module(key).model._default_manager.get(pk=pk[key]), actor=Actor(admin), **values)
    return world
