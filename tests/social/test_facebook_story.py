"""The story at Facebook: a visitor writes on the page, a rule opens a ticket, an agent answers it, the answer stands below the post."""

from __future__ import annotations

from core.access.models import User
from core.work.jobs import drain
from helpdesk.models import Entry, Ticket
from sandbox.running import Control
from social.models import Channel, Post
from tests.cast import page_of
from tests.flows.conftest import poll
from tests.flows.test_post_to_reply import rule  # noqa: F401


def test_a_visitor_writes_and_the_ticket_s_answer_stands_below(
    people: dict[str, User],
    graph: Control,
    our_page: Channel,
    rule: object,  # noqa: F811
) -> None:
    """SOC-37, SOC-38, SOC-6, SOC-5, HD-1: over HTTP, twice round; the customer's next comment goes into the same ticket."""
    said = graph.do("facebook/post", person="Liam O’Brien", text="I want a refund for order 20418.")["post"]["id"]
    graph.do("facebook/post", person="Emma Wright", text="Lovely mugs!")
    poll()
    ticket = Ticket.objects.get()
    assert (ticket.subject, ticket.channel, ticket.department, ticket.status) == (
        "I want a refund for order 20418.",
        "facebook",
        "billing",
        "open",
    )
    ann = page_of(people["ann"])
    page = ann.get(f"/helpdesk/tickets/{ticket.pk}/").content.decode()
    assert "Comment on Facebook" in page
    assert "Liam O’Brien" in page

    ann.post(f"/helpdesk/tickets/{ticket.pk}/say", {"text": "すぐに返金いたします。", "kind": "reply", "once": "a"})
    drain()
    ours = [one for one in graph.get("facebook/comments", post=said)["comments"] if one["by_page"]]
    assert [one["text"] for one in ours] == ["すぐに返金いたします。"]
    entry = Entry.objects.get(kind="reply")
    assert (entry.delivery.state, entry.outside_id) == ("sent", ours[0]["id"])
    assert Post.objects.get(outside_id=ours[0]["id"]).ours

    graph.do("facebook/comment", on=ours[0]["id"], person="Liam O’Brien", text="Thank you! When?")
    poll()
    ticket.refresh_from_db()
    assert Ticket.objects.count() == 1
    assert ticket.status == "open"
    assert sorted(ticket.entries.values_list("kind", flat=True)) == ["customer", "customer", "reply"]
