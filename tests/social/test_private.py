"""Private messages are kept once, whichever way they come, and what we write goes out once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from core import clock
from core.access.models import User
from core.event.models import Event
from core.exchange.models import Delivery
from core.exchange.outbox import post as queue
from core.exchange.outbox import send_again
from core.remote.models import Spending
from core.work.jobs import drain
from sandbox.running import Control
from social import private
from social.models import Channel, Conversation, Message, Profile, Stream
from social.networks.facebook.hooks import HEADER as FB_HEADER
from social.networks.facebook.hooks import signature as fb_signature
from social.networks.items import Message as Item
from social.networks.items import Person
from social.networks.x.hooks import HEADER, signature
from tests.cast import page_of
from tests.contracts.test_networks import X as FACTS
from tests.flows.conftest import poll

from .facebook_cast import PAGE, SECRET, forget

HANAKO, LIAM = "1500000000000000001", "1500000000000000004"
PSID = "2400000000000001"


def texts(**asked: Any) -> list[str]:
    return list(Message.objects.filter(**asked).order_by("said_at", "pk").values_list("text", flat=True))


def written(channel: Channel, text: str, user: User, person: str = LIAM, **target: Any) -> Delivery:
    row = queue(
        connection=channel.connection,
        action="message",
        key=f"m:{text}",
        text=text,
        target={"person": person, **target},
        asked_by=user,
    )
    drain()
    row.refresh_from_db()
    return row


def heard(channel: Channel, number: str, text: str, sender: str = HANAKO, uuid: str = "-5", kind: str = "dm.received") -> int:
    """X tells of a private message."""
    data = json.loads(json.dumps(FACTS["webhooks"]["examples"]["dm.received"]["data"]))
    to = channel.outside_id if sender != channel.outside_id else HANAKO
    event = data["payload"]["direct_message_events"][0]
    event["id"] = number
    event["message_create"] |= {"target": {"recipient_id": to}, "sender_id": sender}
    event["message_create"]["message_data"]["text"] = text
    told = {**data, "event_uuid": uuid, "event_type": kind, "filter": {"user_id": channel.outside_id}}
    raw = json.dumps({"data": told}, ensure_ascii=False).encode()
    told = Client().post("/hooks/x", raw, content_type="application/json", headers={HEADER: signature("sandbox-secret", raw)})
    drain()
    return told.status_code


def test_what_was_there_is_found_and_what_comes_arrives_once(sandbox: Control, channel: Channel) -> None:
    """SOC-5, SOC-14: the past is no work for rules; what is new is, once, however often its page is read; 4-byte signs, 10,000 of them."""
    assert [one[:12] for one in texts(profile__outside_id=LIAM)] == ["Hi! My kettl", "Here is fine"]
    assert not Event.objects.filter(module="social.message", kind="arrived").exists()
    before = Message.objects.count()
    long = "🫖" * 10_000
    sandbox.do("message-as-customer", username="sato_hanako", text="注文について質問があります🙏")
    sandbox.do("message-as-customer", username="sato_hanako", text=long)
    for _time in range(3):
        poll()

    mine = Message.objects.filter(profile__outside_id=HANAKO).order_by("pk")
    assert [one.text for one in mine] == ["注文について質問があります🙏", long]
    assert (mine[0].author_handle, mine[0].author_name, mine[0].ours, mine[0].channel_id) == ("sato_hanako", "佐藤 花子", False, channel.pk)
    assert Message.objects.count() == before + 2
    assert Event.objects.filter(module="social.message", kind="arrived").count() == 2
    talk = Conversation.objects.get(profile__outside_id=HANAKO)
    assert talk.heard_at == talk.last_at == mine[1].said_at
    assert not Stream.objects.exclude(last_error="").exists()


def test_what_is_encrypted_and_what_several_say_is_left_out(sandbox: Control, channel: Channel) -> None:
    """SOC-5: nobody is shown what was not said to them alone."""
    sandbox.do("message-as-customer", username="sato_hanako", text="only us two", encrypted=True)
    poll()
    assert not any("only" in one for one in texts())
    side = private.Side.of(channel)
    assert private.take_in(side, [Item("1", "", Person(channel.outside_id), "to nobody", clock.now())]) == 0


def test_told_and_read_at_once_it_is_one(sandbox: Control, channel: Channel) -> None:
    """SOC-8, SOC-5: told twice and polled, in either order: one message, one event; who tells is asked less often."""
    made = sandbox.do("message-as-customer", username="sato_hanako", text="both ways")["message"]["id"]
    for uuid in ("-5", "-6"):
        assert heard(channel, made, "both ways", uuid=uuid) == 200
    stream = Stream.objects.get(kind="messages")
    assert stream.interval == 900
    poll()
    assert texts(outside_id=made) == ["both ways"]
    assert heard(channel, made, "both ways", uuid="-7") == 200
    assert Event.objects.filter(module="social.message", kind="arrived").count() == 1


def test_what_comes_in_no_order_stands_in_its_own(sandbox: Control, channel: Channel) -> None:
    """SOC-5: an older message that comes later stands before the newer one, and moves no time back."""
    now = clock.now()
    side = private.Side.of(channel)
    for number, at in (("3", now), ("1", now - timedelta(hours=2)), ("2", now - timedelta(hours=1))):
        with_transaction(side, [Item(number, "", Person("77", "dora"), f"no. {number}", at, Person(channel.outside_id))])
    assert texts(profile__outside_id="77") == ["no. 1", "no. 2", "no. 3"]
    assert Conversation.objects.get(profile__outside_id="77").heard_at == now


def with_transaction(side: private.Side, said: list[Item], **more: Any) -> int:
    from django.db import transaction

    with transaction.atomic():
        return private.take_in(side, said, **{"since": private.ALWAYS, **more})


def test_a_message_of_ours_is_ours_when_it_comes_back(sandbox: Control, channel: Channel, people: dict[str, User]) -> None:
    """SOC-6, SOC-34: sent once, known as its writer's, by answer, echo and reading."""
    row = written(channel, "お写真ありがとうございます。", people["ann"])
    assert row.state == "sent"
    heard(channel, row.outside_id, row.text, sender=channel.outside_id, kind="dm.sent")
    poll()
    mine = Message.objects.get(outside_id=row.outside_id)
    assert (mine.ours, mine.written_by, mine.profile.outside_id, mine.text) == (True, people["ann"], LIAM, row.text)
    assert texts(text=row.text) == [row.text]
    assert not Event.objects.filter(module="social.message", kind="arrived").exists()


