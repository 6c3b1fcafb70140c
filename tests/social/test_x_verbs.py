"""X's verbs against the sandbox over real HTTP: people, posts, likes, reposts, messages, and what they cost."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine

from core import clock
from core.access.models import AppAccess
from core.action.registry import run
from core.actor import Actor
from core.exchange.models import Delivery
from core.exchange.outbox import post
from core.remote import connection as tokens
from core.remote.abilities import About, Can
from core.remote.errors import Gone, Hidden, Rejected
from core.remote.models import Spending
from core.remote.network import network
from core.remote.wires import Wire
from core.work.jobs import drain
from sandbox.running import Control
from social.models import Channel, Message, Post
from social.networks.x import X
from tests.flows.conftest import poll

SATO, LIAM, SHY, MARCUS = "1500000000000000001", "1500000000000000004", "1500000000000000011", "1500000000000000009"


def x() -> X:
    net: Any = network("x")
    return net  # type: ignore[no-any-return]


def wire(channel: Channel) -> Wire:
    return Wire(channel.connection, person=True)


def send(channel: Channel, action: str, text: str = "", **target: Any) -> Delivery:
    key = f"{action}:{text}:{target}"
    row = post(connection=channel.connection, action=action, key=key, text=text, target=target, asked_by=channel.connection.owner)
    drain()
    row.refresh_from_db()
    return row


def spent(feature: str) -> int:
    return sum(Spending.objects.filter(network="x", feature=feature).values_list("micros", flat=True))


def test_people_are_found_by_handle_by_id_and_by_latin_name(sandbox: Control, channel: Channel) -> None:
    """SOC-11, SOC-19: with what tells the right one; Japanese cannot be searched, and that is said; the id outlives the handle."""
    found = x().by_handle(wire(channel), "@sato_hanako")
    assert (found.outside_id, found.name, found.place, found.followers, found.takes_messages) == (SATO, "佐藤 花子", "東京", 120, True)
    assert x().by_handle(wire(channel), "marcus_lee").takes_messages is False
    for handle in ("nobody_here", "not a handle", "loud_offers"):
        with pytest.raises(Gone):
            x().by_handle(wire(channel), handle)

    assert [one.handle for one in x().search_people(wire(channel), "emma wright")] == ["emma_w_2026"]
    with pytest.raises(Rejected) as told:
        x().search_people(wire(channel), "佐藤")
    assert "Latin letters only" in told.value.for_people()
    assert [one["path"] for one in sandbox.requests(endpoint="users.search")] == ["/2/users/search"]

    sandbox.do("account", username="sato_hanako", rename="sato_h")
    assert x().people(wire(channel), [SATO, LIAM, "1"]).keys() == {SATO, LIAM}
    assert x().by_id(wire(channel), SATO).handle == "sato_h"


def test_many_people_are_asked_for_a_hundred_at_a_time(sandbox: Control, channel: Channel) -> None:
    """social-APIs 7.4."""
    x().people(wire(channel), [str(number) for number in range(1, 251)])
    assert [len(one["query"].split("ids=")[1].split("&")[0].split("%2C")) for one in sandbox.requests(endpoint="users.by_ids")] == [
        50,
        100,
        100,
    ]


def test_a_persons_posts_and_searches_are_read(sandbox: Control, channel: Channel) -> None:
    """SOC-13, SOC-32: in either direction of time; who keeps them to friends is hidden, which is not gone."""
    sandbox.say("kenji_tanaka", "新しい自転車 #山")
    sandbox.say("kenji_tanaka", "a kettle and a lid", reply_to=sandbox.say("emma_w_2026", "kettle?")["id"])
    page = x().posts_of(wire(channel), "1500000000000000002", size=5)
    assert [(one.kind, one.text) for one in page.posts][:2] == [("reply", "@emma_w_2026 a kettle and a lid"), ("post", "新しい自転車 #山")]
    with pytest.raises(Hidden):
        x().posts_of(wire(channel), SHY)

    assert [one.text for one in x().search_posts(wire(channel), "#山 from:kenji_tanaka -is:reply").posts] == ["新しい自転車 #山"]
    assert len(x().search_posts(wire(channel), "kettle OR 自転車").posts) == 3
    assert x().count("kettle OR 自転車") == 3
    assert {one["username"] for one in sandbox.requests(endpoint="tweets.counts_recent")} == {""}


def test_which_posts_are_gone_is_asked_for_together(sandbox: Control, channel: Channel) -> None:
    one, other = (sandbox.say("emma_w_2026", f"@enishi_demo {word}")["id"] for word in ("stays", "goes"))
    sandbox.delete_post(other)
    assert x().gone(wire(channel), [one, other]) == {other}


@pytest.mark.parametrize("spelling", ["tweet", "post"])
def test_both_spellings_serve_every_verb(sandbox: Control, channel: Channel, settings: Any, spelling: str) -> None:
    """SOC-7: counts, references and authors, whichever names are asked in."""
    settings.X_SPELLING = spelling
    liked = sandbox.say("priya_n", "tea")
    sandbox.do("like-as-customer", username="sato_hanako", id=liked["id"])
    page = x().posts_of(wire(channel), "1500000000000000007", size=5)
    assert (page.posts[0].text, page.posts[0].likes, page.posts[0].author.followers, page.posts[0].author.handle) == (
        "tea",
        1,
        2210,
        "priya_n",
    )
    assert page.posts[0].author.posts == 2
    assert [one.author.handle for one in x().messages(wire(channel)).messages][-1] == "liam_obrien"
    assert x().search_posts(wire(channel), "tea").posts[0].author.handle == "priya_n"


def test_who_lost_the_right_does_not_answer_from_the_queue(sandbox: Control, channel: Channel, people: Any) -> None:
    """F23: the app was taken from them while it waited: nothing goes out, and it is said why; a colleague's goes."""
    item = sandbox.say("emma_w_2026", "@enishi_demo lovely")["id"]
    poll()
    said = Post.objects.get(outside_id=item)
    for name in ("ann", "bob"):
        run("social.reply", said, actor=Actor(people[name]), text=f"Thank you, says {name}.")
    AppAccess.objects.filter(user=people["ann"], app="social").delete()
    drain()
    held, sent = Delivery.objects.order_by("pk")
    assert (held.state, held.why) == ("held", "The person who asked for this may not answer this post any more.")
    assert sent.state == "sent"


