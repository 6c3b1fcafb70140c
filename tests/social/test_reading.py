"""Reading a channel on its bad days: nothing lost, nothing doubled, nobody falsely disconnected."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import transaction

from core import clock
from core.access.models import User
from core.event.models import Event
from core.exchange.models import Arrival
from core.remote.errors import Revoked
from core.work import run as engine
from core.work.jobs import drain, enqueue
from core.work.models import Job
from sandbox.running import Control
from social.connecting import connect_sandbox, disconnect
from social.models import Brand, Channel, Conversation, Post, Reading, Stream
from social.networks.items import Page
from social.networks.x import X
from social.pull import Place, advanced, begun, enqueue_due, next_interval, store
from tests.cast import page_of
from tests.flows.conftest import poll


def heard() -> list[str]:
    """What arrived after the first reading, in the order of the network's time; of one moment, of its ids."""
    arrived = Event.objects.filter(module="social.post", kind="arrived").values("record_id")
    return list(Post.objects.filter(pk__in=arrived).order_by("said_at", "outside_id").values_list("text", flat=True))


def test_every_post_is_kept_once_however_often_it_comes(sandbox: Control, channel: Channel) -> None:
    """SOC-5, F8: repeated and overlapping pages."""
    for number in range(5):
        sandbox.say("emma_w_2026", f"@enishi_demo question {number}")
    poll()
    sandbox.repeat(3)
    poll()
    sandbox.say("emma_w_2026", "@enishi_demo question 5")
    poll()
    poll()

    assert heard() == [f"@enishi_demo question {number}" for number in range(6)]
    assert Post.objects.count() == Arrival.objects.filter(kind="post").count()


def test_a_long_absence_is_read_page_by_page(sandbox: Control, channel: Channel) -> None:
    """F7, SOC-4: 250 posts are three pages; a failure between them loses nothing and the round goes on."""
    for number in range(250):
        sandbox.say("emma_w_2026", f"@enishi_demo number {number}")
    sandbox.fault("500", 1, path_prefix="/2/users/1500000000000000900/mentions")
    poll()
    assert heard() == []
    poll()

    assert len(heard()) == 250
    assert Stream.objects.get(kind="mentions").page_token == ""


@pytest.mark.parametrize("kind", ["500", "503", "html", "empty", "cut", "drop"])
def test_half_an_answer_moves_nothing(sandbox: Control, channel: Channel, kind: str) -> None:
    """F7: an error is never "nothing there", and never a disconnection (SOC-19)."""
    place = Stream.objects.get(kind="mentions").since_id
    sandbox.say("liam_obrien", "@enishi_demo Where is my radio?")
    sandbox.fault(kind, 1)
    poll()
    channel.refresh_from_db()

    assert (heard(), Stream.objects.get(kind="mentions").since_id, channel.state) == ([], place, "active")
    assert Stream.objects.get(kind="mentions").last_error == "transient"

    poll()
    assert heard() == ["@enishi_demo Where is my radio?"]
    assert Stream.objects.get(kind="mentions").last_error == ""


