"""The parts of record pages that are drawn in Python: what is foreign stays text."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.test import Client

from core.access.models import User
from core.actor import Actor
from core.event.timeline import Item
from core.field.look import Look
from core.record import write
from core.web.drawing import happenings, related_lines
from crm.models import Lead

pytestmark = pytest.mark.django_db
HOSTILE = '<script>alert("x")</script>'


def test_a_hostile_record_is_text_all_over_its_page(ann: User, client_of: Callable[[User], Client]) -> None:
    """PLT-10, H5: names, facts, notes, activities and history never become markup."""
    lead = write.create("crm.lead", actor=Actor(ann), family_name=HOSTILE, company=HOSTILE, description=f"{HOSTILE}\nsecond line")
    write.create("crm.activity", actor=Actor(ann), subject=HOSTILE, lead=lead.pk)
    write.update(lead, actor=Actor(ann), company=f"{HOSTILE}2")
    client = client_of(ann)
    client.post(f"/crm/leads/{lead.pk}/note", {"text": f"{HOSTILE}\nsecond line"})

    page = client.get(f"/crm/leads/{lead.pk}/").content.decode()

    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert") >= 8
    assert "<br>second line" in page


def test_only_who_may_edit_gets_the_links_that_edit(ann: User, admin: User, client_of: Callable[[User], Client]) -> None:
    """PLT-10: a field leads to its input, for those who may change it; a converted lead is closed."""
    lead = write.create("crm.lead", actor=Actor(ann), family_name="Sato", company="Sato Trading")
    open_page = client_of(ann).get(f"/crm/leads/{lead.pk}/").content.decode()

    Lead.objects.filter(pk=lead.pk).update(converted_at=datetime(2026, 5, 1, tzinfo=UTC))
    closed_page = client_of(ann).get(f"/crm/leads/{lead.pk}/").content.decode()

    assert f'href="/crm/leads/{lead.pk}/field/company"' in open_page
    assert "/field/" not in closed_page


def test_days_of_a_timeline_are_the_days_of_its_reader() -> None:
    """PLT-6: half past midnight in Tokyo is another day than in London."""
    items = [
        Item(datetime(2026, 5, 1, 15, 30, tzinfo=UTC), "history", "Ann", "changed this record"),
        Item(datetime(2026, 5, 1, 9, 0, tzinfo=UTC), "history", "Ann", "changed this record"),
    ]

    tokyo = happenings({"look": Look(zone=ZoneInfo("Asia/Tokyo"))}, items)
    london = happenings({"look": Look(zone=ZoneInfo("Europe/London"))}, items)

    assert tokyo.count('<li class="day">') == 2
    assert london.count('<li class="day">') == 1
    assert '<time datetime="2026-05-02T00:30:00+09:00">00:30</time>' in tokyo


def test_a_related_record_shows_its_mark_its_title_and_its_facts(ann: User) -> None:
    lead: Any = write.create("crm.lead", actor=Actor(ann), family_name="Sato", company="A & B")

    said = related_lines({}, [{"record": lead, "url": "/crm/leads/1/", "primary": True, "cells": []}])

    assert said.startswith('<li><span class="avatar ')
    assert '<a class="first" href="/crm/leads/1/">Sato</a> <span class="badge" data-tone="info">Primary contact</span>' in said
