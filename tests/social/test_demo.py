"""The demo organisation speaks at the stand-in networks, and knows some of those who speak there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from core import clock
from core.access.models import User
from core.demo import Story
from core.record.models import Tie
from core.work.jobs import drain
from crm.models import Contact
from sandbox.running import Control
from social import demo
from social.models import Channel, Post, Profile
from tests.cast import page_of
from tests.flows.conftest import poll


@pytest.fixture
def told(people: dict[str, User], graph: Control, linked: Control) -> None:
    """The part of the demo that is ours, with the cast in the place of its people."""
    story = Story(now=clock.now(), people={"ann": people["ann"], "aoki": people["ann"]})
    demo.brand(story)
    story.play()
    User.objects.filter(pk=people["root"].pk).update(level="account")
    call_command("connect_sandbox")
    drain()


def test_each_network_is_connected_once(told: None, capsys: Any) -> None:
    """SOC-7: X, two pages of Facebook and one of LinkedIn, by the real sign-in; asked again it does nothing."""
    assert sorted(Channel.objects.values_list("network", "handle")) == [
        ("facebook", "enishi.cafe"),
        ("facebook", "enishi.demo"),
        ("linkedin", "enishi-demo"),
        ("x", "enishi_demo"),
    ]
    call_command("connect_sandbox")
    assert "Nothing to connect." in capsys.readouterr().out


def test_customers_who_speak_are_known(told: None, people: dict[str, User], graph: Control) -> None:
    """SOC-12, SOC-32: what they said at either network stands at their record; both languages are there."""
    emma = Contact.objects.get(given_name="Emma")
    tied = Tie.objects.filter(kind="profile", other_module="crm.contact", other_id=emma.pk).values("record_id")
    said = Post.objects.filter(profile__in=tied, ours=False)
    assert set(said.values_list("network", flat=True)) == {"x", "facebook"}
    page = page_of(people["ann"]).get(f"/crm/contacts/{emma.pk}/").content.decode()
    assert "The grinder still runs like on day one." in page
    links = Profile.objects.filter(name="佐藤 花子", network="linkedin")
    assert list(links.values_list("handle", flat=True)) == ["sato-hanako"]
    hanako = Post.objects.filter(author_name="佐藤 花子", ours=False)
    assert {one.network for one in hanako} == {"x", "facebook"}

    graph.do("facebook/post", person="岡田 商店", text="納品書をお願いします")
    poll()
    monitor = page_of(people["root"], fresh=True).get("/social/").content.decode()
    assert "納品書をお願いします" in monitor
    assert "岡田商店" in monitor
    assert Post.objects.filter(said_at__gte=clock.now() - timedelta(minutes=5)).count() == 1
