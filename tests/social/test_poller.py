"""The poller: as often as the allowance lasts, nothing read twice, the longest unread first, few statements for many posts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import clock, stamps
from core.record.models import Tie
from core.record.write import create
from core.remote import budget
from core.remote.budget import Bucket, Learned
from core.remote.models import TokenChain
from core.work.jobs import drain
from helpdesk.models import Entry
from sandbox.running import Control
from social import keeping, pull
from social.models import Channel, Post, Profile, Stream
from social.networks.items import Page, Person, Said
from social.networks.x import X
from tests.flows.conftest import poll


def fresh_page(begin: int, size: int) -> Page:
    """Posts of people who were never heard of."""
    at, made = clock.now(), []
    for number in range(begin, begin + size):
        author = Person(str(7_000_000 + number), f"stranger_{number}", f"人 {number}")
        made.append(Said(str(2_200_000_000_000_000_000 + number), author, f"@enishi_demo 注文{number}番", at))
    return Page(tuple(reversed(made)), "", made[-1].outside_id)


def asked(sandbox: Control) -> list[dict[str, list[str]]]:
    """The readings of mentions, oldest first, as their parameters."""
    return [parse_qs(one["query"]) for one in reversed(sandbox.requests(limit=1000)) if one["path"].endswith("/mentions")]


def test_a_page_costs_the_same_statements_however_many_people_speak(channel: Channel) -> None:
    """SOC-4, PLT-20: new authors, ties and listeners are asked for together."""
    stream = Stream.objects.select_related("channel__connection__chain").get(kind="mentions")

    def statements(page: Page) -> int:
        with stamps.held(), CaptureQueriesContext(connection) as asked:
            keeping.keep_posts(channel, list(page.posts))
        return len(asked)

    statements(fresh_page(0, 30))
    few, many = statements(fresh_page(1_000, 30)), statements(fresh_page(2_000, 100))

    assert many <= few + 2  # SQLite takes 999 values in one
    assert many <= 25
    assert Post.objects.filter(author_handle__startswith="stranger_").count() == 160
    assert stream.channel_id == channel.pk


def test_whoever_is_known_by_their_handle_is_tied_among_many(admin: Any, channel: Channel) -> None:
    """SOC-12: on leads, contacts and accounts, in any case; not on those in the bin."""
    from core.actor import Actor

    by = Actor(admin)
    lead = create("crm.lead", actor=by, family_name="Sato", company="Sato", x_handle="Stranger_7")
    contact = create("crm.contact", actor=by, family_name="Ito", x_handle="@stranger_8")
    gone = create("crm.lead", actor=by, family_name="Gone", company="Gone", x_handle="stranger_9")
    type(gone).objects.filter(pk=gone.pk).update(deleted_at=clock.now())
    keeping.keep_posts(channel, list(fresh_page(0, 30).posts))

    known = dict(Profile.objects.values_list("pk", "handle"))
    ties = Tie.objects.filter(kind="profile").values_list("record_id", "other_module", "other_id")
    assert {(known[pk], key, other) for pk, key, other in ties} == {
        ("stranger_7", "crm.lead", lead.pk),
        ("stranger_8", "crm.contact", contact.pk),
    }


def test_what_continues_a_ticket_is_found_among_many(channel: Channel) -> None:
    """SOC-37: one page brings the first word and what its author says on."""
    from core.actor import Actor
    from helpdesk.conversation import place

    first, *others = fresh_page(0, 30).posts
    record = keeping.keep_posts(channel, [first])[0]
    ticket = place(record, Actor.system(), department="billing")
    more = Said(
        "2200000000000000999",
        first.author,
        "@enishi_demo 続きです",
        clock.now(),
        conversation=record.conversation,
        answers=record.outside_id,
    )
    keeping.keep_posts(channel, [*others, more])

    assert list(Entry.objects.filter(ticket=ticket, kind="customer").order_by("pk").values_list("text", flat=True)) == [
        first.text,
        more.text,
    ]


def test_a_busy_channel_is_not_read_again_below_what_was_read(sandbox: Control, channel: Channel) -> None:
    """SOC-4: a round ends with the page that reaches what the last one read; only once an hour is read on."""
    for number in range(150):
        sandbox.say("emma_w_2026", f"@enishi_demo first {number}")
    poll()
    for number in range(130):
        sandbox.say("emma_w_2026", f"@enishi_demo then {number}")
    Stream.objects.update(swept_at=clock.now())
    before = len(asked(sandbox))
    poll()

    assert len(asked(sandbox)) - before == 2  # 130 new ones are two pages; the five minutes before them were read
    assert Post.objects.filter(text__startswith="@enishi_demo then").count() == 130
    Stream.objects.update(swept_at=clock.now() - timedelta(hours=2))
    before = len(asked(sandbox))
    poll()
    assert len(asked(sandbox)) - before == 3  # the day's 280


def test_only_a_cursor_tells_that_the_rest_was_read() -> None:
    """F8: a page of new posts alone says nothing of those below it."""
    page = Page((Said("1989000000000000900", Person("1"), "", clock.now()), Said("1989000000000000700", Person("1"), "", clock.now())))

    assert [X().reaches(page, cursor) for cursor in ("", "1989000000000000699", "1989000000000000700", "999999999999999999")] == [
        False,
        False,
        True,
        False,
    ]


@pytest.fixture
def bucket() -> Iterator[Bucket]:
    one = Bucket("test:pace", 300, 900)
    budget.redis().delete(one.name)
    yield one
    budget.redis().delete(one.name)


def test_the_pause_lets_the_allowance_last(bucket: Bucket) -> None:
    """SOC-4: what robots may take is spread over what is left of the window, by all who share it; a fifth stays for people."""
    assert budget.pace({bucket: 1}) == pytest.approx(900 / 241)
    budget.learn(Learned(bucket, 15, 5, 120))
    assert budget.pace({bucket: 1}) == pytest.approx(120 / 3, abs=1)  # 3 of 5 are kept
    assert budget.pace({bucket: 4}) == pytest.approx(120 * 4 / 6, abs=2)
    budget.learn(Learned(bucket, 15, 3, 60))
    assert budget.pace({bucket: 1}) == pytest.approx(60, abs=1)
    assert [budget.kept(limit) for limit in (1, 2, 5, 15, 300)] == [0, 1, 2, 3, 60]


def test_what_robots_leave_to_people_is_one_rule(bucket: Bucket) -> None:
    """SOC-4: the pause and the taking agree about every limit."""
    from core.remote.errors import Limited

    for limit in (1, 2, 3, 7, 15, 40):
        budget.redis().delete(bucket.name)
        budget.learn(Learned(bucket, limit, limit, 60))
        taken = 0
        with pytest.raises(Limited):
            while True:
                budget.take([bucket])
                taken += 1
        assert taken == limit - budget.kept(limit)


def test_a_stream_waits_as_long_as_its_allowance_wants(sandbox: Control, channel: Channel) -> None:
    """SOC-4: of 5 calls in a minute robots take 3, spread over it; however much is said, none is sent to be refused."""
    sandbox.do("limit", endpoint="users.mentions", per_user=5, seconds=60)
    waits, before = [], len(asked(sandbox))
    for number in range(5):
        sandbox.say("emma_w_2026", f"@enishi_demo number {number}")
        poll()
        waits.append((Stream.objects.get(kind="mentions").next_due - clock.now()).total_seconds())

    assert 15 < waits[0] <= 20  # a third of the minute
    assert 25 < waits[1] <= 30  # half of it, for this one came at once
    assert 50 < waits[2] <= 60  # all of it
    assert Stream.objects.get(kind="mentions").last_error == "limited"
    assert len(asked(sandbox)) - before == 3
    assert Counter(one["status"] for one in sandbox.requests(limit=1000))[429] == 0


def test_the_longest_unread_is_first(sandbox: Control, channel: Channel) -> None:
    """SOC-4: whoever was never read, then whoever was read longest ago; not whoever is due longest."""
    now = clock.now()
    chain = TokenChain.objects.get()
    for number, (late, last) in enumerate([(50, 1), (1, 90), (20, None)]):
        Stream.objects.create(
            channel=channel,
            kind="keyword",
            argument=f"k{number}",
            next_due=now - timedelta(seconds=late),
            last_ok=None if last is None else now - timedelta(minutes=last),
        )
    Stream.objects.filter(argument="").update(next_due=now + timedelta(hours=1))

    assert [one.argument for one in pull.due_streams(now)] == ["k2", "k1", "k0"]
    assert chain.network == "x"


def test_500_streams_share_one_clock_tick_without_a_statement_for_each_wait(channel: Channel) -> None:
    """SOC-4, F13: a tick hands out what is due once; a second finds nothing."""
    now = clock.now()
    Stream.objects.bulk_create(Stream(channel=channel, kind="keyword", argument=f"k{n}", next_due=now) for n in range(60))
    Stream.objects.filter(kind="mentions").update(next_due=now + timedelta(hours=1))

    assert (pull.enqueue_due(now), pull.enqueue_due(now)) == (60, 0)
    drain(limit=200)