def test_at_the_limit_reading_waits_for_the_reset(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-4, F7: no request before the reset; then nothing is missing."""
    sandbox.say("liam_obrien", "@enishi_demo Where is my radio?")
    sandbox.fault("429", 1, seconds=300)
    poll()
    due, asked = Stream.objects.get(kind="mentions").next_due, len(sandbox.requests())
    enqueue_due(clock.now())
    drain()
    words = page_of(people["ann"]).get("/social/settings/channels/").content.decode()

    assert 290 < (due - clock.now()).total_seconds() < 310
    assert len(sandbox.requests()) == asked
    assert "The limit of the network is used up; reading goes on at" in words
    assert Channel.objects.get().state == "active"

    # The bucket lives in Redis, whose clock a test cannot move.
    from tests.flows.conftest import forget_budgets

    forget_budgets()
    with time_machine.travel(due + timedelta(seconds=1), tick=True):
        poll()
    assert heard() == ["@enishi_demo Where is my radio?"]


def test_access_taken_back_is_told_once_and_resumes_where_it_stopped(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-3: needs sign-in, polling stops, nothing is lost."""
    sandbox.revoke()
    sandbox.say("liam_obrien", "@enishi_demo Is anybody there?")
    poll()
    poll()
    asked = len(sandbox.requests())
    poll()
    page = page_of(people["root"]).get("/social/settings/channels/").content.decode()

    assert Channel.objects.get().state == "needs_signin"
    assert Event.objects.filter(module="social.channel", kind="needs_signin").count() == 1
    assert len(sandbox.requests()) == asked
    assert "Sign in again" in page
    assert heard() == []

    connect_sandbox(people["root"], Brand.objects.get())
    drain()
    assert Channel.objects.get().state == "active"
    assert heard() == ["@enishi_demo Is anybody there?"]


def test_disconnecting_stops_reading_and_takes_the_access_back(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """T6, SOC-3: one press; the network is told by a worker, and the tokens are wiped."""
    chain = channel.connection.chain
    page_of(people["root"], fresh=True).post(f"/social/settings/channels/{channel.pk}/disconnect")
    drain()
    chain.refresh_from_db()
    sandbox.say("liam_obrien", "@enishi_demo Hello?")
    asked = len(sandbox.requests(path="/2/users"))
    poll()

    assert (Channel.objects.get().state, bool(chain.access), bool(chain.refresh)) == ("disconnected", False, False)
    assert len(sandbox.requests(path="/2/users")) == asked
    assert heard() == []
    assert any("/oauth2/revoke" in one["path"] for one in sandbox.requests())


def test_two_clocks_and_two_workers_read_a_stream_once(sandbox: Control, channel: Channel) -> None:
    """F13: a stream that is due is one job, and the job is one worker's."""
    sandbox.say("liam_obrien", "@enishi_demo Hello?")
    Stream.objects.filter(kind="mentions").update(next_due=clock.now() - timedelta(seconds=1))
    Stream.objects.exclude(kind="mentions").update(next_due=clock.now() + timedelta(hours=1))
    due = clock.now()
    stale = Stream.objects.get(kind="mentions")
    assert enqueue_due(due) == 1
    from social.pull import start

    assert start(stale, due) is False
    assert enqueue("social.pull", key=f"stream:{stale.pk}", args={"stream": stale.pk}).pk == Job.objects.get(state="waiting").pk
    first = engine.claim(Job.objects.get(state="waiting").pk)
    assert first is not None
    assert engine.claim(first.pk) is None


def test_a_worker_that_woke_too_late_writes_nothing(sandbox: Control, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """F3: a zombie past its lease is refused; the one that took over stores the post, once."""
    from social import pull

    sandbox.say("liam_obrien", "@enishi_demo Hello?")
    Stream.objects.filter(kind="mentions").update(next_due=clock.now())
    Stream.objects.exclude(kind="mentions").update(next_due=clock.now() + timedelta(hours=1))
    enqueue_due(clock.now())
    job = Job.objects.get(state="waiting")
    real, asleep = pull.read, [True]

    def slow(*args: Any) -> Page:
        page = real(*args)
        if asleep:
            asleep.clear()
            with time_machine.travel(clock.now() + timedelta(seconds=200), tick=True):
                engine.work(job.pk)  # the sweep gave it to another worker
        return page

    monkeypatch.setattr(pull, "read", slow)
    engine.work(job.pk)

    assert heard() == ["@enishi_demo Hello?"]
    assert Event.objects.filter(module="social.post", kind="arrived").count() == 1


def test_random_trouble_loses_and_doubles_nothing(sandbox: Control, channel: Channel) -> None:
    """F7, F8, I1: many rounds with trouble in every second answer."""
    dice = random.Random(7)
    said = []
    for number in range(40):
        said.append(sandbox.say(dice.choice(["emma_w_2026", "liam_obrien"]), f"@enishi_demo n{number}")["text"])
        if dice.random() < 0.5:
            sandbox.fault(dice.choice(["500", "html", "empty", "cut", "drop"]), 1)
        if dice.random() < 0.3:
            sandbox.repeat(1)
        if dice.random() < 0.5:
            poll()
    for _round in range(3):
        sandbox.do("clear-faults")
        poll()

    assert heard() == said
    assert Channel.objects.get().state == "active"


def test_who_signed_in_anew_while_it_was_read_stays_connected(channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-19: the end of the old sign-in comes late."""
    from social import pull

    def read(*_given: Any) -> Any:
        raise Revoked("the old one")

    monkeypatch.setattr(pull, "read", read)
    poll()
    channel.refresh_from_db()
    assert channel.state == "active"
    type(channel.connection.chain).objects.update(state="needs_signin")
    poll()
    channel.refresh_from_db()
    assert channel.state == "needs_signin"


def test_a_kill_between_reading_and_storing_is_read_again(sandbox: Control, channel: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """F1: nothing of a page is stored without its cursor, nor the cursor without the page."""
    from social import pull

    sandbox.say("liam_obrien", "@enishi_demo Hello?")
    before_cursor = Stream.objects.get(kind="mentions").since_id
    real = pull.advanced
    monkeypatch.setattr(pull, "advanced", lambda *_args: 1 / 0)
    poll()
    assert (heard(), Stream.objects.get(kind="mentions").since_id) == ([], before_cursor)

    monkeypatch.setattr(pull, "advanced", real)
    drain(clock.now() + timedelta(minutes=20))
    assert heard() == ["@enishi_demo Hello?"]


def test_a_round_keeps_its_question_until_it_ends() -> None:
    """F8: since_id is frozen while paging and moves to the newest of the first page."""
    place = begun(Place(since_id="1989000000000000000", first_round=False), sweep=False, earlier=X().earlier)
    first = advanced(place, Page((), "t2", "1989000000000000900"))
    last = advanced(begun(first, sweep=True, earlier=X().earlier), Page((), "", "1989000000000000500"))

    assert int(place.page_since) < 1989000000000000000
    assert (first.page_since, first.page_token) == (place.page_since, "t2")
    assert last == Place(since_id="1989000000000000900", first_round=False)


def test_where_a_round_goes_on_may_be_long(sandbox: Control, channel: Channel) -> None:
    """SOC-4: Facebook's cursors have hundreds of signs, and ours name a place beside them: none is cut, none stops the reading."""
    stream, token = Stream.objects.get(kind="mentions"), "1790000000:t_1:" + "QVFIU" * 400
    with transaction.atomic():
        store(stream, Place(first_round=False), Page((), token, "5"))
    stream.refresh_from_db()
    for row in (stream, Reading(profile_id=1, older=token), Conversation(older=token)):
        row.clean_fields(exclude={one.name for one in row._meta.fields} - {"page_token", "older"})

    assert stream.page_token == token


def test_the_first_round_is_bounded() -> None:
    """SOC-38: back-filling ends after two pages."""
    place = advanced(Place(), Page((), "t2", "9"))
    assert advanced(place, Page((), "t3", "8")) == Place(since_id="9", first_round=False)


def test_ids_go_back_in_time_and_intervals_follow_the_traffic() -> None:
    """SOC-4: busy streams are read at the floor, quiet ones every quarter of an hour."""
    assert X().earlier("", timedelta(minutes=5)) == ""
    assert X().earlier("100", timedelta(minutes=5)) == ""
    assert int(X().earlier("1989000000000000000", timedelta(seconds=1))) == 1989000000000000000 - (1000 << 22)
    asked = [(60, 3), (240, 1), (60, 0), (800, 0)]

    assert [next_interval(pause, found, 60, 900) for pause, found in asked] == [60, 120, 91, 900]


def test_a_stranger_sees_no_social_and_a_colleague_connects_nothing(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """ADM-4, SOC-30: without the app there is no page; without administering it no button and no way round."""
    dave, ann, root = (page_of(people[name]) for name in ("dave", "ann", "root"))
    post = Post.objects.filter(ours=False).first()
    assert post is not None

    assert [dave.get(path).status_code for path in ("/social/", "/social/posts/", f"/social/posts/{post.pk}/")] == [404, 404, 404]
    assert ann.get("/social/").status_code == 200
    assert ann.get("/social/connect/x/", {"brand": channel.brand_id}).status_code == 403
    assert ann.post(f"/social/settings/channels/{channel.pk}/disconnect").status_code == 403
    assert ann.post("/social/settings/channels/brand", {"name": "Mine"}).status_code == 403
    assert root.get("/social/connect/x/", {"brand": channel.brand_id}).status_code == 302
    assert Channel.objects.get().state == "active"
    disconnect(channel, people["root"])
    assert Channel.objects.get().state == "disconnected"


def test_who_connected_a_channel_is_told_that_it_needs_a_new_sign_in(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """PLT-19, SOC-3: once, until somebody signed in again; not those who do not look after it."""
    sandbox.revoke()
    poll()
    poll()

    told = {name: page_of(user).get("/me/notifications/").context["items"] for name, user in people.items()}
    assert [(one.text.split(".")[0], one.url) for one in told.pop("root")] == [
        ("@enishi_demo needs a new sign-in", "/social/settings/channels/")
    ]
    assert not any(told.values())
    Channel.objects.update(state="active")
    assert page_of(people["root"]).get("/me/notifications/").context["items"] == []
