"""Tickets by hand, from posts, assigned and closed; what people see of them elsewhere."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from core.access.models import User
from core.action.registry import run
from core.actor import Actor
from core.record.models import Tie
from core.record.write import create, update
from helpdesk.models import Entry, Ticket
from sandbox.running import Control
from social.models import Channel, Post
from tests.cast import page_of
from tests.factories import add_field
from tests.flows.conftest import poll


@pytest.fixture
def post(sandbox: Control, channel: Channel) -> Post:
    sandbox.say("nakamura_ai", "@enishi_demo 領収書をください🌸")
    poll()
    return Post.objects.get(text__contains="領収書")


def test_converting_again_shows_the_ticket_it_has(people: dict[str, User], post: Post) -> None:
    """SOC-37: by page, by double click and by another colleague."""
    ann, bob = page_of(people["ann"]), page_of(people["bob"])
    path = f"/social/posts/{post.pk}/do/helpdesk.open_ticket"
    assert "Department" in ann.get(path).content.decode()
    where = [
        client.post(path, {"department": "billing", "priority": "normal", "once": "1"}).headers["Location"] for client in (ann, ann, bob)
    ]
    ticket = Ticket.objects.get()

    assert where == [f"/helpdesk/tickets/{ticket.pk}/"] * 3
    assert (ticket.subject, ticket.department) == ("領収書をください🌸", "billing")
    assert Tie.objects.filter(kind="ticket").count() == 1
    body = ann.get("/social/").content.decode()
    assert "#1001" in body
    assert f'href="/helpdesk/tickets/{ticket.pk}/"' in body


def test_a_post_of_ours_is_no_ticket(people: dict[str, User], channel: Channel, sandbox: Control, post: Post) -> None:
    """SOC-37: crowdfavorite/wp-social #174: our own answer is nobody's question."""
    from core import clock
    from core.record.write import Refused
    from social.keeping import keep_posts
    from social.networks.items import Person, Said
    from social.people import keep

    keep("x", [])
    mine = keep_posts(channel, [Said("42", Person(channel.outside_id, "enishi_demo", "Enishi"), "Hello", clock.now())])[0]
    with pytest.raises(Refused, match="our own message"):
        run("helpdesk.open_ticket", mine, actor=Actor(people["ann"]), department="support")
    assert not Ticket.objects.exists()


def test_a_ticket_is_opened_from_a_persons_page(people: dict[str, User]) -> None:
    """CRM-16: from the menu beside "Send mail"; it is theirs and their company's, and opens at once."""
    ann = people["ann"]
    account = create("crm.account", actor=Actor(ann), name="Acme")
    contact = create("crm.contact", actor=Actor(ann), family_name="Sato", account=account.pk)
    lead = create("crm.lead", actor=Actor(ann), family_name="Ueda")
    client = page_of(ann)
    for path, record in (("contacts", contact), ("leads", lead), ("accounts", account)):
        where = f"/crm/{path}/{record.pk}/"
        assert f'href="{where}do/helpdesk.create_ticket"' in client.get(where).content.decode()
        sent = {"subject": f"Broken {path}", "department": "support", "priority": "high", "channel": "phone", "description": "Lid"}

        answer = client.post(f"{where}do/helpdesk.create_ticket", sent)

        ticket = Ticket.objects.latest("pk")
        assert answer["Location"] == f"/helpdesk/tickets/{ticket.pk}/"
        assert (ticket.subject, ticket.priority, ticket.description, ticket.owner_id) == (f"Broken {path}", "high", "Lid", ann.pk)
    assert list(Ticket.objects.order_by("pk").values_list("contact", "lead", "account")) == [
        (contact.pk, None, account.pk), (None, lead.pk, None), (None, None, account.pk),
    ]  # fmt: skip
    assert client.post(f"/crm/leads/{lead.pk}/do/helpdesk.create_ticket", {"subject": " "}).status_code == 422
    sells = page_of(people["dave"])  # has no help desk
    assert "helpdesk.create_ticket" not in sells.get(f"/crm/accounts/{account.pk}/").content.decode()


def test_what_an_admin_requires_of_tickets_is_asked_for_or_waived(people: dict[str, User], post: Post) -> None:
    """SOC-37, CRM-16, PLT-1: a post becomes a ticket without it; the form on a person's page asks for it."""
    add_field("text", module="helpdesk.ticket", key="c_product", label_en="Product", required=True)
    client = page_of(people["ann"])
    lead = create("crm.lead", actor=Actor(people["ann"]), family_name="Ueda")
    where = f"/crm/leads/{lead.pk}/do/helpdesk.create_ticket"
    sent = {"subject": "Broken", "department": "support", "priority": "high", "channel": "phone"}

    converted = client.post(f"/social/posts/{post.pk}/do/helpdesk.open_ticket", {"department": "billing", "priority": "normal"})

    assert (converted.status_code, Ticket.objects.get().department) == (302, "billing")
    assert "Product" in client.get(where).content.decode()
    assert [client.post(where, {**sent, **more}).status_code for more in ({}, {"c_product": "Kettle"})] == [422, 302]
    assert Ticket.objects.latest("pk").extra == {"c_product": "Kettle"}