def test_a_line_cut_after_it_was_taken_finds_it_once(sandbox: Control, channel: Channel, people: dict[str, User]) -> None:
    """SOC-6: unclear, looked up, found, though its echo was read first; nothing is said twice, and its writer is known."""
    sandbox.fault("cut", path_prefix="/2/dm_conversations")
    row = written(channel, "Thank you, Liam.", people["bob"])
    poll()
    drain(clock.now() + timedelta(minutes=3))
    row.refresh_from_db()
    assert row.state == "sent"
    assert Message.objects.get(text="Thank you, Liam.").written_by == people["bob"]
    assert len(sandbox.requests(endpoint="dm.send")) == 1


def test_what_was_taken_back_is_marked_and_comes_back_if_it_does(sandbox: Control, channel: Channel, people: dict[str, User]) -> None:
    """SOC-5: only what a whole page leaves out between two of its messages."""
    sent = [
        sandbox.do("message-as-customer", username="sato_hanako", text=f"{word} one")["message"]["id"]
        for word in ("first", "second", "third")
    ]
    poll()
    side, talk = private.Side.of(channel), Conversation.objects.get(profile__outside_id=HANAKO)
    rows = {one.outside_id: one for one in Message.objects.filter(conversation=talk)}

    def page(ids: list[str]) -> list[Item]:
        return [Item(one, "", Person(HANAKO), rows[one].text, rows[one].said_at, Person(channel.outside_id)) for one in ids]

    assert private.missing_from(side, page(sent[:1]), talk) == 0
    assert private.missing_from(side, page([sent[0], sent[2]]), talk) == 1
    assert Message.objects.get(outside_id=sent[1]).deleted_on_network
    assert with_transaction(side, page(sent)) == 0
    assert not Message.objects.filter(deleted_on_network=True).exists()


