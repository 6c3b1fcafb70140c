"""Answers go out once, whatever happens, and the page always says what became of them."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine

from core import clock
from core.access.models import AppAccess, User
from core.action.registry import Forbidden, run
from core.actor import Actor
from core.exchange import outbox
from core.exchange.models import Delivery
from core.record.write import Refused, delete
from core.work import run as engine
from core.work.jobs import drain
from core.work.models import Job
from helpdesk.models import Entry, Ticket
from sandbox.running import Control
from social.connecting import connect_sandbox
from social.models import Brand, Channel, Post
from tests.cast import page_of
from tests.flows.conftest import forget_budgets, poll


@pytest.fixture
def ticket(people: dict[str, User], sandbox: Control, channel: Channel) -> Ticket:
    """A ticket made by hand from a post."""
    sandbox.say("emma_w_2026", "@enishi_demo My grinder is broken")
    poll()
    post = Post.objects.get(text__contains="grinder is broken")
    page_of(people["ann"]).post(
        f"/social/posts/{post.pk}/do/helpdesk.open_ticket", {"department": "support", "priority": "normal", "once": "t"}
    )
    return Ticket.objects.get()


def answer(people: dict[str, User], ticket: Ticket, text: str = "We send a new one.", **more: str) -> int:
    return page_of(people["ann"]).post(f"/helpdesk/tickets/{ticket.pk}/say", {"text": text, "kind": "reply", **more}).status_code


def on_x(sandbox: Control) -> list[str]:
    """What stands on the network as our answers, newest first; the sandbox's own list, not ours."""
    return [post["text"] for post in sandbox.posts() if post["username"] == "enishi_demo" and post["text"].endswith("We send a new one.")]


def page(people: dict[str, User], ticket: Ticket) -> str:
    return page_of(people["ann"]).get(f"/helpdesk/tickets/{ticket.pk}/").content.decode()


def later(minutes: float = 3) -> None:
    """Time passes and the workers work."""
    with time_machine.travel(clock.now() + timedelta(minutes=minutes), tick=True):
        drain()


def test_a_double_click_sends_once(people: dict[str, User], sandbox: Control, ticket: Ticket) -> None:
    """HD-11, SOC-6."""
    assert [answer(people, ticket, once="same"), answer(people, ticket, once="same")] == [302, 302]
    drain()

    assert on_x(sandbox) == ["@emma_w_2026 We send a new one."]
    assert Entry.objects.filter(kind="reply").count() == 1


@pytest.mark.parametrize("kind", ["cut", "500", "html", "empty"])
def test_a_line_cut_after_the_work_is_read_back(people: dict[str, User], sandbox: Control, ticket: Ticket, kind: str) -> None:
    """SOC-6, F7: X did it, nobody told us: found there, never sent again."""
    more = {"status": 201} if kind in {"html", "empty"} else {}
    sandbox.fault(kind, 1, path_prefix="/2/tweets", **more)
    answer(people, ticket)
    drain()
    later()
    later(6)
    sent = on_x(sandbox)
    delivery = Delivery.objects.get()

    assert len(sent) <= 1
    if sent:
        assert delivery.state == "sent"
        assert "Sent " in page(people, ticket)
    else:
        assert delivery.state == "unknown"
        assert "It was sent" in page(people, ticket)


def test_a_person_settles_what_is_unclear(people: dict[str, User], sandbox: Control, ticket: Ticket) -> None:
    """SOC-6: the machine asks, and sends again only when told to."""
    sandbox.fault("drop", 1, path_prefix="/2/tweets")
    answer(people, ticket)
    drain()
    later()
    later(6)
    assert Delivery.objects.get().state == "unknown"
    assert Ticket.objects.get().status == "open"
    assert on_x(sandbox) == []
    body = page(people, ticket)
    assert "It was sent" in body
    assert "Send again" in body

    entry = Entry.objects.get(kind="reply")
    page_of(people["ann"]).post(f"/helpdesk/tickets/{ticket.pk}/entries/{entry.pk}", {"again": "1"})
    drain()

    assert on_x(sandbox) == ["@emma_w_2026 We send a new one."]
    assert Delivery.objects.get().state == "sent"


def test_at_the_limit_an_answer_waits_and_says_until_when(people: dict[str, User], sandbox: Control, ticket: Ticket) -> None:
    """SOC-4: the words name the time; it goes out by itself afterwards."""
    sandbox.exhaust("tweets.create")
    answer(people, ticket)
    drain()
    body = page(people, ticket)
    assert "limit is used up. Try again after" in body
    assert on_x(sandbox) == []

    sandbox.advance(16 * 60)
    forget_budgets()
    later(16)
    assert on_x(sandbox) == ["@emma_w_2026 We send a new one."]
    assert Delivery.objects.get().state == "sent"


def test_a_revoked_channel_holds_answers_until_somebody_signs_in(people: dict[str, User], sandbox: Control, ticket: Ticket) -> None:
    """SOC-3: kept waiting, not failed; a new sign-in sends it."""
    sandbox.revoke()
    answer(people, ticket)
    drain()
    body = page(people, ticket)
    assert "Held: The sign-in to the network has ended" in body
    assert "What you send waits until somebody signs in again" in body
    assert on_x(sandbox) == []

    connect_sandbox(people["root"], Brand.objects.get())
    drain()
    assert on_x(sandbox) == ["@emma_w_2026 We send a new one."]


