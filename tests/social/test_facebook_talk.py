"""What is said to a page arrives once; what the page says goes out once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

from core import clock
from core.access.models import User
from core.action.registry import run
from core.actor import Actor
from core.exchange.models import Delivery
from core.exchange.outbox import post as queue
from core.record.write import Refused, create
from core.remote import http
from core.remote.errors import Limited, Outside
from core.remote.wires import Wire
from core.work.jobs import drain
from sandbox.running import Control
from social import pull
from social.models import Channel, Post, Profile, Stream
from social.networks.facebook import Facebook
from social.networks.items import Person
from social.people import keep, people_of
from social.speaking import Speaker, remember
from tests.cast import page_of
from tests.flows.conftest import poll

from .facebook_cast import CAFE, FACTS, PAGE, connected, forget, net

OURS = f"{PAGE}_300000000000001"


@pytest.fixture(autouse=True)
def by_the_facts(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Every call of these tests is one of the facts: method, path and parameters, with its proof."""
    made, real = [], http.fetch

    def fetch(method: str, url: str, **more: Any) -> http.Answer:
        if "/oauth" not in url:
            made.append((method, urlsplit(url).path, more))
        return real(method, url, **more)

    monkeypatch.setattr(http, "fetch", fetch)
    yield
    for method, path, more in made:
        fitting = [one for one in FACTS["endpoints"] if one["method"] == method and fits(one["path"], path)]
        sent = {**(more.get("params") or {}), **(more.get("form") or {}), **(more.get("json") or {})}
        assert sent.pop("appsecret_proof"), path
        assert any(set(sent) <= set(one["params"]) for one in fitting), (method, path, sent)


def fits(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path) is not None


def answered(post: Post, user: User, text: str) -> Delivery:
    run("social.reply", post, actor=Actor(user), text=text)
    drain()
    return Delivery.objects.order_by("-pk")[0]


