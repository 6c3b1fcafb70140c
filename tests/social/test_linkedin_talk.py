"""What we say at LinkedIn goes out once: comments, answers, likes, posts; messages and invitations where the level has them."""

from __future__ import annotations

from typing import Any

import pytest

from core import clock
from core.access.models import User
from core.action.registry import run
from core.actor import Actor
from core.exchange.models import Delivery
from core.exchange.outbox import post as queue
from core.remote.abilities import Can
from core.remote.budget import from_midnight
from core.remote.models import Connection
from core.remote.wires import Wire
from core.work.jobs import drain
from sandbox.running import Control
from social.models import Channel, Post
from tests.flows.conftest import poll

from .linkedin_cast import HANAKO, HARRIET, PAGE, SHUN, at_level, net, own_account
from .test_linkedin import calls, comment, first_post


def sent(connection: Connection, action: str, user: User, text: str = "", **target: Any) -> Delivery:
    """What becomes of one delivery."""
    key = f"{action}:{Delivery.objects.count()}"
    queue(connection=connection, action=action, key=key, text=text, target=target, asked_by=user)
    drain()
    return Delivery.objects.select_related("connection").get(key=key)


def below(channel: Channel, post: str) -> list[tuple[str, str]]:
    return [(one.author.outside_id, one.text) for one in net().comments(Wire(channel.connection, person=True), post)]


def test_an_answer_goes_out_once_and_its_echo_is_known(company: Channel, linked: Control, people: dict[str, User]) -> None:
    """SOC-6, SOC-5, SOC-13: below the comment, as the page, whatever signs stand in it; what comes back is no second row."""
    said = comment(linked, "いくらですか", post=first_post(linked))
    poll()
    run("social.reply", Post.objects.get(outside_id=said), actor=Actor(people["root"]), text="3,000円(税込)です。 [詳細] #福袋")
    drain()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.action) == ("sent", "reply")
    poll()
    echo = Post.objects.get(outside_id=delivery.outside_id)
    assert (echo.ours, echo.text, echo.state) == (True, "3,000円(税込)です。 [詳細] #福袋", "done")
    assert Post.objects.filter(text__startswith="3,000円").count() == 1
    assert below(company, said) == [(PAGE, "3,000円(税込)です。 [詳細] #福袋")]


def test_an_answer_to_an_answer_goes_below_the_same_comment(company: Channel, linked: Control, people: dict[str, User]) -> None:
    """SOC-13: LinkedIn has one level; the person still gets the answer where they are."""
    top = comment(linked, "予約できますか", post=first_post(linked))
    inner = comment(linked, "私も知りたいです", "harriet-whitmore", comment=top)
    poll()
    run("social.reply", Post.objects.get(outside_id=inner), actor=Actor(people["root"]), text="はい、できます。")
    drain()
    assert Delivery.objects.get().state == "sent"
    assert below(company, top) == [(HARRIET, "私も知りたいです"), (PAGE, "はい、できます。")]


def test_a_line_cut_after_the_comment_finds_it_there(company: Channel, linked: Control, people: dict[str, User]) -> None:
    """SOC-6: the unknown outcome is looked up, and nothing is said twice."""
    said = comment(linked, "送料は?", post=first_post(linked))
    poll()
    linked.do("linkedin/fault", kind="cut", path_prefix="POST /rest/socialActions")
    run("social.reply", Post.objects.get(outside_id=said), actor=Actor(people["root"]), text="無料です。")
    drain()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.outside_id.startswith("urn:li:comment:")) == ("sent", True)
    assert below(company, said) == [(PAGE, "無料です。")]


def test_a_line_cut_before_the_post_asks_somebody(company: Channel, linked: Control, people: dict[str, User]) -> None:
    """SOC-6: not there after two looks: a person decides, no machine says it again."""
    linked.do("linkedin/fault", kind="drop", path_prefix="POST /rest/posts")
    delivery = sent(company.connection, "post", people["root"], "新しいお知らせ")
    Delivery.objects.filter(pk=delivery.pk).update(looks=1)
    import time_machine

    with time_machine.travel(clock.now() + net().keeps["person"] / 1000):
        drain()
    delivery.refresh_from_db()
    assert delivery.state == "unknown"
    assert all(one["author"] != PAGE or "新しいお知らせ" not in one["commentary"] for one in linked.get("linkedin/posts")["posts"])


def test_posts_and_likes_of_the_page(company: Channel, linked: Control, people: dict[str, User]) -> None:
    """SOC-22, SOC-35: publish, like, take it back, also twice; a second post with the same words is the first."""
    first = sent(company.connection, "post", people["root"], "秋の新作です (数量限定) #縁デモ")
    assert (first.state, first.outside_id.startswith("urn:li:share:")) == ("sent", True)
    assert Post.objects.get(outside_id=first.outside_id).ours
    shown = linked.get("linkedin/posts")["posts"][0]
    assert (shown["urn"], shown["author"]) == (first.outside_id, PAGE)
    again = sent(company.connection, "post", people["root"], "秋の新作です (数量限定) #縁デモ")
    assert (again.state, again.outside_id) == ("sent", first.outside_id)
    said = comment(linked, "楽しみです", post=first.outside_id)
    for action in ("like", "like", "unlike", "unlike"):
        assert sent(company.connection, action, people["root"], item=said).state == "sent"