def test_likes_need_the_enterprise_level(sandbox: Control, channel: Channel, settings: Any) -> None:
    """SOC-1: not offered, with the reason and the way; held if asked for all the same; done where the level holds it."""
    item = sandbox.say("emma_w_2026", "@enishi_demo lovely")["id"]
    assert "enterprise customers" in x().why_not(Can.LIKE)
    way = x().way(Can.LIKE, id=item)
    assert way is not None
    assert (way.label, way.url) == ("Open on X", f"{settings.X_SITE}/intent/like?tweet_id={item}")
    assert send(channel, "like", item=item).state == "held"

    settings.X_LEVEL = "enterprise"
    channel.connection.chain.scopes = [*channel.connection.chain.scopes, "like.read", "like.write"]
    channel.connection.chain.save()
    refused = send(channel, "like", item=item, again=1)
    assert (refused.state, refused.reason_code) == ("failed", "not_allowed")  # X itself knows what it granted


def test_a_like_goes_there_and_back(sandbox: Control, people: Any, settings: Any) -> None:
    """SOC-13, SOC-6: with an enterprise contract; a line cut after it is no double like."""
    from social.connecting import connect_sandbox
    from social.models import Brand

    settings.X_LEVEL = "enterprise"
    sandbox.level("enterprise")
    channel = connect_sandbox(people["root"], Brand.objects.create(name="Enishi"))
    drain()
    item = sandbox.say("emma_w_2026", "@enishi_demo lovely")["id"]
    sandbox.fault("cut", path_prefix=f"/2/users/{channel.outside_id}/likes")
    row = send(channel, "like", item=item)
    assert row.state == "waiting"
    drain(clock.now() + timedelta(minutes=20))
    row.refresh_from_db()
    assert row.state == "sent"
    assert x().posts_of(wire(channel), "1500000000000000003", size=5).posts[0].likes == 1
    assert send(channel, "unlike", item=item).state == "sent"
    assert x().posts_of(wire(channel), "1500000000000000003", size=5).posts[0].likes == 0