def test_a_ticket_by_hand_and_its_numbers(people: dict[str, User]) -> None:
    """HD-1, HD-2: the generic form makes tickets with running numbers; answers are noted, nothing goes out."""
    ann = page_of(people["ann"])
    values = {
        "subject": "Kettle",
        "status": "open",
        "priority": "high",
        "department": "support",
        "channel": "phone",
        "description": "Lid is bent",
    }
    for token in ("a", "b"):
        ann.post("/helpdesk/tickets/new", {**values, "once": token})
    tickets = list(Ticket.objects.order_by("number"))
    ann.post(f"/helpdesk/tickets/{tickets[0].pk}/say", {"text": "Told her on the phone.", "kind": "reply", "once": "c"})
    body = ann.get(f"/helpdesk/tickets/{tickets[0].pk}/").content.decode()
    listed = ann.get("/helpdesk/tickets/").content.decode()

    assert [ticket.number for ticket in tickets] == [1001, 1002]
    assert "Lid is bent" in body
    assert "Told her on the phone." in body
    assert Ticket.objects.get(number=1001).first_answered_at is not None
    assert "#1002" in listed
    assert "#1001 Kettle" in ann.get("/search", {"q": "1001"}).content.decode()


def test_assign_close_and_open_again(people: dict[str, User], post: Post) -> None:
    """HD-4 by hand, HD-1: the head of the page."""
    ticket = run("helpdesk.open_ticket", post, actor=Actor(people["ann"]), department="support")
    bob = page_of(people["bob"])
    path = f"/helpdesk/tickets/{ticket.pk}/"
    bob.post(f"{path}assign", {"agent": str(people["ann"].pk)})
    bob.post(f"{path}close")
    ticket.refresh_from_db()
    assert (ticket.owner, ticket.status, ticket.closed_at is not None) == (people["ann"], "closed", True)
    assert "領収書" not in bob.get("/helpdesk/").content.decode()

    bob.post(f"{path}reopen")
    ticket.refresh_from_db()
    assert (ticket.status, ticket.closed_at) == ("open", None)
    assert "領収書" in page_of(people["ann"]).get("/helpdesk/", {"mine": "1"}).content.decode()
    assert "領収書" not in bob.get("/helpdesk/", {"mine": "1"}).content.decode()


def test_the_customers_answer_opens_a_closed_ticket_again(people: dict[str, User], sandbox: Control, post: Post) -> None:
    """SOC-37: what answers us comes back into its ticket."""
    from core.work.jobs import drain

    ticket = run("helpdesk.open_ticket", post, actor=Actor(people["ann"]), department="support")
    run("helpdesk.reply", ticket, actor=Actor(people["ann"]), text="お送りしました。")
    drain()
    run("helpdesk.close", Ticket.objects.get(), actor=Actor(people["ann"]))
    ours = Entry.objects.get(kind="reply").outside_id
    sandbox.say("nakamura_ai", "@enishi_demo まだ届きません", reply_to=ours)
    poll()

    assert (Ticket.objects.get().status, Ticket.objects.get().entries.count()) == ("open", 3)


def test_a_lead_is_made_from_a_post_whatever_an_admin_requires_of_leads(people: dict[str, User], post: Post) -> None:
    """SOC-32, PLT-17: a post cannot be asked; who opens the lead's form next is."""
    add_field("text", module="crm.lead", key="c_branch", label_en="Branch", required=True)

    lead = run("social.add_lead", post, actor=Actor(people["ann"]))

    assert (lead.family_name, "c_branch" in lead.extra) == ("中村", False)


def test_a_lead_made_from_a_post_is_known_to_its_ticket(people: dict[str, User], post: Post) -> None:
    """SOC-32: add as lead; the person pane knows them at once."""
    ticket = run("helpdesk.open_ticket", post, actor=Actor(people["ann"]), department="support")
    ann = page_of(people["ann"])
    assert "Not in the CRM." in ann.get(f"/helpdesk/tickets/{ticket.pk}/").content.decode()
    lead = run("social.add_lead", post, actor=Actor(people["ann"]))
    ticket.refresh_from_db()

    assert (lead.family_name, lead.given_name, lead.x_handle, lead.source) == ("中村", "愛 🌸", "nakamura_ai", "x")
    assert ticket.lead == lead
    assert run("social.add_lead", post, actor=Actor(people["ann"])) == lead
    assert f'href="/crm/leads/{lead.pk}/"' in ann.get("/social/").content.decode()
    body = ann.get(f"/crm/leads/{lead.pk}/").content.decode()
    assert "領収書をください🌸" in body
    assert "#1001 領収書をください🌸" in body
    assert "#1001" not in page_of(people["dave"]).get("/crm/leads/").content.decode()


