"""Keywords of a channel: the estimate before it is read, reading, pausing, ending, and what it cost, on the page of the channels."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from core import clock
from core.access.models import User
from core.event.models import Event
from core.remote.models import NetworkApp, Spending
from core.signin.models import AuditEntry
from core.stamps import bump
from core.work.jobs import drain
from sandbox.running import Control
from social import keywords, pull
from social.models import Channel, Post, Stream
from tests.cast import page_of
from tests.flows.conftest import poll

CHANNELS = "/social/settings/channels/"


@pytest.fixture
def root(people: dict[str, User]) -> Client:
    return page_of(people["root"], fresh=True)


def added(root: Client, channel: Channel, words: str) -> Stream:
    root.post(f"{CHANNELS}{channel.pk}/keywords", {"keyword": words})
    drain()
    return Stream.objects.get(channel=channel, kind="keyword", argument=words)


def press(root: Client, stream: Stream, verb: str) -> Any:
    return root.post(f"/social/settings/keywords/{stream.pk}/{verb}")


def cells(root: Client, words: str) -> list[str]:
    """What the page says of a keyword: how it stands, then its figures."""
    page = root.get(CHANNELS).content.decode()
    row = re.search(rf'<b>{re.escape(words)}</b> <span class="sub">(.*?)</span>(.*?)<div class="sub">(.*?)</div>', page)
    assert row, page
    return [row[1], *filter(None, row[3].split(" · ")), *re.findall(r"<span class=\"badge\"[^>]*>(.*?)</span>", row[2])]


def test_what_it_would_cost_stands_there_before_anything_is_read(root: Client, channel: Channel, sandbox: Control) -> None:
    """SOC-9: counted by the app for the price of one post; nothing is read before an admin lets it; a month is 30/7 of what it found."""
    for number in range(7):
        sandbox.say("emma_w_2026", f"the grinder, day {number}")
    root.post(f"{CHANNELS}{channel.pk}/keywords", {"keyword": "  grinder\u3000"})
    assert cells(root, "grinder") == ["Being estimated."]
    drain()
    assert cells(root, "grinder") == ["Not read.", "7 posts in 7 days", "about US$ 0.150 a month", "US$ 0.005 spent this month"]
    poll()
    assert len(sandbox.requests(endpoint="tweets.counts_recent")) == 1
    assert sandbox.requests(endpoint="tweets.search_recent") == []


def test_it_is_read_paused_and_goes_on(root: Client, channel: Channel, sandbox: Control) -> None:
    """SOC-32, SOC-9: what was there is found and is no news; what comes is; a pause costs nothing and brings nothing later."""
    sandbox.say("priya_n", "A kettle, long ago")
    kettle = added(root, channel, "kettle")
    press(root, kettle, "start")
    poll()
    sandbox.say("priya_n", "My kettle sings")
    sandbox.say("priya_n", "@enishi_demo my kettle, too")
    poll()
    kinds = dict(Post.objects.filter(text__icontains="kettle", said_at__gte=clock.now() - timedelta(days=1)).values_list("text", "kind"))
    assert kinds == {"A kettle, long ago": "keyword", "My kettle sings": "keyword", "@enishi_demo my kettle, too": "mention"}
    arrived = Event.objects.filter(module="social.post", kind="arrived").values_list("record_id", flat=True)
    assert set(Post.objects.filter(pk__in=arrived).values_list("text", flat=True)) == {"My kettle sings", "@enishi_demo my kettle, too"}
    assert "Last read" in cells(root, "kettle")[0]

    press(root, kettle, "pause")
    sandbox.say("priya_n", "kettle while nobody looks")
    before = len(sandbox.requests(endpoint="tweets.search_recent"))
    poll()
    assert len(sandbox.requests(endpoint="tweets.search_recent")) == before
    assert cells(root, "kettle")[0] == "Paused."
    press(root, kettle, "start")
    poll()
    late = Post.objects.get(text="kettle while nobody looks")
    assert not Event.objects.filter(module="social.post", kind="arrived", record_id=late.pk).exists()


def test_what_a_keyword_found_is_not_answered_as_if_it_called_us(root: Client, channel: Channel, sandbox: Control) -> None:
    """SOC-1: X lets nobody answer who was not called; the post says so."""
    tea = added(root, channel, "matcha")
    press(root, tea, "start")
    poll()
    sandbox.say("priya_n", "matcha for breakfast")
    poll()
    post = Post.objects.get(text="matcha for breakfast")
    page = root.get(f"/social/posts/{post.pk}/do/social.reply").content.decode()
    assert "X lets us reply only to people who mentioned or quoted this account." in page
    assert "Keyword" in root.get("/social/").content.decode()


def test_it_ends_and_what_it_found_stays(root: Client, channel: Channel, sandbox: Control) -> None:
    """SOC-9: each act stands in the audit log; what it cost stays on the page of the network by keyword."""
    oolong = added(root, channel, "oolong")
    press(root, oolong, "start")
    sandbox.say("priya_n", "oolong time no see")
    poll()
    press(root, oolong, "pause")
    press(root, oolong, "remove")
    assert not Stream.objects.filter(kind="keyword").exists()
    assert Post.objects.filter(text="oolong time no see").exists()
    acts = list(AuditEntry.objects.filter(act__startswith="social.keyword").order_by("pk").values_list("act", flat=True))
    assert acts == ["social.keyword_added", "social.keyword_started", "social.keyword_paused", "social.keyword_removed"]
    spent = {row.feature: row.micros for row in Spending.objects.filter(argument="oolong")}
    assert spent == {"counts": 5_000, "keyword": 5_000}
    page = root.get("/social/settings/networks/x/").content.decode()
    assert re.search(r'Keywords <span class="muted">oolong</span></th><td>@enishi_demo</td>', page)


@pytest.mark.parametrize("verb", ["pause", "remove"])
def test_who_stops_it_while_it_is_read_is_not_undone(
    root: Client, channel: Channel, sandbox: Control, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    """SOC-9: a page that is on its way when somebody pauses or removes a keyword does not bring it back."""
    stream = added(root, channel, "oolong")
    press(root, stream, "start")
    real = pull.read

    def read(one: Stream, *rest: Any) -> Any:
        if one.kind == "keyword":
            press(root, stream, verb)
        return real(one, *rest)

    monkeypatch.setattr(pull, "read", read)
    poll()
    assert list(Stream.objects.filter(kind="keyword").values_list("paused", flat=True)) == [True] * (verb == "pause")


def test_what_a_network_tells_while_it_is_read_is_read_at_once(channel: Channel, sandbox: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-8: the end of a reading does not put off what was made due meanwhile."""
    real = pull.read

    def read(one: Stream, *rest: Any) -> Any:
        Stream.objects.filter(pk=one.pk).update(next_due=clock.now())
        return real(one, *rest)

    monkeypatch.setattr(pull, "read", read)
    poll()
    assert Stream.objects.filter(kind="mentions", next_due__lte=clock.now()).exists()