def test_a_repost_goes_out_once_and_can_be_taken_back(sandbox: Control, channel: Channel) -> None:
    """SOC-13, SOC-6: cut after the work, it is found among our own posts."""
    item = sandbox.say("priya_n", "Tea over coffee")["id"]
    sandbox.fault("cut", path_prefix=f"/2/users/{channel.outside_id}/retweets")
    row = send(channel, "repost", item=item)
    drain(clock.now() + timedelta(minutes=2))
    row.refresh_from_db()
    assert (row.state, bool(row.outside_id)) == ("sent", True)
    assert len(sandbox.requests(endpoint="retweets.create")) == 1
    assert send(channel, "unrepost", item=item).state == "sent"
    assert x().posts_of(wire(channel), channel.outside_id, size=5).posts[0].kind != "repost"


def test_a_post_of_ours_is_ours_when_it_comes_back(sandbox: Control, channel: Channel) -> None:
    """SOC-14, SOC-5: it mentions somebody; cut after the work it is found; its echo makes no second row and no task."""
    sandbox.fault("cut", path_prefix="/2/tweets")
    row = send(channel, "post", "@sato_hanako 新豆が入りました。 @enishi_demo")
    drain(clock.now() + timedelta(minutes=2))
    row.refresh_from_db()
    assert row.state == "sent"
    mine = Post.objects.get(outside_id=row.outside_id)
    assert (mine.ours, mine.kind, mine.state, mine.text) == (True, "post", "done", "@sato_hanako 新豆が入りました。 @enishi_demo")
    poll()
    assert Post.objects.filter(outside_id=row.outside_id).count() == 1
    assert len([one for one in sandbox.posts(username="enishi_demo", limit=5) if "新豆が入りました" in one["text"]]) == 1


def test_what_an_address_in_a_post_costs_is_told_before(sandbox: Control, channel: Channel) -> None:
    """SOC-9: thirteen times a plain post; and what was paid stands on the page by what it was for."""
    plain, dear = x().estimate("post", "hello"), x().estimate("post", "see https://example.com/a")
    assert (plain, dear, x().estimate("message"), x().estimate("reply", "hi")) == (15_000, 200_000, 15_000, 10_000)
    send(channel, "post", "hello there")
    send(channel, "post", "see https://example.com/a")
    assert spent("post") == 215_000
    assert [one["cost_usd"] for one in sandbox.requests(endpoint="tweets.create")] == [0.2, 0.015]


def test_nothing_is_paid_twice_a_day(sandbox: Control, channel: Channel) -> None:
    """SOC-9: X charges a person once a UTC day."""
    before = spent("users.by_username")
    for _time in range(3):
        x().by_handle(wire(channel), "yuki_mori")
    assert spent("users.by_username") - before == 10_000
    row = Spending.objects.get(feature="users.by_username")
    assert (row.calls, row.worst) == (3, 30_000)


def test_messages_are_written_and_read(sandbox: Control, channel: Channel) -> None:
    """SOC-14: the history, without what is encrypted; a closed mailbox is said; cut after the work it is found."""
    found = x().conversation(wire(channel), LIAM).messages
    assert [(one.author.handle, one.text[:12]) for one in found] == [("enishi_demo", "Here is fine"), ("liam_obrien", "Hi! My kettl")]
    assert not any("only the two" in one.text for one in x().messages(wire(channel)).messages)

    sandbox.fault("cut", path_prefix="/2/dm_conversations")
    row = send(channel, "message", "お写真ありがとうございます。", person=LIAM)
    drain(clock.now() + timedelta(minutes=2))
    row.refresh_from_db()
    assert row.state == "sent"
    assert x().conversation(wire(channel), LIAM).messages[0].outside_id == row.outside_id
    assert Message.objects.get(outside_id=row.outside_id).ours
    assert send(channel, "message", "one more", conversation=found[0].conversation).state == "sent"

    closed = send(channel, "message", "hello", person=MARCUS, first=True)
    assert (closed.state, closed.reason_code) == ("failed", "rejected")
    assert "does not take messages" in closed.why
    assert x().why_not(Can.MESSAGE_FIRST, about=About(closed=True)) == closed.why