def test_clocks_that_disagree(sandbox: Control, channel: Channel) -> None:
    """SOC-19: a message from tomorrow was heard now, so its window is no longer than any; ours takes the network's time."""
    side, now = private.Side.of(channel), clock.now()
    with_transaction(side, [Item("9", "", Person("78"), "early", now + timedelta(hours=3), Person(channel.outside_id))])
    talk = Conversation.objects.get(profile__outside_id="78")
    assert talk.heard_at is not None
    assert talk.heard_at <= clock.now()
    ours = Item("10", "", Person(channel.outside_id), "mine", now, Person("78"))
    with_transaction(side, [ours])
    with_transaction(side, [Item("10", "a-b", ours.author, "mine", now + timedelta(seconds=40), ours.to)])
    assert Message.objects.get(outside_id="10").said_at == now + timedelta(seconds=40)


def test_a_round_costs_each_message_once_and_looks_no_further(sandbox: Control, channel: Channel) -> None:
    """SOC-9: X has no way to ask for the new ones alone: pages are small, and the same message is paid once a day."""
    spent = sum(Spending.objects.filter(feature="messages").values_list("micros", flat=True))
    sandbox.do("message-as-customer", username="sato_hanako", text="one more")
    for _time in range(4):
        poll()
    assert sum(Spending.objects.filter(feature="messages").values_list("micros", flat=True)) - spent == 10_000
    asked = sandbox.requests(endpoint="dm.events")
    assert len(asked) <= 6
    assert all("max_results=20" in one["query"] for one in asked)


def test_without_the_permission_nothing_is_asked(sandbox: Control, channel: Channel) -> None:
    """SOC-1, SOC-19: the channel reads its mentions as before."""
    chain = channel.connection.chain
    chain.scopes = [one for one in chain.scopes if not one.startswith("dm.")]
    chain.save()
    asked = len(sandbox.requests(endpoint="dm.events"))
    poll()
    assert len(sandbox.requests(endpoint="dm.events")) == asked
    assert set(Stream.objects.exclude(kind="messages").values_list("last_error", flat=True)) == {""}
    assert Stream.objects.get(kind="messages").last_error == "not_allowed"


def test_access_taken_back_keeps_what_waits(sandbox: Control, channel: Channel, people: dict[str, User]) -> None:
    """SOC-3: the message is held, not lost; reading stops."""
    sandbox.revoke()
    row = written(channel, "Are you there?", people["ann"])
    assert (row.state, row.reason_code) == ("held", "revoked")
    channel.refresh_from_db()
    assert channel.state == "needs_signin"
    assert not Message.objects.filter(text="Are you there?").exists()


# Facebook ---------------------------------------------------------------------------------------------------------------------


def poll_again(graph: Control) -> None:
    """Some seconds later: a page may look for its conversations twice in one."""
    graph.advance(2)
    forget()
    poll()


def messenger(*events: dict[str, Any]) -> int:
    raw = json.dumps({"object": "page", "entry": [{"id": PAGE, "time": 1, "messaging": list(events)}]}).encode()
    headers = {FB_HEADER: fb_signature(SECRET, raw)}
    told = Client().post("/hooks/facebook", raw, content_type="application/json", headers=headers)
    drain()
    return told.status_code