def test_a_contact_with_the_handle_is_found_by_itself(people: dict[str, User], post: Post) -> None:
    """SOC-12: on save, whatever came first; a changed handle lets go."""
    from core.record.write import update

    contact = create("crm.contact", actor=Actor(people["ann"]), family_name="中村", x_handle="@Nakamura_Ai")
    ties = Tie.objects.filter(kind="profile", other_module="crm.contact", other_id=contact.pk)
    assert ties.count() == 1
    update(contact, actor=Actor(people["ann"]), x_handle="someone_else")
    assert ties.count() == 0


def test_a_reply_from_the_monitor_goes_into_the_ticket(people: dict[str, User], sandbox: Control, post: Post) -> None:
    """SOC-37: answers show in both places."""
    from core.work.jobs import drain

    ticket = run("helpdesk.open_ticket", post, actor=Actor(people["ann"]), department="support")
    ann = page_of(people["ann"])
    ann.post(f"/social/posts/{post.pk}/do/social.reply", {"text": "今日お送りします。", "once": "1"})
    drain()
    post.refresh_from_db()

    assert [entry.kind for entry in ticket.entries.all()] == ["customer", "reply"]
    assert post.state == "done"
    assert any(one["text"] == "@nakamura_ai 今日お送りします。" for one in sandbox.posts())


def test_a_reply_without_a_ticket_stands_with_the_post(people: dict[str, User], sandbox: Control, post: Post) -> None:
    """SOC-6, SOC-32."""
    from core.work.jobs import drain

    ann = page_of(people["ann"])
    ann.post(f"/social/posts/{post.pk}/do/social.reply", {"text": "今日お送りします。", "once": "1"})
    assert "On its way" in ann.get(f"/social/posts/{post.pk}/").content.decode()
    drain()
    body = ann.get(f"/social/posts/{post.pk}/").content.decode()

    assert "Sent" in body
    assert "@nakamura_ai 今日お送りします。" in body
    long = ann.post(f"/social/posts/{post.pk}/do/social.reply", {"text": "あ" * 150, "once": "2"})
    assert long.status_code == 422
    assert "too many" in long.content.decode()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_who_convert_at_once_get_one_ticket(people: dict[str, User], post: Post) -> None:
    """SOC-37, F16: the post is held while its ticket is made."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite writes one at a time by itself")
    made, start = [], threading.Barrier(4)

    def convert() -> None:
        start.wait()
        made.append(run("helpdesk.open_ticket", Post.objects.get(pk=post.pk), actor=Actor(people["ann"]), department="support").pk)
        connection.close()

    threads = [threading.Thread(target=convert) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert len(set(made)) == 1
    assert len(made) == 4
    assert Entry.objects.count() == 1


def test_who_once_had_the_handle_is_offered_and_the_ticket_learns_it(people: dict[str, User], post: Post) -> None:
    """PLT-16: a post and its ticket are doors, too: who gave up the author's handle is offered, and taken with one click."""
    ann = people["ann"]
    lead = create("crm.lead", actor=Actor(ann), family_name="Mori", x_handle=post.author_handle)
    update(lead, actor=Actor(ann), x_handle="other")
    ticket = run("helpdesk.open_ticket", post, actor=Actor(ann))
    browser = page_of(ann)
    assert ticket.lead_id is None
    pages = [browser.get(at).content.decode() for at in (f"/helpdesk/tickets/{ticket.pk}/", f"/social/posts/{post.pk}/")]
    assert all(f"had the same handle: @{post.author_handle.lower()}" in page and "This is them" in page for page in pages)
    assert "Perhaps Mori" in browser.get("/social/").content.decode()

    browser.post(f"/social/posts/{post.pk}/do/social.know", {"person": f"crm.lead:{lead.pk}"})

    ticket.refresh_from_db()
    assert ticket.lead_id == lead.pk
    assert "had the same handle" not in browser.get(f"/helpdesk/tickets/{ticket.pk}/").content.decode()
    refused = browser.post(f"/social/posts/{post.pk}/do/social.know", {"person": "crm.lead:999"})
    assert refused.status_code == 422


def test_a_change_that_reads_the_same_is_not_told(people: dict[str, User]) -> None:
    """PLT-18: a time that moved within its minute would stand in the timeline as 08:46 → 08:46."""
    from datetime import timedelta

    from core import clock
    from core.event.emit import emit_one

    actor = Actor(people["ann"])
    ticket = create("helpdesk.ticket", actor=actor, subject="Rattle")
    at = clock.now().replace(second=10)
    for later in (at + timedelta(seconds=20), at + timedelta(minutes=5)):
        emit_one("helpdesk.ticket", ticket, "updated", actor, {"last_said_at": [at.isoformat(), later.isoformat()]})

    body = page_of(people["ann"]).get(f"/helpdesk/tickets/{ticket.pk}/").content.decode()

    assert body.count("Last message") == 1