def test_the_next_page_lets_go_of_the_copy_that_was_sent_and_of_no_other(people: dict[str, User], ticket: Ticket) -> None:
    """PLT-11: an answer from elsewhere (a program, a second window without script) leaves what is still being typed."""
    client, where = page_of(people["ann"]), f"/helpdesk/tickets/{ticket.pk}/"

    client.post(f"{where}say", {"text": "We look at it.", "kind": "comment", "once": "a"})
    elsewhere = client.get(where).content.decode()
    client.post(f"{where}say", {"text": "We send one.", "kind": "comment", "once": "b", "_guard": f"helpdesk.ticket%3A{ticket.pk}"})

    assert "data-saved" not in elsewhere
    assert f'data-saved="helpdesk.ticket%3A{ticket.pk}"' in client.get(where).content.decode()


def test_an_answer_that_is_too_long_is_refused_before_anything_is_queued(people: dict[str, User], ticket: Ticket) -> None:
    """SOC-35: 280 units; what was typed stays in the form."""
    words = "長い返事です。" * 21
    response = page_of(people["ann"]).post(f"/helpdesk/tickets/{ticket.pk}/say", {"text": words, "kind": "reply", "once": "a"})
    body = response.content.decode()

    assert response.status_code == 422
    assert "X takes 280 units, and with the name in front this counts 307: 27 too many." in body
    assert words in body
    assert not Delivery.objects.exists()
    assert not Entry.objects.filter(kind="reply").exists()


def test_a_post_that_is_gone_says_so(people: dict[str, User], sandbox: Control, ticket: Ticket) -> None:
    """SOC-19, SOC-5: the answer failed with its reason, and the post is marked deleted."""
    post = Post.objects.get(text__contains="grinder is broken")
    sandbox.delete_post(post.outside_id)
    answer(people, ticket)
    drain()
    body = page(people, ticket)

    assert Delivery.objects.get().state == "failed"
    assert "Not sent:" in body
    assert Ticket.objects.get().status == "open"
    with pytest.raises(Refused, match="has not gone out"):
        run("helpdesk.close", Ticket.objects.get(), actor=Actor(people["ann"]))


def test_who_lost_the_right_does_not_send_from_the_queue(people: dict[str, User], sandbox: Control, ticket: Ticket) -> None:
    """F23: the task does nothing and says why."""
    answer(people, ticket)
    AppAccess.objects.filter(user=people["ann"], app="helpdesk").delete()
    drain()

    assert on_x(sandbox) == []
    assert Delivery.objects.get().state == "held"
    assert Delivery.objects.get().reason == "The person who wrote this may not answer tickets any more."


def test_a_channel_that_was_disconnected_sends_nothing(people: dict[str, User], sandbox: Control, ticket: Ticket) -> None:
    """T6, F23: unlinked while it waits."""
    answer(people, ticket)
    root = page_of(people["root"])
    root.post("/me/security/again", {"current_password": "pw"})
    root.post(f"/social/settings/channels/{Channel.objects.get().pk}/disconnect")
    drain()

    assert on_x(sandbox) == []
    assert Delivery.objects.get().state == "held"


def test_a_worker_that_died_while_sending_is_looked_after(people: dict[str, User], sandbox: Control, ticket: Ticket) -> None:
    """F1, SOC-6: killed after the call and before the result: the next worker finds it there."""
    answer(people, ticket)
    job = Job.objects.get(state="waiting", kind="exchange.deliver")
    real = outbox._settle

    class Killed(BaseException):
        pass

    def killed(*_args: object, **_more: object) -> None:
        raise Killed

    outbox._settle = killed  # type: ignore[assignment]
    try:
        with pytest.raises(Killed):
            engine.work(job.pk)
    finally:
        outbox._settle = real
    assert (on_x(sandbox), Delivery.objects.get().state) == (["@emma_w_2026 We send a new one."], "sending")

    later(5)
    assert (on_x(sandbox), Delivery.objects.get().state) == (["@emma_w_2026 We send a new one."], "sent")


