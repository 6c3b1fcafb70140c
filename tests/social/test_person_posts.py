"""What a person posts on their own page: read when somebody opens it, kept once, and work for nobody."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine

from core import clock
from core.access.models import User
from core.event.models import Event
from core.remote.models import Connection, TokenChain
from core.work.jobs import drain
from core.work.models import Job
from helpdesk.models import Ticket
from sandbox.running import Control
from social.keeping import gone_between, take_in
from social.models import Channel, Post, Profile
from social.networks.items import Person, Said
from tests.cast import page_of
from tests.flows.conftest import forget_budgets, poll

from .talk_cast import EMMA, read_posts, talk, words


def test_the_posts_of_a_person_are_read_when_somebody_opens_them(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-9, SOC-13: once a day unless asked again; they are no work, no ticket, not in the Monitor, and do not arrive."""
    sandbox.say(EMMA, "My garden this morning.")
    ann = page_of(people["ann"])
    page = words(ann, talk(emma, "?tab=posts"))
    assert "My garden" not in page and "up to US$ 0.100" in page and not [one for one in sandbox.requests() if "/tweets" in one["path"]]
    arrived = Event.objects.filter(kind="arrived").count()
    read_posts(ann, emma)
    page = words(ann, talk(emma, "?tab=posts"))
    assert "My garden this morning." in page and "Read anew" in page
    calls = len(sandbox.requests())
    read_posts(ann, emma)
    assert len(sandbox.requests()) == calls
    sandbox.say(EMMA, "Rain.")
    read_posts(ann, emma, "again")
    assert "Rain." in words(ann, talk(emma, "?tab=posts"))
    with time_machine.travel(clock.now() + timedelta(days=1), tick=True):
        sandbox.advance(86_400)
        forget_budgets()
        sandbox.say(EMMA, "Sun.")
        read_posts(page_of(people["ann"]), emma)
    garden = Post.objects.get(text="My garden this morning.")

    assert Post.objects.filter(text="Sun.").exists()
    assert (garden.theirs, garden.state, garden.channel) == (True, "done", None)
    assert Event.objects.filter(kind="arrived").count() == arrived
    assert not Ticket.objects.exists()
    for page in ("/social/", "/social/?state=done", "/social/posts/?view=all", "/social/posts/"):
        assert "My garden" not in words(ann, page)
    assert "My garden" not in words(ann, talk(emma))
    assert "My garden" not in words(ann, f"/crm/leads/{emma.pk}/timeline")


