"""Reviews of a page, words that change after they were read, and what is deleted: by reading and by hearing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from core import clock
from core.access.models import User
from core.action.registry import run
from core.actor import Actor
from core.event.models import Event
from core.exchange.models import Delivery
from core.remote.models import Connection
from core.work.jobs import drain
from sandbox.running import Control
from social import changing, keeping, pull
from social.models import Channel, Post, Stream
from social.networks.items import Page, Person, Said, Whole
from tests.cast import page_of
from tests.flows.conftest import poll

from .facebook_cast import PAGE, net
from .test_facebook_hearing import comment, tell

OURS = f"{PAGE}_300000000000001"


def story(graph: Control, number: str) -> list[str]:
    """What stands below something at Facebook, by the page."""
    return [one["text"] for one in graph.get("facebook/comments", post=number)["comments"] if one["by_page"]]


def test_a_review_is_read_and_answered(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-32, SOC-5: recommendations arrive once, the old ones are only found, each says what it is; an answer stands on its story."""
    old = Post.objects.filter(kind="review")
    assert set(old.values_list("verdict", flat=True)) == {"positive", "negative"}
    assert not Event.objects.filter(module="social.post", kind="arrived", record_id__in=old.values("pk")).exists()

    told = graph.do("facebook/rate", person="森 由紀☕️", text="電話がつながりません", negative=True)["story"]
    for _time in range(2):
        poll()
    post = Post.objects.get(outside_id=told)
    assert (post.kind, post.verdict, post.text, post.author_name, post.ours) == (
        "review",
        "negative",
        "電話がつながりません",
        "森 由紀☕️",
        False,
    )
    assert Event.objects.filter(module="social.post", kind="arrived", record_id=post.pk).count() == 1
    assert "Not recommended" in page_of(people["root"], fresh=True).get("/social/").content.decode()

    run("social.reply", post, actor=Actor(people["ann"]), text="申し訳ございません。")
    drain()
    assert Delivery.objects.latest("pk").state == "sent"
    assert story(graph, told) == ["申し訳ございません。"]


def test_a_review_is_heard(our_page: Channel, graph: Control) -> None:
    """SOC-8: its event is an announcement; the review is read at once."""
    Stream.objects.update(next_due=clock.now() + timedelta(days=1))
    tell({"item": "rating", "verb": "add", "open_graph_story_id": "5_5", "recommendation_type": "positive"}, field="ratings")
    drain()
    assert list(Stream.objects.filter(next_due__lte=clock.now()).values_list("kind", flat=True)) == ["ratings"]


def test_what_is_said_below_a_review_leaves_it_alone(our_page: Channel, graph: Control) -> None:
    """SOC-8: comments and reactions bear the number of the recommendation; a removed or changed one is not the review."""
    keeping.take_in(our_page, [Said("5_5", Person("9", name="佐藤 花子"), "とても良いお店です", clock.now(), kind="review")])
    Stream.objects.update(next_due=clock.now() + timedelta(days=1))
    below = {"open_graph_story_id": "5_5", "comment_id": "5_6", "message": "You are wrong"}
    for told in ({"item": "reaction", "verb": "remove"}, {"item": "comment", "verb": "edited"}, {"item": "comment", "verb": "remove"}):
        tell({**below, **told}, field="ratings")
    drain()
    review = Post.objects.get(outside_id="5_5")
    assert (review.text, review.deleted_on_network) == ("とても良いお店です", False)
    assert list(Stream.objects.filter(next_due__lte=clock.now()).values_list("kind", flat=True)) == ["comments"]


