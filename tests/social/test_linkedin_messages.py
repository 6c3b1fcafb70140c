"""Private messages with somebody at LinkedIn, on the page of a record: written where the level has them, with the way where not."""

from __future__ import annotations

from typing import Any

from core.access.models import User
from core.actor import Actor
from core.exchange.models import Delivery
from core.record.write import create
from core.remote import budget
from core.work.jobs import drain
from sandbox.running import Control
from social.models import Channel, Message
from social.networks.items import Person
from social.people import by_address, keep, link, tie
from tests.cast import page_of

from .linkedin_cast import HANAKO, HARRIET, at_level, net, own_account
from .test_messages_page import where

UNREAD = "LinkedIn lets no software read messages."


def contact(people: dict[str, User], outside_id: str = HARRIET, name: str = "Harriet", handle: str = "harriet-whitmore") -> Any:
    made = create("crm.contact", actor=Actor(people["ann"]), family_name=name)
    person = Person(outside_id, handle, name)
    tie(keep("linkedin", [person])[outside_id], "crm.contact", made.pk)
    return made


def write(user: User, record: Any, text: str) -> int:
    client = page_of(user)
    page = client.get(where(record))
    return int(client.post(where(record), {"text": text, "line": page.context["line"].key, "once": page.context["once"]}).status_code)


def test_a_message_goes_out_as_oneself_and_stands_in_the_history(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-22, SOC-6, SOC-4: once, counted by the day, kept for who wrote it alone; what cannot be read is said."""
    at_level(settings, linked, "historic")
    mine, harriet = own_account(people["ann"]), contact(people)
    bucket = net().buckets("messages", mine.chain.outside_id)[0]
    before = budget.left(bucket)[0]
    ann = page_of(people["ann"])
    page = ann.get(where(harriet))
    assert [(one.speaker.mine, one.why_not) for one in page.context["lines"]] == [(True, "")]
    assert UNREAD in page.content.decode() and "to your own connections only" in page.content.decode()
    for _time in range(2):
        form = {"text": "資料をお送りします。", "line": page.context["line"].key, "once": page.context["once"]}
        assert ann.post(where(harriet), form).status_code == 303
    drain()

    assert [one["body"] for one in linked.get("linkedin/sent")["messages"]] == ["資料をお送りします。"]
    assert before - budget.left(bucket)[0] == 1
    said = ann.get(where(harriet)).context["said"]
    assert [(one.row.text, one.by, one.row.ours) for one in said] == [("資料をお送りします。", "Ann", True)]
    tab = ann.get(f"/social/talk/crm/contacts/{harriet.pk}/?tab=messages").content.decode()
    assert "資料をお送りします。" in tab and UNREAD in tab
    assert "資料をお送りします。" not in page_of(people["root"]).get(where(harriet)).content.decode()


def test_a_page_is_no_one_to_write_as(company: Channel, people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-22, SOC-19: the company's page is not offered; who has no account of their own signs in first."""
    at_level(settings, linked, "historic")
    harriet = contact(people)
    page = page_of(people["ann"]).get(where(harriet))
    assert [one.speaker for one in page.context["lines"]] == [None]
    shown = page.content.decode()
    assert "No account that you may write with is connected to LinkedIn." in shown
    assert f"/me/social/connect/linkedin/?back=/social/with/crm/contacts/{harriet.pk}/messages" in shown.replace("%2F", "/")
    assert write(people["ann"], harriet, "Hello") == 422
    assert not Delivery.objects.exists()


def test_elsewhere_linkedin_is_opened_with_the_words(company: Channel, people: dict[str, User], linked: Control) -> None:
    """SOC-1, SOC-18, SOC-22: at a level one can apply for: why not, the window at LinkedIn, and nothing to press that cannot work;
    with an account of one's own and without."""
    harriet = contact(people)
    for _time in range(2):
        shown = page_of(people["ann"]).get(where(harriet)).content.decode()
        assert "contract partners only" in shown
        assert f'href="{linked.url}/messaging/compose/?recipient=harriet-whitmore"' in shown and 'data-copy="message-text"' in shown
        assert "Write on LinkedIn" in shown and UNREAD in shown
        assert '<button class="btn primary">' not in shown
        assert write(people["ann"], harriet, "Hello") == 422
        own_account(people["ann"])
    assert not Delivery.objects.exists()


def test_one_that_was_linked_by_its_address(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-18: who it is has to be known before anything goes out; LinkedIn's own window works."""
    at_level(settings, linked, "historic")
    own_account(people["ann"])
    made = create("crm.contact", actor=Actor(people["ann"]), family_name="佐藤")
    link(by_address("linkedin", "sato-hanako"), made, actor=Actor(people["ann"]), how="address")
    shown = page_of(people["ann"]).get(where(made)).content.decode()
    assert "linked by its address" in shown and f"{linked.url}/messaging/compose/?recipient=sato-hanako" in shown
    assert write(people["ann"], made, "こんにちは") == 422


def test_refused_and_used_up(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-19, SOC-4, SOC-23: no connection of ours: said so on the page; the day's messages used up: when it goes on."""
    at_level(settings, linked, "historic")
    own_account(people["ann"])
    hanako, harriet = contact(people, HANAKO, "Hanako", "sato-hanako"), contact(people)
    assert write(people["ann"], hanako, "はじめまして") == 303
    drain()
    assert "LinkedIn takes messages to your own connections only." in page_of(people["ann"]).get(where(hanako)).content.decode()

    linked.do("linkedin/exhaust", bucket="private messages", member="maeda-mei")
    assert write(people["ann"], harriet, "Hello") == 303
    drain()
    shown = page_of(people["ann"]).get(where(harriet)).content.decode()
    assert "its request limit is used up. Try again after" in shown
    assert Delivery.objects.get(text="Hello").state == "waiting"


def test_a_cut_line_asks_who_wrote_and_what_they_say_stays(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-6, SOC-22: nothing can be read back, so nothing is sent again; who finds it at LinkedIn has it in the history here."""
    at_level(settings, linked, "historic")
    own_account(people["ann"])
    harriet = contact(people)
    linked.do("linkedin/fault", kind="cut", path_prefix="POST /v2/messages")
    write(people["ann"], harriet, "Your samples are on their way.")
    drain()
    row = Delivery.objects.get()
    assert (row.state, len(linked.get("linkedin/sent")["messages"])) == ("unknown", 1)
    ann = page_of(people["ann"])
    assert "Please look at the network." in ann.get(where(harriet)).content.decode()

    ann.post(f"{where(harriet)}/{row.pk}", {"sent": "1"})
    page = ann.get(where(harriet))
    assert [one.row.text for one in page.context["said"]] == ["Your samples are on their way."] and not page.context["waiting"]
    assert Message.every.get().written_by == people["ann"]
    assert len(linked.get("linkedin/sent")["messages"]) == 1
