"""The page of private messages with the people of a record: written once, as who may, with the reason and the way where it cannot."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from core import clock
from core.access.models import AppAccess, User
from core.actor import Actor
from core.exchange.models import Delivery
from core.record.write import create
from core.stamps import bump
from core.work.jobs import drain
from core.work.models import Job
from sandbox.running import Control
from social.messaging import left
from social.models import Channel, Conversation, Message, Profile
from social.networks.items import Person
from social.people import keep, tie
from tests.cast import page_of
from tests.flows.conftest import poll

LIAM, HANAKO, MARCUS = "1500000000000000004", "1500000000000000001", "1500000000000000009"
PSID = "2400000000000001"


def contact(people: dict[str, User], network: str, outside_id: str, name: str = "Liam") -> Any:
    """A contact of ann's, linked to somebody at the sandbox."""
    made = create("crm.contact", actor=Actor(people["ann"]), family_name=name)
    tie(keep(network, [Person(outside_id, name=name)])[outside_id], "crm.contact", made.pk)
    return made


def where(record: Any) -> str:
    return f"/social/with/crm/contacts/{record.pk}/messages"


def test_a_message_is_written_and_answered(sandbox: Control, channel: Channel, people: dict[str, User]) -> None:
    """SOC-14, SOC-6, SOC-34: from the menu of the record; sent once however often it is pressed; the answer stands above it."""
    liam = contact(people, "x", LIAM)
    ann = page_of(people["ann"])
    assert where(liam) in ann.get(f"/crm/contacts/{liam.pk}/").content.decode()
    page = ann.get(where(liam))
    form = {"text": "お写真ありがとうございます🫖", "once": page.context["once"], "line": page.context["line"].key}
    for _time in range(2):
        assert ann.post(where(liam), form).status_code == 303
    assert "お写真ありがとうございます🫖" in ann.get(where(liam)).content.decode()
    drain()
    assert Delivery.objects.get().state == "sent"
    sandbox.do("message-as-customer", username="liam_obrien", text="You are welcome")
    poll()
    page = ann.get(where(liam))
    said = [one.row.text for one in page.context["said"]]
    assert said[:2] == ["You are welcome", "お写真ありがとうございます🫖"]
    assert (page.context["said"][1].by, page.context["said"][1].row.ours) == ("Ann", True)
    timeline = ann.get(f"/crm/contacts/{liam.pk}/timeline?show=message").content.decode()
    assert "You are welcome" in timeline


def test_what_cannot_go_out_is_kept_and_told(sandbox: Control, channel: Channel, people: dict[str, User]) -> None:
    """SOC-19: too long, empty: 422, with what was typed; a closed mailbox is said before anything is sent."""
    liam = contact(people, "x", LIAM)
    ann = page_of(people["ann"])
    for text in ("あ" * 10_001, "   "):
        refused = ann.post(where(liam), {"text": text, "line": ann.get(where(liam)).context["line"].key})
        assert refused.status_code == 422
        assert text in refused.content.decode()
    assert "1 too many" in ann.post(where(liam), {"text": "あ" * 10_001}).content.decode()
    assert not Delivery.objects.exists()

    marcus = contact(people, "x", MARCUS, "Marcus")
    page = ann.get(where(marcus))
    assert page.context["reading"] and not Job.objects.filter(kind="social.converse", state="waiting").exists()  # W4: looking asks nothing
    ann.post(f"{where(marcus)}/older", {"line": page.context["line"].key, "newest": "1"})
    drain()
    page = ann.get(where(marcus))
    assert "does not take messages" in page.content.decode()
    assert ann.post(where(marcus), {"text": "Hello"}).status_code == 422


def test_the_window_counts_down_and_closes(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-19: until when, and how long that is; then why not, and what works; a first message never, with the link for it."""
    graph.do("facebook/message", person="佐藤 花子", text="在庫はありますか")
    poll()
    hanako = contact(people, "facebook", PSID, "Hanako")
    ann = page_of(people["ann"])
    Conversation.objects.filter(profile__outside_id=PSID).update(heard_at=clock.now() - timedelta(hours=20, minutes=47, seconds=30))
    page = ann.get(where(hanako)).content.decode()
    assert "You can answer until " in page
    assert "3 h 12 min left." in page
    Conversation.objects.filter(profile__outside_id=PSID).update(heard_at=clock.now() - timedelta(hours=24, seconds=1))
    page = ann.get(where(hanako)).content.decode()
    assert "only within 24 hours" in page
    assert "It opens again when the person writes." in page
    assert "business.facebook.com" in page
    assert ann.post(where(hanako), {"text": "Still there?"}).status_code == 422

    stranger = contact(people, "facebook", "2400000000009999", "Stranger")
    page = ann.get(where(stranger)).content.decode()
    assert "A page cannot write first." in page
    assert f"https://m.me/{our_page.outside_id}" in page


def test_how_long_is_left() -> None:
    told = [left(timedelta(minutes=minutes)) for minutes in (0, 1, 59, 60, 192, 24 * 60, 50 * 60 + 5)]
    assert told == ["1 minute", "1 minute", "59 minutes", "1 h 0 min", "3 h 12 min", "1 d 0 h", "2 d 2 h"]


def test_a_failed_one_is_sent_again_by_who_may(sandbox: Control, channel: Channel, people: dict[str, User]) -> None:
    """SOC-6, F23: who lost the app neither reads nor settles it; a colleague has it sent again."""
    liam = contact(people, "x", LIAM)
    ann, root = page_of(people["ann"]), page_of(people["root"])
    sandbox.fault("503", count=1, path_prefix="/2/dm_conversations")
    ann.post(where(liam), {"text": "Hello Liam"})
    AppAccess.objects.filter(user=people["ann"], app="social").delete()
    bump("apps")
    drain()
    drain(clock.now() + timedelta(hours=1))
    row = Delivery.objects.get()
    assert (row.state, row.why) in {
        ("held", "The person who asked for this may not write there any more."),
        ("sent", ""),
    }
    address = f"{where(liam)}/{row.pk}"
    assert page_of(people["ann"]).post(address, {"again": "1"}).status_code == 404
    assert page_of(people["dave"]).post(address, {"again": "1"}).status_code == 404
    assert root.post(address, {"again": "1"}).status_code == 303


def test_a_private_answer_to_a_comment(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-14: once, where a page may not write first; it stands among the private messages."""
    from core.action.registry import is_offered, run
    from social.models import Post

    said = graph.do("facebook/post", person="Liam O’Brien", text="How much is it?")["post"]["id"]
    poll()
    post = Post.objects.get(outside_id=said)
    assert is_offered("social.answer_privately", post, people["ann"])
    run("social.answer_privately", post, actor=Actor(people["ann"]), text="3,000 yen.")
    drain()
    row = Delivery.objects.get()
    assert row.state == "sent"
    mine = Message.objects.get(outside_id=row.outside_id)
    assert (mine.text, mine.written_by, mine.profile) == ("3,000 yen.", people["ann"], Profile.objects.get(pk=post.profile_id))