def event(mid: str, text: str = "", *, echo: bool = False, **message: Any) -> dict[str, Any]:
    ids = [{"id": PSID}, {"id": PAGE}]
    sender, recipient = reversed(ids) if echo else ids
    said = {"mid": mid, **({"text": text} if text else {}), **({"is_echo": True} if echo else {}), **message}
    return {"sender": sender, "recipient": recipient, "timestamp": int(clock.now().timestamp() * 1000), "message": said}


def test_what_is_written_to_a_page_arrives_once(our_page: Channel, graph: Control) -> None:
    """SOC-5, SOC-14: threads that changed are read, with names and what came along; only those; never twice."""
    graph.do("facebook/message", person="佐藤 花子", text="在庫はありますか🙏")
    graph.do("facebook/message", person="佐藤 花子", picture="https://pictures.example/1.jpg")
    for _time in range(3):
        poll_again(graph)
    mine = list(Message.objects.filter(profile__outside_id=PSID, conversation__heard_at__isnull=False).order_by("said_at", "pk"))[-2:]
    assert [(one.text, one.author_name, one.ours) for one in mine] == [("在庫はありますか🙏", "佐藤 花子", False), ("", "佐藤 花子", False)]
    assert mine[1].attachments == [{"kind": "image", "name": "", "url": "https://pictures.example/1.jpg"}]
    assert (mine[1].attached, mine[1].title) == (["Picture"], "Picture")
    assert Event.objects.filter(module="social.message", kind="arrived").count() == 2


def test_a_message_a_page_is_told_of(our_page: Channel, graph: Control) -> None:
    """SOC-8, SOC-5: told, and read for the name it does not tell; an echo is ours and no work; one taken back is marked."""
    made = graph.do("facebook/message", person="佐藤 花子", text="見えますか")["message"]
    mid = made.get("mid") or made["id"]
    assert messenger(event(mid, "見えますか"), event("m_echo", "はい", echo=True), event("m_late", is_deleted=True)) == 200
    messenger(event("m_late", "never mind"), event("m_gone", "oops"))
    messenger(event("m_gone", is_deleted=True))
    poll_again(graph)
    assert texts(outside_id=mid) == ["見えますか"]
    assert Message.objects.get(outside_id=mid).profile.name == "佐藤 花子"
    assert Message.objects.get(outside_id="m_echo").ours
    assert not Message.objects.filter(outside_id="m_late").exists()
    assert Message.objects.get(outside_id="m_gone").deleted_on_network