def test_words_changed_there_change_here(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-5: a post and a comment that somebody rewords: the new words, marked; the old ones in the history; nothing arrives again."""
    post = graph.do("facebook/post", person="佐藤 花子", text="営業時間は?")["post"]["id"]
    below = graph.do("facebook/comment", on=OURS, person="Priya Nair", text="Which size")["comment"]["id"]
    poll()
    count = Post.objects.count()
    graph.do("facebook/edit", id=post, text="土曜の営業時間は?")
    graph.do("facebook/edit", id=below, text="Which size, please?")
    poll()

    one, other = (Post.objects.get(outside_id=number) for number in (post, below))
    assert (one.text, other.text, one.edited_at is not None, other.edited_at is not None) == (
        "土曜の営業時間は?",
        "Which size, please?",
        True,
        True,
    )
    assert Post.objects.count() == count
    changed = Event.objects.get(module="social.post", record_id=one.pk, kind="updated")
    assert changed.changes["text"] == ["営業時間は?", "土曜の営業時間は?"]
    assert "Changed on the network" in page_of(people["root"], fresh=True).get("/social/").content.decode()
    poll()
    assert Event.objects.filter(module="social.post", record_id=one.pk, kind="updated").count() == 1


def test_a_change_is_heard_and_a_late_one_changes_nothing(our_page: Channel) -> None:
    """SOC-5: the network's time decides which words are the newest."""
    now = int(clock.now().timestamp())
    tell(comment("7"))
    drain()
    tell(comment("7", verb="edited", message="second", created_time=now + 60))
    drain()
    tell(comment("7", verb="edited", message="first", created_time=now + 30))
    drain()
    assert Post.objects.get(outside_id="300000000000001_499999999999997").text == "second"


def aged(numbers: list[str], minutes: int = 4) -> None:
    Post.objects.filter(outside_id__in=numbers).update(said_at=clock.now() - timedelta(minutes=minutes))


def test_what_a_whole_reading_does_not_bring_is_looked_for(our_page: Channel, graph: Control) -> None:
    """SOC-5: a visitor's post and a comment that were deleted there are marked by reading alone."""
    post = graph.do("facebook/post", person="佐藤 花子", text="間違えました")["post"]["id"]
    kept = graph.do("facebook/post", person="Emma Wright", text="still here")["post"]["id"]
    below = graph.do("facebook/comment", on=OURS, person="Priya Nair", text="never mind")["comment"]["id"]
    poll()
    aged([post, kept, below])
    graph.do("facebook/delete", id=post)
    graph.do("facebook/delete", id=below)
    poll()
    assert dict(Post.objects.filter(outside_id__in=[post, kept, below]).values_list("outside_id", "deleted_on_network")) == {
        post: True,
        kept: False,
        below: True,
    }


def test_not_seen_is_not_gone(our_page: Channel, graph: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-5: what is missing of a reading and stands there all the same stays; trouble on the way marks nothing."""
    post = graph.do("facebook/post", person="佐藤 花子", text="私はここです")["post"]["id"]
    poll()
    aged([post])
    whole = Whole(clock.now() - timedelta(minutes=10), "visitor")
    for fault in ("", "503"):
        if fault:
            graph.do("facebook/fault", kind=fault, count=5)
        changing.look_for_missing(our_page, [whole], [])
        drain()
        assert not Post.objects.get(outside_id=post).deleted_on_network


def test_an_old_post_below_which_something_is_new_is_no_news(our_page: Channel) -> None:
    """SOC-38: what was said before we were there makes no tickets, however late it is found."""
    stream = Stream.objects.get(channel=our_page, kind="comments")
    begun = Connection.objects.get(pk=our_page.connection_id).created_at
    who = Person("7", name="Old")
    for number, at in (("9_1", begun - timedelta(days=3)), ("9_2", begun + timedelta(seconds=1))):
        place = pull.begun(pull._place(stream), sweep=False, earlier=net().earlier)
        pull.store(stream, place, Page((Said(number, who, "x", at),)))
    made = Post.objects.filter(outside_id__startswith="9_")
    kinds = {row.outside_id: Event.objects.get(module="social.post", record_id=row.pk).kind for row in made}
    assert kinds == {"9_1": "created", "9_2": "arrived"}


def test_what_was_deleted_on_x_is_found_by_the_hourly_look(channel: Channel, sandbox: Control, people: Any) -> None:
    """SOC-5: X tells nobody who does not ask."""
    first, second = (sandbox.say("emma_w_2026", f"@enishi_demo {words}")["id"] for words in ("one", "two"))
    poll()
    aged([first, second], minutes=10)
    sandbox.delete_post(first)
    poll()
    assert not Post.objects.filter(deleted_on_network=True).exists()
    Stream.objects.update(swept_at=clock.now() - timedelta(hours=2))
    poll()
    assert list(Post.objects.filter(deleted_on_network=True).values_list("outside_id", flat=True)) == [first]