def test_a_used_up_budget_stops_reading_and_says_until_when(root: Client, channel: Channel, sandbox: Control) -> None:
    """SOC-9: at the day's budget robots stop until midnight UTC; the page says so beside the keyword, and reading goes on then."""
    stream = added(root, channel, "sencha")
    press(root, stream, "start")
    poll()
    NetworkApp.objects.update_or_create(network="x", defaults={"day_limit": 1})
    bump("networks")
    calls = len(sandbox.requests())
    poll()
    assert len(sandbox.requests()) == calls
    stream.refresh_from_db()
    midnight = (clock.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    assert (stream.last_error, stream.next_due) == ("over_budget", midnight)
    assert cells(root, "sencha")[0].startswith("The budget is used up; it goes on at ")


def test_more_than_the_month_allows_is_said(root: Client, channel: Channel, sandbox: Control) -> None:
    NetworkApp.objects.update_or_create(network="x", defaults={"month_limit": 100_000})
    bump("networks")
    for number in range(10):
        sandbox.say("emma_w_2026", f"hojicha {number}")
    added(root, channel, "hojicha")
    assert cells(root, "hojicha")[-1].startswith("More than the month")


@pytest.mark.parametrize(
    ("words", "told"),
    [("", "Type a keyword"), ("   ", "Type a keyword"), ("x" * 101, "at most 100 characters"), ("twice", "there already")],
)
def test_what_is_no_keyword_is_refused(root: Client, channel: Channel, words: str, told: str) -> None:
    keywords.add(channel, "twice", User.objects.get(email=root.get("/me/").wsgi_request.user.email))
    page = root.post(f"{CHANNELS}{channel.pk}/keywords", {"keyword": words}, follow=True).content.decode()
    assert told in page
    assert Stream.objects.filter(kind="keyword").count() == 1


def test_what_the_network_does_not_understand_says_so(root: Client, channel: Channel, sandbox: Control) -> None:
    """SOC-19: in words; it can be estimated again, and removed."""
    wrong = added(root, channel, "is:nonsense")
    assert cells(root, "is:nonsense")[0] == "The network does not understand this keyword."
    press(root, wrong, "estimate")
    assert cells(root, "is:nonsense")[0] == "Being estimated."


def test_facebook_says_why_not(root: Client, our_page: Channel) -> None:
    """SOC-1: no field that would do nothing."""
    page = root.get(CHANNELS).content.decode()
    assert "Facebook has no keyword search; keywords are matched on what reaches the page." in page
    assert f"{CHANNELS}{our_page.pk}/keywords" not in page
    answer = root.post(f"{CHANNELS}{our_page.pk}/keywords", {"keyword": "mug"}, follow=True).content.decode()
    assert "Facebook has no keyword search" in answer
    assert not Stream.objects.filter(kind="keyword").exists()


def test_only_who_administers_social(people: dict[str, User], channel: Channel, root: Client) -> None:
    """SOC-9: for everybody else there is no field, no figure and no way."""
    stream = added(root, channel, "secret plan")
    ann = page_of(people["ann"])
    page = ann.get(CHANNELS).content.decode()
    assert "secret plan" not in page
    assert ann.post(f"{CHANNELS}{channel.pk}/keywords", {"keyword": "mine"}).status_code == 403
    for verb in ("start", "pause", "remove", "estimate"):
        assert press(ann, stream, verb).status_code == 403
    assert press(root, stream, "eat").status_code == 404
    assert root.get(f"/social/settings/keywords/{stream.pk}/start").status_code == 405
    assert Stream.objects.get(pk=stream.pk).paused


def test_a_keyword_that_found_nothing_for_weeks_is_still_read(channel: Channel, root: Client, sandbox: Control) -> None:
    """SOC-5: a cursor older than X searches back is not asked from."""
    stream = added(root, channel, "genmaicha")
    press(root, stream, "start")
    poll()
    Stream.objects.filter(pk=stream.pk).update(since_id="1500000000000000001")
    sandbox.say("priya_n", "genmaicha again")
    poll()
    stream.refresh_from_db()
    assert (stream.last_error, Post.objects.filter(text="genmaicha again").count()) == ("", 1)
