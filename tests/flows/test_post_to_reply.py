"""The story the house is judged by: a customer posts on X, a ticket opens, an agent answers, the answer stands on X."""

from __future__ import annotations

import pytest

from automation.models import Rule, RuleRun
from core.access.models import User
from core.actor import Actor
from core.record.write import create
from core.stamps import bump
from core.work.jobs import drain
from helpdesk.models import Entry, Ticket
from sandbox.running import Control
from social.models import Channel, Post
from tests.cast import page_of

from .conftest import poll


@pytest.fixture
def rule(people: dict[str, User]) -> Rule:
    made = Rule.objects.create(
        name_en="Refunds", module="social.post", event="arrived", keywords=["refund", "返金"], excluded=["no refund"],
        action="helpdesk.open_ticket", params={"department": "billing", "priority": "high"}, active=True,
    )  # fmt: skip
    bump("rules")
    return made


def test_a_customer_posts_and_the_answer_stands_on_x(people: dict[str, User], sandbox: Control, channel: Channel, rule: Rule) -> None:
    """SOC-37, SOC-38, SOC-6, SOC-5, HD-1: the whole story, over HTTP, twice round."""
    hanako = create("crm.contact", actor=Actor(people["ann"]), family_name="佐藤", given_name="花子", x_handle="Sato_Hanako")
    assert not Ticket.objects.exists()

    said = sandbox.say("sato_hanako", "@enishi_demo 注文した豆の返金をお願いします")
    poll()
    ticket = Ticket.objects.get()
    ann = page_of(people["ann"])
    page = ann.get(f"/helpdesk/tickets/{ticket.pk}/").content.decode()

    assert (ticket.number, ticket.subject, ticket.department, ticket.channel, ticket.status) == (
        1001,
        "注文した豆の返金をお願いします",
        "billing",
        "x",
        "open",
    )
    assert (ticket.contact_id, ticket.owner_id) == (hanako.pk, None)
    assert "注文した豆の返金をお願いします" in page
    assert "佐藤 花子" in page
    assert Rule.objects.get().hits == 1

    ann.post(f"/helpdesk/tickets/{ticket.pk}/say", {"text": "すぐに返金いたします。", "kind": "reply", "once": "a"})
    assert "On its way" in ann.get(f"/helpdesk/tickets/{ticket.pk}/").content.decode()
    drain()
    ours = [post for post in sandbox.posts() if post["username"] == "enishi_demo" and post["reply_to"] == said["id"]]
    entry = Entry.objects.get(kind="reply")
    ticket.refresh_from_db()

    assert [post["text"] for post in ours] == ["@sato_hanako すぐに返金いたします。"]
    assert (entry.delivery.state, entry.outside_id) == ("sent", ours[0]["id"])
    assert (ticket.status, ticket.owner, ticket.first_answered_at is not None) == ("waiting", people["ann"], True)
    assert Post.objects.get(outside_id=ours[0]["id"]).ours

    sandbox.say("sato_hanako", "@enishi_demo ありがとう。いつ届きますか?", reply_to=ours[0]["id"])
    poll()
    ticket.refresh_from_db()

    assert Ticket.objects.count() == 1
    assert ticket.status == "open"
    assert list(ticket.entries.values_list("kind", flat=True)) == ["customer", "reply", "customer"]
    assert "いつ届きますか" in ann.get(f"/helpdesk/tickets/{ticket.pk}/").content.decode()


def test_what_was_there_before_us_makes_no_tickets(people: dict[str, User], sandbox: Control, rule: Rule) -> None:
    """SOC-38: the first reading brings the past, and no rule touches it."""
    from social.connecting import connect_sandbox
    from social.models import Brand

    sandbox.say("emma_w_2026", "@enishi_demo I want a refund")
    connect_sandbox(people["root"], Brand.objects.create(name="Enishi"))
    drain()

    assert Post.objects.filter(text__contains="I want a refund").exists()
    assert not Ticket.objects.exists()
    assert not RuleRun.objects.exists()


def test_somebody_else_in_the_conversation_is_another_matter(sandbox: Control, channel: Channel, rule: Rule) -> None:
    """SOC-37: only the same author goes on with a ticket."""
    first = sandbox.say("emma_w_2026", "@enishi_demo I want a refund for my grinder")
    poll()
    sandbox.say("marcus_lee", "@enishi_demo refund for me too, please", reply_to=first["id"])
    sandbox.say("liam_obrien", "@enishi_demo I just like this thread", reply_to=first["id"])
    poll()

    assert sorted(Ticket.objects.values_list("subject", flat=True)) == ["I want a refund for my grinder", "refund for me too, please"]
    assert Entry.objects.count() == 2