def test_only_who_called_us_is_answered(sandbox: Control, channel: Channel) -> None:
    """SOC-1, D4: said before it is tried, with the page where it can be done, the text ready; X's own refusal reads the same."""
    item = sandbox.say("emma_w_2026", "nobody called")["id"]
    why = x().why_not(Can.REPLY, about=About(summons=False))
    assert "mentioned or quoted" in why
    assert x().why_not(Can.REPLY, about=About(summons=True)) == ""
    assert x().link("reply", id=item, text="a & b") == f"{x().site}/intent/post?in_reply_to={item}&text=a%20%26%20b"
    refused = send(channel, "reply", "hello?", answers=item)
    assert (refused.state, refused.reason_code, refused.why) == ("failed", "rejected", why)


def test_access_taken_back_is_found_without_any_other_call(sandbox: Control, channel: Channel) -> None:
    """SOC-3: within half an hour, once, though nothing is read or sent; a network that is away ends nothing."""
    from core.remote.models import TokenChain
    from social import probing

    quiet = clock.now() + timedelta(minutes=26)
    sandbox.fault("503", count=20)
    assert probing.enqueue_quiet(quiet) == 1
    drain()
    assert TokenChain.objects.get().state == "active"
    sandbox.do("clear-faults")
    sandbox.revoke()
    assert probing.enqueue_quiet(quiet) == 1
    drain()
    channel.refresh_from_db()
    assert (TokenChain.objects.get().state, channel.state) == ("needs_signin", "needs_signin")
    assert probing.enqueue_quiet(quiet) == 0


def test_a_permission_the_network_took_back_is_named(sandbox: Control, channel: Channel) -> None:
    """SOC-19: the permission is named, before anything is asked of the network, and the sign-in still holds."""
    chain = channel.connection.chain
    tokens.lacks(chain, "dm.write")
    row = send(channel, "message", "hello", person=LIAM)
    assert (row.state, row.reason_code) == ("held", "not_allowed")
    assert "dm.write" in row.why
    assert sandbox.requests(endpoint="dm.send") == []
    channel.refresh_from_db()
    assert channel.state == "active"


def test_limits_are_read_when_they_end(sandbox: Control, channel: Channel) -> None:
    """SOC-4: the message waits until the reset, and says when it goes on."""
    sandbox.exhaust("dm.send")
    row = send(channel, "message", "later", person=LIAM)
    assert (row.state, row.reason_code) == ("waiting", "limited")
    assert "X cannot be reached for now: its request limit is used up. Try again after" in row.why
    sandbox.advance(901)
    with time_machine.travel(clock.now() + timedelta(minutes=16), tick=True):
        from tests.flows.conftest import forget_budgets

        forget_budgets()
        drain()
    row.refresh_from_db()
    assert row.state == "sent"


def test_what_the_level_allows_stands_beside_a_post(sandbox: Control, channel: Channel, people: Any, settings: Any) -> None:
    """SOC-13, SOC-1: reposted on a press; a like is not offered below enterprise, and refused with the reason if asked for."""
    from django.urls import reverse

    from tests.cast import page_of

    item = sandbox.say("priya_n", "@enishi_demo Tea over coffee")
    poll()
    mine = Post.objects.get(outside_id=item["id"])
    root = page_of(people["root"])
    where = {verb: reverse("act", args=["social", "posts", mine.pk, f"social.{verb}"]) for verb in ("like", "repost")}
    page = root.get(f"/social/posts/{mine.pk}/").content.decode()
    assert where["repost"] in page
    assert where["like"] not in page
    root.post(where["like"])
    assert Delivery.objects.count() == 0
    root.post(where["repost"])
    drain()
    row = Delivery.objects.get()
    assert (row.action, row.state, row.target) == ("repost", "sent", {"item": item["id"]})
    assert "Repost" in root.get(f"/social/posts/{mine.pk}/").content.decode()