def test_a_members_post_by_its_address_and_a_closed_one(company: Channel, linked: Control, people: dict[str, User]) -> None:
    """SOC-22, SOC-19: comment and like as oneself; a thread that is closed says so, and a deleted post that it is gone."""
    mine = own_account(people["ann"])
    theirs = str(linked.do("linkedin/post", member="sato-hanako", text="転職しました")["post"]["urn"])
    assert sent(mine, "comment", people["ann"], "おめでとうございます!", answers=theirs).state == "sent"
    assert sent(mine, "like", people["ann"], item=theirs).state == "sent"
    linked.do("linkedin/close", post=theirs)
    closed = sent(mine, "comment", people["ann"], "もう一つ", answers=theirs)
    assert (closed.state, closed.why) == ("failed", "Comments are closed below this post.")
    linked.do("linkedin/delete", post=theirs)
    gone = sent(mine, "like", people["ann"], item=theirs)
    assert (gone.state, gone.reason_code) == ("failed", "gone")


def test_posting_as_oneself_and_sharing_on(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-1, SOC-22: one's own account posts and shares at the level that everybody has; commenting is not offered there."""
    at_level(settings, linked, "self_serve")
    mine = own_account(people["ann"], "aoki-shun")
    assert sent(mine, "post", people["ann"], "展示会に来ています").state == "sent"
    theirs = str(linked.do("linkedin/post", member="sato-hanako", text="良い本です")["post"]["urn"])
    assert sent(mine, "repost", people["ann"], item=theirs).state == "sent"
    shared = linked.get("linkedin/posts")["posts"][0]
    assert shared["author"] == SHUN
    held = sent(mine, "comment", people["ann"], "いいですね", answers=theirs)
    assert held.state == "held"
    assert "Community Management API" in held.why


def test_messages_and_invitations_where_the_level_has_them(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-22: to a connection; an invitation to who is none; elsewhere not, with the reason and the way on LinkedIn."""
    one = net()
    assert "contract partners" in one.why_not(Can.MESSAGE_FIRST, alone=True)
    way = one.way(Can.MESSAGE_FIRST, text="はじめまして", vanity="sato-hanako")
    assert way is not None
    assert (way.url, way.text) == (f"{linked.url}/messaging/compose/?recipient=sato-hanako", "はじめまして")
    assert sent(own_account(people["ann"]), "invitation", people["ann"], "", person=HANAKO).state == "held"

    at_level(settings, linked, "historic")
    mine = own_account(people["ann"])
    assert sent(mine, "message", people["ann"], "資料をお送りします。", person=HARRIET, first=True).state == "sent"
    assert linked.get("linkedin/sent")["messages"][0]["body"] == "資料をお送りします。"
    stranger = sent(mine, "message", people["ann"], "こんにちは", person=HANAKO, first=True)
    assert stranger.state == "failed"
    invited = sent(mine, "invitation", people["ann"], "展示会でお会いした前田です。", person=HANAKO)
    assert (invited.state, invited.outside_id.startswith("urn:li:invitation:")) == ("sent", True)
    assert sent(mine, "invitation", people["ann"], "", person=HANAKO).state == "failed"


def test_a_page_writes_no_messages(company: Channel, linked: Control, people: dict[str, User], settings: Any) -> None:
    """SOC-19: and says who does, before anything is asked."""
    at_level(settings, linked, "historic")
    page = company.connection
    page.chain.scopes = [*page.chain.scopes, "w_messages"]
    page.chain.save()
    before = calls(linked)
    refused = sent(page, "message", people["root"], "こんにちは", person=HARRIET)
    assert (refused.state, "only people write messages" in refused.why) == ("failed", True)
    assert calls(linked) == before


def test_the_daily_limit_says_when_to_try_again(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-4, SOC-23: it waits for 00:00 UTC and reads so in the reader's own time; then it goes out."""
    at_level(settings, linked, "historic")
    mine = own_account(people["ann"])
    linked.do("linkedin/exhaust", bucket="invitations", member="maeda-mei")
    waiting = sent(mine, "invitation", people["ann"], "", person=HANAKO)
    midnight = from_midnight(clock.now())
    assert (waiting.state, waiting.not_before, waiting.reason_code) == ("waiting", midnight, "limited")
    assert waiting.why.startswith("LinkedIn cannot be reached for now: its request limit is used up. Try again after ")


def test_a_pause_of_a_minute_is_no_day(company: Channel, linked: Control, people: dict[str, User]) -> None:
    """SOC-4: too many comments at once wait for a minute; the day's counter stays what it was."""
    said = comment(linked, "一言", post=first_post(linked))
    poll()
    linked.do("linkedin/fault", kind="burst", count=1, path_prefix="POST /rest/socialActions")
    run("social.reply", Post.objects.get(outside_id=said), actor=Actor(people["root"]), text="ありがとうございます")
    drain()
    delivery = Delivery.objects.get()
    assert delivery.state == "waiting"
    assert delivery.not_before is not None
    assert (delivery.not_before - clock.now()).total_seconds() <= 60


@pytest.mark.parametrize("status", ["422", "400"])
def test_a_repeated_text_is_the_first_one(company: Channel, linked: Control, people: dict[str, User], status: str) -> None:
    """SOC-6: after a cut, a person sends it again: LinkedIn names the post that is there."""
    linked.do("linkedin/choose", duplicate=status)
    first = sent(company.connection, "post", people["root"], "同じ文")
    assert sent(company.connection, "post", people["root"], "同じ文").outside_id == first.outside_id