def test_what_visitors_say_arrives_once(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-5: a visitor's post, a comment on our post and one on theirs, found as what changed; never twice; ours are ours."""
    before = Post.objects.count()
    assert Post.objects.filter(ours=True, profile__outside_id=PAGE).exists()
    said = graph.do("facebook/post", person="佐藤 花子", text="営業時間を教えてください🙏")["post"]["id"]
    comment = graph.do("facebook/comment", on=OURS, person="Liam O’Brien", text="How much is it?")["comment"]["id"]
    below = graph.do("facebook/comment", on=said, person="Priya Nair", text="I wonder, too")["comment"]["id"]
    poll()

    visitor, first, second = (Post.objects.get(outside_id=one) for one in (said, comment, below))
    assert (visitor.text, visitor.author_name, visitor.kind, visitor.state) == (
        "営業時間を教えてください🙏",
        "佐藤 花子",
        "visitor",
        "open",
    )
    assert (first.kind, first.conversation, first.in_reply_to, first.author_name) == ("reply", OURS, OURS, "Liam O’Brien")
    assert (second.conversation, second.in_reply_to) == (said, said)
    assert Post.objects.count() == before + 3
    poll()
    assert Post.objects.count() == before + 3
    assert not Stream.objects.exclude(kind="messages").exclude(last_error="").exists()

    page = page_of(people["root"], fresh=True).get("/social/").content.decode()
    assert "営業時間を教えてください" in page
    assert "Open on Facebook" in page


def test_only_posts_that_changed_are_looked_into(our_page: Channel, graph: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-4: one call tells which; no comment list is read for nothing."""
    asked: list[str] = []
    real = Wire.get

    def get(self: Wire, endpoint: str, path: str, params: Any = None, **more: Any) -> Any:
        asked.append(f"{endpoint} {path}")
        return real(self, endpoint, path, params, **more)

    monkeypatch.setattr(Wire, "get", get)
    graph.do("facebook/comment", on=OURS, person="Liam O’Brien", text="And in blue?")
    Stream.objects.update(swept_at=clock.now())
    since = str(int((clock.now() - timedelta(minutes=1)).timestamp()))
    page = net().new_comments(Wire(our_page.connection), since=since)
    assert [one for one in asked if one.startswith("comments")] == [f"comments /{OURS}/comments"]
    assert [one.text for one in page.posts if one.answers] == ["And in blue?"]


def test_a_busy_page_is_read_in_portions(our_page: Channel, graph: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-4, SOC-5: where the allowance ends on the way, what was read is kept and the next turn goes on after it."""
    posts = [graph.do("facebook/post", person="Liam O’Brien", text=f"Post {number}")["post"]["id"] for number in range(3)]
    said = {graph.do("facebook/comment", on=one, person="Priya Nair", text="Me, too")["comment"]["id"] for one in posts}
    real, left = Facebook.comments, [1]

    def comments(self: Facebook, wire: Wire, post: str, **more: Any) -> Any:
        if not left[0]:
            raise Limited(clock.now() + timedelta(minutes=1))
        left[0] -= 1
        return real(self, wire, post, **more)

    monkeypatch.setattr(Facebook, "comments", comments)
    stored = []
    while len(stored) < 30 and stored[-1:] != [3]:
        left[0] = 1
        poll()
        stored.append(Post.objects.filter(outside_id__in=said).count())
    assert (stored[-3:], len(stored) < 30) == ([1, 2, 3], True)


def test_the_comments_of_one_post_have_an_end(our_page: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-4: a post with more new comments than can be asked for in a minute is left after so many pages."""
    asked: list[str] = []

    def get(self: Wire, endpoint: str, path: str, params: Any = None, **more: Any) -> Any:
        asked.append(path)
        return {"data": [], "paging": {"cursors": {"after": "QVF"}, "next": "https://graph.facebook.com/…"}}

    monkeypatch.setattr(Wire, "get", get)
    assert net().comments(Wire(our_page.connection), OURS, since=clock.now()) == []
    assert len(asked) == 40


def test_an_answer_goes_out_once_and_its_echo_is_known(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-6, SOC-5: a comment below the comment, as the page; what comes back of it is no second row."""
    comment = graph.do("facebook/comment", on=OURS, person="Liam O’Brien", text="How much is it?")["comment"]["id"]
    poll()
    delivery = answered(Post.objects.get(outside_id=comment), people["root"], "3,000円です。")
    assert (delivery.state, delivery.action) == ("sent", "reply")
    poll()
    echo = Post.objects.get(outside_id=delivery.outside_id)
    assert (echo.ours, echo.text, echo.state) == (True, "3,000円です。", "done")
    assert Post.objects.filter(text="3,000円です。").count() == 1


def test_a_line_cut_after_the_answer_finds_it_there(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-6: the unknown outcome is looked up, and nothing is said twice."""
    said = graph.do("facebook/post", person="佐藤 花子", text="在庫はありますか")["post"]["id"]
    poll()
    graph.do("facebook/fault", kind="cut", path_prefix=f"POST /v25.0/{said}/comments")
    delivery = answered(Post.objects.get(outside_id=said), people["root"], "はい、ございます。")
    assert (delivery.state, bool(delivery.outside_id)) == ("sent", True)
    there = net().comments(Wire(our_page.connection), said)
    assert [one.text for one in there] == ["はい、ございます。"]


def test_likes_and_posts_of_the_page(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-13: like, take it back, publish; each as the page."""
    said = graph.do("facebook/post", person="Marcus Lee", text="Lovely shop")["post"]["id"]
    poll()
    post = Post.objects.get(outside_id=said)
    for verb in ("like", "unlike"):
        run(f"social.{verb}", post, actor=Actor(people["root"]))
        drain()
        assert Delivery.objects.order_by("-pk")[0].state == "sent"
    queue(connection=our_page.connection, action="post", key="p", text="新商品のお知らせ", asked_by=people["root"])
    drain()
    sent = Delivery.objects.get(key="p")
    assert sent.state == "sent"
    assert graph.get("facebook/posts", limit=1)["posts"][0]["id"] == sent.outside_id
    assert Post.objects.get(outside_id=sent.outside_id).ours


def test_a_page_acts_only_on_what_was_written_to_it(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-15, SOC-19: somebody speaks as another page by habit. What was written to this one is liked and answered by this one; whoever
    insists on the other reads why not, and Facebook is not asked."""
    first, cafe = connected(people["root"], our_page.brand, pages=(PAGE, CAFE))
    said = graph.do("facebook/post", person="Marcus Lee", text="Lovely shop")["post"]["id"]
    poll()
    post, root = Post.objects.get(outside_id=said), people["root"]
    remember(root, Speaker(cafe.connection, cafe))

    run("social.like", post, actor=Actor(root))
    delivery = answered(post, root, "Thank you!")

    assert list(Delivery.objects.values_list("action", "state", "connection")) == [
        (action, "sent", first.connection_id) for action in ("like", "comment")
    ]
    assert delivery.connection_id == first.connection_id
    with pytest.raises(Refused, match="Choose the page it was written to"):
        run("social.like", post, actor=Actor(root), speaker=str(cafe.connection_id))


def test_a_post_deleted_meanwhile_is_marked(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-19: gone reads as gone."""
    post = Post.objects.filter(ours=False).first()
    assert post is not None
    Post.objects.filter(pk=post.pk).update(outside_id=f"{PAGE}_399999999999999")
    post.refresh_from_db()
    delivery = answered(post, people["root"], "こんにちは")
    post.refresh_from_db()
    assert (delivery.state, delivery.reason_code, post.deleted_on_network) == ("failed", "gone", True)


def test_messages_within_the_window(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-14, SOC-19: answered within 24 hours; later it is refused before anything is asked; a private answer to a comment."""
    wire = Wire(our_page.connection, person=True)
    graph.do("facebook/message", person="佐藤 花子", text="在庫はありますか")
    hanako = "2400000000000001"
    assert net().conversation(wire, hanako).messages[0].text == "在庫はありますか"
    assert net().person(wire, hanako).name == "佐藤 花子"

    target = {"person": hanako, "heard_at": clock.now().isoformat()}
    queue(connection=our_page.connection, action="message", key="m", text="ございます。", target=target, asked_by=people["root"])
    comment = graph.do("facebook/comment", on=OURS, person="Liam O’Brien", text="How much is it?")["comment"]["id"]
    queue(connection=our_page.connection, action="private_reply", key="r", text="Hello", target={"comment": comment})
    drain()
    assert list(Delivery.objects.order_by("pk").values_list("state", flat=True)) == ["sent", "sent"]
    graph.advance(2)  # a page may look for its conversations twice in a second
    forget()
    assert net().conversation(wire, hanako).messages[0].text == "ございます。"
    with pytest.raises(Outside):
        net().write(wire, hanako, "Still there?", heard_at=clock.now() - timedelta(hours=25))


def test_old_messages_of_a_thread_are_not_news(our_page: Channel, graph: Control) -> None:
    """SOC-5, SOC-38: a thread is read anew when somebody writes; what stood in it before is nothing for rules."""
    graph.do("facebook/message", person="佐藤 花子", text="before")
    graph.advance(3600)
    graph.do("facebook/message", person="佐藤 花子", text="now")
    forget()
    wire = Wire(our_page.connection)
    at = {one.text: one.at for one in net().new_messages(wire).messages}
    graph.advance(2)
    forget()
    assert [one.text for one in net().new_messages(wire, since=str(int(at["now"].timestamp()))).messages] == ["now"]
    assert at["before"] < at["now"]


def test_more_threads_than_one_list_holds_are_all_read(our_page: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-4, SOC-5: a robot looks for conversations once in a second; the round goes on list by list, and the cursor waits for it."""
    begun = int(clock.now().timestamp())
    looked = [0]

    def get(self: Wire, endpoint: str, path: str, params: Any = None, **more: Any) -> Any:
        number = int((params or {}).get("after") or 0)
        if endpoint == "conversations":
            looked[0] += 1
            if looked[0] > 1:
                raise Limited(clock.now() + timedelta(seconds=1))
            rows = [{"id": f"t_{one}", "updated_time": begun - one, "participants": people_in(one)} for one in range(number, number + 100)]
            return {"data": rows, "paging": {"cursors": {"after": str(number + 100)}, "next": "https://graph.facebook.com/…"}}
        one = int(path.split("_")[1].split("/")[0])
        return {"data": [{"id": f"m_{one}", "message": f"no. {one}", "created_time": begun - one, "from": {"id": str(9_000 + one)}}]}

    def people_in(one: int) -> dict[str, Any]:
        return {"data": [{"id": str(9_000 + one), "name": f"No. {one}"}, {"id": PAGE}]}

    monkeypatch.setattr(Wire, "get", get)
    since = str(begun - 649)
    place, heard, wire = pull.Place(since_id=since, page_since=since, first_round=False), [], Wire(our_page.connection)
    for _turn in range(100):
        looked[0] = 0
        page = net().new_messages(wire, since=since, token=place.page_token)
        heard += [one.text for one in page.messages]
        place = pull.advanced(place, page)
        if not place.page_token:
            break
        assert place.since_id == since
    assert sorted(heard) == sorted(f"no. {one}" for one in range(650))
    assert place.since_id == str(begun)


def test_a_full_page_waits_and_stays_connected(our_page: Channel, graph: Control) -> None:
    """SOC-4, SOC-19: the streams wait until Facebook lets us in again; nothing is lost, nothing reads as disconnected."""
    graph.do("facebook/exhaust", what="pages", minutes=12)
    poll()
    our_page.refresh_from_db()
    assert our_page.state == "active"
    waits = {one.last_error: one.next_due - clock.now() for one in Stream.objects.filter(channel=our_page).exclude(kind="messages")}
    assert set(waits) == {"limited"}
    assert timedelta(minutes=4) < min(waits.values()) <= timedelta(minutes=13)


def test_a_permission_taken_back_is_named(our_page: Channel, graph: Control) -> None:
    """SOC-19: the 10 of reading; the sign-in holds."""
    graph.do("facebook/permission", person="青木 太郎", permission="pages_read_user_content", status="declined")
    poll()
    our_page.connection.chain.refresh_from_db()
    our_page.refresh_from_db()
    assert "pages_read_user_content" not in our_page.connection.chain.scopes
    assert our_page.state == "active"
    assert set(Stream.objects.exclude(kind="messages").values_list("last_error", flat=True)) == {"not_allowed"}


def test_people_are_kept_by_their_number(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-19, SOC-32: no handle, a name that follows; a lead is made of them once, and the profile is theirs."""
    graph.do("facebook/post", person="佐藤 花子", text="こんにちは")
    poll()
    hanako = Profile.objects.get(network="facebook", name="佐藤 花子")
    assert (hanako.outside_id, hanako.handle) == ("2400000000000001", "")
    post = Post.objects.get(text="こんにちは", profile=hanako)
    lead = run("social.add_lead", post, actor=Actor(people["root"]))
    assert (lead.family_name, lead.given_name, lead.x_handle) == ("佐藤", "花子", "")
    assert people_of([hanako.pk])[hanako.pk] == [("crm.lead", lead.pk)]
    assert run("social.add_lead", post, actor=Actor(people["root"])) == lead


def test_a_page_called_like_somebodys_handle_is_not_them(our_page: Channel, people: dict[str, User]) -> None:
    """SOC-12: only a handle of X ties a record."""
    lead = create("crm.lead", actor=Actor(people["root"]), family_name="Mori", x_handle="yuki_mori")
    held = keep("facebook", [Person("77", handle="yuki_mori", name="Yuki Mori")])["77"]
    assert people_of([held.pk])[held.pk] == []
    assert people_of([keep("x", [Person("78", handle="yuki_mori")])["78"].pk]).popitem()[1] == [("crm.lead", lead.pk)]