def test_the_window_is_counted_from_what_is_known_now(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-19: what was asked for while it was closed goes out when the person writes again; else it says why."""
    graph.do("facebook/message", person="佐藤 花子", text="在庫はありますか")
    poll()
    talk = Conversation.objects.get(profile__outside_id=PSID)
    Conversation.objects.filter(pk=talk.pk).update(heard_at=clock.now() - timedelta(hours=25))
    row = queue(
        connection=our_page.connection,
        action="message",
        key="w",
        text="ございます。",
        target={"person": PSID, "heard_at": (clock.now() - timedelta(hours=25)).isoformat()},
        asked_by=people["ann"],
        module="social.conversation",
        record_id=talk.pk,
    )
    drain()
    row.refresh_from_db()
    assert (row.state, row.reason_code) == ("failed", "window")
    assert "opens again when the person writes" in row.why
    graph.do("facebook/message", person="佐藤 花子", text="もしもし")
    poll_again(graph)
    assert send_again(row)
    drain()
    row.refresh_from_db()
    assert (row.state, row.why) == ("sent", "")
    assert Message.objects.get(outside_id=row.outside_id).written_by == people["ann"]


@pytest.mark.parametrize("body", [{"messaging": [None, 3, {"message": None}, {"message": {"mid": "x"}}]}, {"messaging": {"a": 1}}])
def test_strange_events_of_messenger_break_nothing(our_page: Channel, body: dict[str, Any]) -> None:
    raw = json.dumps({"object": "page", "entry": [{"id": PAGE, **body}]}).encode()
    headers = {FB_HEADER: fb_signature(SECRET, raw)}
    assert Client().post("/hooks/facebook", raw, content_type="application/json", headers=headers).status_code == 200
    drain()
    assert not Message.objects.filter(outside_id="x").exists()


def test_what_is_kept_of_somebody_is_emptied_with_them(sandbox: Control, channel: Channel, people: dict[str, User]) -> None:
    """E3: what they wrote, what was written to them, and what waits in the outbox: of every account of ours."""
    from core.personal.held import all_of
    from social.people import tie

    written(channel, "Thank you, Liam.", people["ann"])
    talk = Conversation.objects.get(profile__outside_id=LIAM)
    tie(talk.profile, "crm.contact", 77)
    told = {one.name: one for one in all_of({"crm.contact": [77]})}

    assert sorted(told["social.message"].rows.values_list("text", flat=True))[-1] == "Thank you, Liam."
    assert list(told["social.conversation"].rows) == [talk]
    assert told["social.message"].blank is not None
    assert told["social.message"].blank["text"] == "—"


def test_a_message_to_somebodys_own_account_is_theirs_alone(channel: Channel, people: dict[str, User]) -> None:
    """SOC-14: no list, search, export or count has it, not even of who sees all; a channel's is for who may read it."""
    from core.access.gate import queryset

    side = private.Side("x", "99", "ann_sells", "Ann", owner_id=people["ann"].pk)
    with_transaction(side, [Item("5", "", Person("88", "dora"), "for Ann alone", clock.now(), Person("99"))])
    row = Message.every.get(outside_id="5")
    assert [private.visible(people[name]).filter(pk=row.pk).exists() for name in ("ann", "bob", "root")] == [True, False, False]
    assert not queryset(people["root"], "social.message").filter(pk=row.pk).exists()
    assert not Event.objects.filter(module="social.message", record_id=row.pk).exists()
    assert [private.visible(people[name]).exclude(pk=row.pk).exists() for name in ("ann", "root", "dave")] == [True, True, False]
    assert Client().get(f"/social/messages/{row.pk}/").status_code in {302, 404}
    desk = page_of(people["root"])
    assert desk.get(f"/social/messages/{row.pk}/").status_code == 404
    assert desk.get(f"/social/messages/{Message.objects.latest('pk').pk}/").status_code == 200


def test_an_export_of_the_house_shows_no_words_of_an_own_account(channel: Channel, people: dict[str, User]) -> None:
    """E3, SOC-14: they are emptied with the customer, and in no export; those of the channels are."""
    from core.personal.held import all_of
    from social.people import tie

    side = private.Side("x", "99", "ann_sells", "Ann", owner_id=people["ann"].pk)
    with_transaction(side, [Item("5", "", Person("88", "dora"), "for Ann alone", clock.now(), Person("99"))])
    tie(Profile.objects.get(outside_id="88"), "crm.contact", 78)
    told = {one.name: one for one in all_of({"crm.contact": [78]})}

    assert not told["social.message"].rows.exists()
    own = told["social.own_message"]
    assert [row.text for row in own.rows] == ["for Ann alone"]
    assert "text" in own.hidden and own.blank is not None and own.blank["text"] == "—"


def test_nobody_writes_to_an_address(channel: Channel, people: dict[str, User]) -> None:
    """SOC-18: who was linked by address is asked for no history and sent nothing until the network tells who it is; then they meet."""
    from social import conversing, messaging
    from social.people import by_address, keep, tie

    with transaction.atomic():
        waiting = by_address("x", "dora")
    tie(waiting, "crm.contact", 79)
    line = messaging.lines(people["ann"], [waiting])[0]
    assert "linked by its address" in line.why_not
    assert not conversing.wanted(line, clock.now())
    Conversation.objects.create(network="x", account=channel.outside_id, channel=channel, profile=waiting)
    keep("x", [Person("88", "old_name")])
    keep("x", [Person("88", "dora", "Dora")])
    assert [one.outside_id for one in Profile.objects.filter(handle_key="dora")] == ["88"]