def test_a_worker_that_woke_too_late_sends_nothing(
    people: dict[str, User], sandbox: Control, ticket: Ticket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F3: it asks for its lease right before the request leaves."""
    answer(people, ticket)
    job = Job.objects.get(state="waiting", kind="exchange.deliver")
    from core.remote.wires import Wire

    real, asleep = Wire._send, [True]

    def slow(self: Wire, *args: object, **more: object) -> object:
        if asleep:
            asleep.clear()
            with time_machine.travel(clock.now() + timedelta(seconds=200), tick=True):
                engine.work(job.pk)
        return real(self, *args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Wire, "_send", slow)
    engine.work(job.pk)
    later(5)
    later(5)

    assert len(on_x(sandbox)) <= 1
    assert Delivery.objects.get().state in {"sent", "unknown"}


def test_a_reply_written_while_another_came_in_is_held_for_a_look(people: dict[str, User], sandbox: Control, ticket: Ticket) -> None:
    """HD-4: two agents on one ticket."""
    seen = Entry.objects.get().pk
    run("helpdesk.reply", ticket, actor=Actor(people["bob"]), text="Bob was faster.")
    response = page_of(people["ann"]).post(
        f"/helpdesk/tickets/{ticket.pk}/say", {"text": "Mine", "kind": "reply", "seen": str(seen), "once": "x"}
    )

    assert response.status_code == 409
    assert "while you wrote" in response.content.decode()
    assert ">Mine</textarea>" in response.content.decode()
    assert Entry.objects.filter(text="Mine").count() == 0


def test_only_who_works_in_the_help_desk_sees_and_answers(people: dict[str, User], ticket: Ticket) -> None:
    """ADM-4, HD-1: rights on both sides."""
    dave, carol = page_of(people["dave"]), page_of(people["carol"])
    path = f"/helpdesk/tickets/{ticket.pk}/"

    assert [dave.get(url).status_code for url in ("/helpdesk/", path, f"{path}entries", "/helpdesk/tickets/")] == [404, 404, 404, 404]
    assert [dave.post(f"{path}{end}", {"text": "x"}).status_code for end in ("say", "close", "assign")] == [404, 404, 404]
    assert carol.get(path).status_code == 200
    with pytest.raises(Forbidden):
        run("helpdesk.reply", ticket, actor=Actor(people["dave"]), text="x")
    with pytest.raises(Refused, match="does not work in the help desk"):
        run("helpdesk.assign", ticket, actor=Actor(people["ann"]), agent=people["dave"].pk)
    assert "My grinder is broken" not in dave.get("/search", {"q": "grinder"}).content.decode()


def test_an_agent_sees_of_the_customer_only_what_the_gate_lets_through(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """PLT-24: the person pane asks the gate; carol's team does not see ann's private lead."""
    from core.record.write import create

    create("crm.lead", actor=Actor(people["ann"]), family_name="Wright", given_name="Emma", company="Secret Bakery", x_handle="emma_w_2026")
    sandbox.say("emma_w_2026", "@enishi_demo Hello again")
    poll()
    ticket = run("helpdesk.open_ticket", Post.objects.get(text__contains="Hello again"), actor=Actor(people["ann"]), department="sales")

    assert ticket.lead is not None
    assert "Secret Bakery" in page_of(people["ann"]).get(f"/helpdesk/tickets/{ticket.pk}/").content.decode()
    assert "Secret Bakery" not in page_of(people["carol"]).get(f"/helpdesk/tickets/{ticket.pk}/").content.decode()


def test_the_conversation_is_sent_again_only_when_it_changed(people: dict[str, User], ticket: Ticket) -> None:
    """PLT-2: a page that asks every few seconds costs next to nothing."""
    ann, path = page_of(people["ann"]), f"/helpdesk/tickets/{ticket.pk}/entries"
    first = ann.get(path)
    etag = first.headers["ETag"]

    assert ann.get(path, {"seen": etag.strip('"')}).status_code == 204
    assert ann.get(path, headers={"If-None-Match": etag}).status_code == 304
    run("helpdesk.comment", ticket, actor=Actor(people["bob"]), text="Look at <b>this</b>")
    again = ann.get(path, {"seen": etag.strip('"')})
    assert again.status_code == 200
    assert "Look at &lt;b&gt;this&lt;/b&gt;" in again.content.decode()


def test_a_comment_never_goes_out(people: dict[str, User], sandbox: Control, ticket: Ticket) -> None:
    """HD-1."""
    page_of(people["ann"]).post(f"/helpdesk/tickets/{ticket.pk}/say", {"text": "We send a new one.", "kind": "comment", "once": "c"})
    drain()

    assert on_x(sandbox) == []
    assert not Delivery.objects.exists()
    assert "internal comment" in page(people, ticket)


def test_an_answer_goes_to_what_is_still_there(people: dict[str, User], sandbox: Control, ticket: Ticket) -> None:
    """HD-11, SOC-6: the customer's newest post was binned; the answer goes to the one before it, and is not merely noted."""
    first = Post.objects.get(text__contains="grinder is broken")
    sandbox.say("emma_w_2026", "@enishi_demo Hello?", reply_to=first.outside_id)
    poll()
    newest = Post.objects.get(text__contains="Hello?")
    assert list(ticket.entries.order_by("pk").values_list("record_id", flat=True)) == [first.pk, newest.pk]
    delete(newest, actor=Actor(people["ann"]))
    assert "Nothing is sent from here" not in page(people, ticket)

    ann = page_of(people["ann"])
    said = ann.post(f"/social/posts/{first.pk}/do/social.reply", {"text": "We send a new one.", "once": "r"})
    assert said.status_code == 302
    drain()

    assert on_x(sandbox) == ["@emma_w_2026 We send a new one."]
    assert Delivery.objects.get().target["answers"] == first.outside_id
    ticket.refresh_from_db()
    assert ticket.status == "waiting" and ticket.first_answered_at is not None