def test_what_was_only_found_arrives_when_it_turns_out_to_be_said_to_us(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-5, SOC-38: read on their page first, from the channel afterwards: one post, and it is work then."""
    sandbox.say(EMMA, "@enishi_demo The radio is here, thank you!")
    ann = page_of(people["ann"])
    read_posts(ann, emma)
    assert Post.objects.get(text__contains="radio is here").theirs is True
    poll()

    thanks = Post.objects.get(text__contains="radio is here")
    assert (thanks.theirs, thanks.state, thanks.kind, thanks.channel.handle) == (False, "open", "mention", "enishi_demo")
    assert Event.objects.filter(kind="arrived", record_id=thanks.pk).count() == 1
    assert "radio is here" in words(ann, "/social/")
    poll()
    assert Event.objects.filter(kind="arrived", record_id=thanks.pk).count() == 1


def test_what_a_colleague_said_of_us_arrives_nowhere(people: dict[str, User], channel: Channel) -> None:
    """SOC-5: found on their own page, then by the channel: it is ours, and no work."""
    chain = TokenChain.objects.create(network="x", client_id="1", outside_id="79", issued_at=clock.now(), refreshed_at=clock.now())
    Connection.objects.create(network="x", chain=chain, kind="personal", owner=people["ann"], handle="ann")
    said = Said("790", Person("79", handle="ann"), "@enishi_demo Good work!", clock.now())
    take_in(channel, [said])
    Post.objects.filter(outside_id="790").update(theirs=True, ours=False, channel=None)
    take_in(channel, [said])
    post = Post.objects.get(outside_id="790")
    assert (post.ours, post.theirs, post.state, post.channel) == (True, False, "done", channel)
    assert not Event.objects.filter(kind="arrived", record_id=post.pk).exists()


def test_deleted_posts_are_marked_by_the_next_whole_page(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-5: what lies between two posts of a whole page and is not on it any more."""
    said = [sandbox.say(EMMA, f"Number {number}") for number in range(3)]
    ann = page_of(people["ann"])
    read_posts(ann, emma)
    sandbox.delete_post(said[1]["id"])
    read_posts(ann, emma, "again")

    assert list(Post.objects.filter(deleted_on_network=True).values_list("text", flat=True)) == ["Number 1"]
    assert "Deleted on the network" in words(ann, talk(emma, "?tab=posts"))


def test_a_page_that_lists_no_answers_says_nothing_of_them(channel: Channel) -> None:
    """SOC-5: what somebody answered between two of their posts is not gone because a page of posts alone does not show it."""
    who, now = Person("78", handle="dora"), clock.now()
    first, answer, last = (Said(str(number), who, f"no. {number}", now - timedelta(hours=9 - number)) for number in range(3))
    answer = replace(answer, answers="99", conversation="99")
    take_in(channel, [first, answer, last])
    profile = Profile.objects.get(outside_id="78")
    assert (gone_between(profile, [first, last]), Post.objects.filter(deleted_on_network=True).exists()) == (0, False)
    there = [first, replace(answer, outside_id="7"), last]
    assert gone_between(profile, there) == 1


def test_older_posts_are_read_a_page_at_a_time(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-13: paged by time here, and at the network where what is kept ends."""
    for number in range(45):
        sandbox.say(EMMA, f"Number {number:02}")
    ann = page_of(people["ann"])
    read_posts(ann, emma)
    assert Post.objects.filter(text__startswith="Number").count() == 20
    read_posts(ann, emma, "older")
    read_posts(ann, emma, "older")
    assert Post.objects.filter(text__startswith="Number").count() == 45
    first = words(ann, talk(emma, "?tab=posts"))
    older = re.search(r'href="([^"]*before=[^"]*)"', first)
    assert older and "Number 44" in first and "Number 24" not in first
    second = words(ann, older.group(1).replace("&amp;", "&"))
    assert "Number 24" in second and "Number 44" not in second and "Newest" in second


FAILURES = {
    "private": ("shows posts only to followers who were let in", True),
    "gone": ("is not on X any more", True),
    "limit": ("its request limit is used up. Try again after", True),
    "sign-in": ("The sign-in to the network has ended.", False),
    "permission": ("The network does not allow this", True),
}


@pytest.mark.parametrize("why", list(FAILURES))
def test_five_failures_read_as_five_messages_with_a_way_that_works(people: dict[str, User], sandbox: Control, emma: Any, why: str) -> None:
    """SOC-19, SOC-4: each says what it is, until when, and opens the network."""
    ann = page_of(people["ann"])
    if why == "private":
        sandbox.do("account", username=EMMA, protected=True)
    elif why == "gone":
        sandbox.do("account", username=EMMA, suspended=True)
    elif why == "limit":
        sandbox.exhaust("users.tweets")
    elif why == "sign-in":
        sandbox.revoke()
    else:
        sandbox.fault("html", 1, status=403)
    read_posts(ann, emma)
    page = words(ann, talk(emma, "?tab=posts"))

    said, still_active = FAILURES[why]
    assert said in page
    assert [one for one, _active in FAILURES.values() if one in page] == [said]
    assert f"/{EMMA}" in page and "Open on X" in page
    assert (Channel.objects.get().state == "active") is still_active


def test_at_the_limit_a_reader_reads_when_it_ends_and_then_it_is_there(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-4: the time stands in the reader's zone; the work goes on by itself."""
    sandbox.say(EMMA, "My garden this morning.")
    sandbox.exhaust("users.tweets")
    people["ann"].time_zone = "America/New_York"
    people["ann"].save()
    ann = page_of(people["ann"])
    read_posts(ann, emma)
    until = Job.objects.get(kind="social.read_posts").due_at
    page = words(ann, talk(emma, "?tab=posts"))
    assert f"Try again after {until.astimezone(ZoneInfo('America/New_York')):%H:%M}" in page
    assert "It is read by itself then." in page
    sandbox.advance(900)
    forget_budgets()
    with time_machine.travel(until + timedelta(seconds=1), tick=True):
        drain()
        assert "My garden this morning." in words(ann, talk(emma, "?tab=posts"))


def test_a_renamed_handle_stays_linked_and_is_told(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-19: kept by the network's own id."""
    sandbox.do("account", username=EMMA, rename="emma_wright")
    sandbox.say("emma_wright", "New name, same me.")
    ann = page_of(people["ann"])
    read_posts(ann, emma)
    page = words(ann, talk(emma, "?tab=posts"))

    assert "New name, same me." in page
    assert f"X calls this account @emma_wright now; the record says @{EMMA}. It stays linked." in page
