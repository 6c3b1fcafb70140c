"""What LinkedIn's terms let us keep for a time only is emptied in time; links and what people typed stay (SOC-22)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from core import clock
from core.access.models import User
from core.action.registry import run
from core.actor import Actor
from core.event.models import Event
from core.exchange.outbox import post as queue
from core.record.models import Tie
from core.record.write import Refused, create
from core.search.query import matching_ids
from core.work.due import tick
from core.work.jobs import drain
from sandbox.running import Control
from social.models import Channel, Post, Profile
from social.people import tie
from tests.flows.conftest import poll

from .linkedin_cast import HANAKO
from .test_linkedin import comment, first_post

HOUR = timedelta(hours=1)


def later(span: timedelta) -> None:
    """The clock goes on, and what is due is done."""
    from social.forgetting import forget_due

    with time_machine.travel(clock.now() + span):
        forget_due(clock.now())


@pytest.fixture
def hanako(company: Channel, linked: Control, people: dict[str, User]) -> Any:
    """A contact who commented, with her profile linked."""
    said = comment(linked, "導入事例を教えてくださいませ", post=first_post(linked))
    poll()
    contact = create("crm.contact", actor=Actor(people["root"]), family_name="佐藤", given_name="花子", email="hanako@tachitsute.example")
    profile = Profile.objects.get(outside_id=HANAKO)
    tie(profile, "crm.contact", contact.pk)
    return contact, profile, Post.objects.get(outside_id=said)


def test_what_members_are_is_gone_after_a_day(hanako: Any) -> None:
    """SOC-22: name, headline; the link, the name in the address and the contact stay; so does what she said, for now."""
    contact, profile, post = hanako
    later(23 * HOUR)
    profile.refresh_from_db()
    assert (profile.name, profile.bio) == ("佐藤 花子", "購買部 課長")
    later(25 * HOUR)
    for row in (contact, profile, post):
        row.refresh_from_db()
    assert (profile.name, profile.bio, profile.picture_url, profile.handle) == ("", "", "", "sato-hanako")
    assert (contact.title, contact.email) == ("佐藤 花子", "hanako@tachitsute.example")
    assert Tie.objects.filter(kind="profile", record_id=profile.pk, other_id=contact.pk).exists()
    assert (post.author_name, post.text) == ("", "導入事例を教えてくださいませ")
    other = Profile.objects.exclude(pk=profile.pk).filter(network="linkedin", outside_id__startswith="urn:li:person:")
    assert not other.exclude(name="", handle="").exists()


def test_what_members_said_is_gone_after_two(hanako: Any) -> None:
    """SOC-22: out of the post, the search and the history; its place on LinkedIn stays, and it says why it is empty."""
    _contact, _profile, post = hanako
    assert post.pk in matching_ids("social.post", "導入事例を教えてくださいませ")
    later(47 * HOUR)
    post.refresh_from_db()
    assert post.text != ""
    later(49 * HOUR)
    post.refresh_from_db()
    assert (post.text, post.title, post.state) == ("", "No longer kept here", "open")
    assert post.link.startswith("http")
    assert post.pk not in matching_ids("social.post", "導入事例を教えてくださいませ")
    assert not Event.objects.filter(module="social.post", record_id=post.pk).exclude(changes={}).exists()


def test_what_the_page_said_is_gone_after_half_a_year(company: Channel, people: dict[str, User]) -> None:
    """SOC-22."""
    queue(connection=company.connection, action="post", key="p", text="新商品のお知らせ", asked_by=people["root"])
    drain()
    ours = Post.objects.filter(ours=True, network="linkedin")
    later(timedelta(days=179))
    assert ours.exclude(text="").exists()
    later(timedelta(days=181))
    assert ours.exists()
    assert not ours.exclude(text="").exists()


def test_what_is_read_anew_is_there_anew(hanako: Any, linked: Control) -> None:
    """SOC-22: a name that was emptied is asked for with the next thing that person says."""
    _contact, profile, _post = hanako
    later(25 * HOUR)
    with time_machine.travel(clock.now() + 26 * HOUR):
        comment(linked, "もう一点", post=first_post(linked))
        poll()
        profile.refresh_from_db()
        assert profile.name == "佐藤 花子"
        assert Post.objects.get(text="もう一点").author_name == "佐藤 花子"


def test_it_falls_due_by_itself(hanako: Any) -> None:
    """SOC-22: the clock of the house does it, a few times an hour."""
    _contact, profile, _post = hanako
    with time_machine.travel(clock.now() + 25 * HOUR):
        tick()
        drain()
        profile.refresh_from_db()
        assert profile.name == ""


def test_no_ticket_no_lead_and_no_photo_of_it(hanako: Any, people: dict[str, User]) -> None:
    """SOC-37, SOC-22: tickets are made of X and Facebook; LinkedIn's terms let nobody make leads of its members."""
    contact, profile, post = hanako
    actor = Actor(people["root"])
    for key in ("helpdesk.open_ticket", "social.add_lead"):
        with pytest.raises(Refused, match="The terms of LinkedIn"):
            run(key, post, actor=actor)
    Profile.objects.filter(pk=profile.pk).update(picture_url="https://media.licdn.example/p.jpg")
    with pytest.raises(Refused):
        run("social.take_photo", contact, actor=actor, profile=profile.pk)
