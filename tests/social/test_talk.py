"""Talking with the customer from the page of a lead, a contact or an account: over the sandbox's HTTP, as a reader does."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.access.models import User
from core.action.registry import run
from core.actor import Actor
from core.event.models import Event
from core.exchange.models import Delivery
from core.stamps import bump
from core.work.jobs import drain
from sandbox.running import Control
from social import own
from social.connecting import connect_sandbox
from social.models import Brand, Channel, Post, Profile, Spoken, Stream
from social.people import tie
from tests import factories
from tests.cast import page_of
from tests.flows.conftest import poll

from .facebook_cast import connected
from .talk_cast import EMMA, asked, own_account, read_posts, talk, words


def test_what_somebody_said_is_answered_in_its_place_and_once(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-13, SOC-6: reply from the record's page; a double click goes out once; its state is shown beside the post."""
    ann, post = page_of(people["ann"]), asked()
    page = words(ann, f"/crm/leads/{emma.pk}/")
    assert "Where is my radio?" in page and f'id="reply-{post.pk}"' in page
    form = {"text": "It leaves today.", "once": "a-token", "back": f"/crm/leads/{emma.pk}/"}
    address = talk(emma, f"{post.pk}/say")

    first, second = ann.post(address, form), ann.post(address, form)

    assert (first.status_code, first.headers["Location"]) == (302, f"/crm/leads/{emma.pk}/#social-talk")
    assert second.status_code == 302
    assert "On its way" in words(ann, f"/crm/leads/{emma.pk}/")
    drain()
    assert [one["text"] for one in sandbox.posts(username="enishi_demo")][:1] == [f"@{EMMA} It leaves today."]
    assert Delivery.objects.filter(action="reply").count() == 1
    page = words(ann, f"/crm/leads/{emma.pk}/")
    assert "It leaves today." in page and "as @enishi_demo" in page
    post.refresh_from_db()
    assert post.state == "done"


def test_a_part_comes_to_htmx_and_nothing_typed_is_lost(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-13: the form in its place; too long a text comes back with what was typed and what is wrong with it."""
    ann, post = page_of(people["ann"]), asked()
    part = {"HTTP_HX_REQUEST": "true"}
    form = ann.get(talk(emma, f"{post.pk}/say"), **part).content.decode()
    assert form.count("<form") == 1 and "<html" not in form and "of 280 left." in form
    long = "すぐ確認します。" * 30
    refused = ann.post(talk(emma, f"{post.pk}/say"), {"text": long}, **part)
    assert refused.status_code == 422
    assert long in refused.content.decode() and "too many" in refused.content.decode()
    count = ann.post(talk(emma, f"{post.pk}/say"), {"text": "see https://example.com/a", "count": "1"}, **part).content.decode()
    assert "charges about US$ 0.200" in count and not Delivery.objects.exists()
    done = ann.post(talk(emma, f"{post.pk}/say"), {"text": "Soon."}, **part).content.decode()
    assert 'hx-swap-oob="true"' in done and "Soon." in done and "On its way" in done
    drain()
    assert "Sent" in ann.get(talk(emma, f"{post.pk}/ways"), **part).content.decode()


def test_what_the_level_does_not_allow_says_why_and_opens_the_network(
    people: dict[str, User], sandbox: Control, settings: Any, emma: Any
) -> None:
    """SOC-1, SOC-13: likes at X are for enterprise customers; the page of X does it. With the level the button does."""
    ann, post = page_of(people["ann"]), asked()
    page = words(ann, talk(emma))
    assert f"/intent/like?tweet_id={post.outside_id}" in page and "only for enterprise customers" in page
    assert ann.post(talk(emma, f"{post.pk}/like"), **{"HTTP_HX_REQUEST": "true"}).status_code in {403, 409}
    sandbox.level("enterprise")
    settings.X_LEVEL = "enterprise"
    assert "The permission like.read, like.write is missing" in words(ann, talk(emma))
    connect_sandbox(people["root"], Brand.objects.get())
    for verb, back in (("like", "unlike"), ("repost", "unrepost")):
        assert f'{post.pk}/{verb}"' in words(ann, talk(emma))
        for _press in range(2):
            ann.post(talk(emma, f"{post.pk}/{verb}"), {"once": verb})
        drain()
        assert f'{post.pk}/{back}"' in words(ann, talk(emma))
        assert list(Delivery.objects.filter(action=verb).values_list("state", flat=True)) == ["sent"]
        ann.post(talk(emma, f"{post.pk}/{back}"), {"once": back})
        drain()
        assert f'{post.pk}/{verb}"' in words(ann, talk(emma))


def test_who_has_no_account_is_asked_to_sign_in_and_then_chooses(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-15: the organisation's accounts and one's own; the choice is remembered; what goes out goes out with it."""
    ann, post = page_of(people["ann"]), asked()
    page = words(ann, talk(emma))
    assert "You speak on X as @enishi_demo" in page and "/me/social/connect/x/" in page
    mine = own_account(people["ann"], "kenji_tanaka")
    page = words(ann, talk(emma))
    assert "@kenji_tanaka" in page and "your own account" in page and "/me/social/connect/x/" not in page

    ann.post(talk(emma, "as"), {"as": f"x:{mine.pk}"})

    assert Spoken.objects.get(user=people["ann"]).connection == mine
    assert "You speak on X as @kenji_tanaka" in words(ann, talk(emma))
    ann.post(talk(emma, f"{post.pk}/repost"), {"once": "r"})
    drain()
    sent = Delivery.objects.get()
    assert (sent.connection, sent.state) == (mine, "sent")
    # X lets only the account that was called answer: the answer is offered with that one, without a choice.
    form = ann.get(talk(emma, f"{post.pk}/say")).content.decode()
    assert re.search(r'@enishi_demo<input type="hidden" name="speaker" value="\d+">', form)


def test_nobody_speaks_with_what_is_not_theirs(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-15, PLT-23: a colleague's own account cannot be named, nor a foreign record's posts, nor without the right."""
    mine = own_account(people["ann"], "kenji_tanaka")
    bob, post = page_of(people["bob"]), asked()
    bob.post(talk(emma, "as"), {"as": f"x:{mine.pk}"})
    assert not Spoken.objects.exists()
    refused = bob.post(talk(emma, f"{post.pk}/say"), {"text": "Hello", "speaker": str(mine.pk)})
    assert refused.status_code == 422 and not Delivery.objects.exists()
    other = factories.make_lead(people["ann"], family_name="Nobody", given_name="")
    assert bob.get(talk(other)).status_code == 404
    assert bob.get(talk(other, f"{post.pk}/say")).status_code == 404
    carol = page_of(people["carol"])
    assert [carol.get(talk(emma)).status_code, carol.post(talk(emma, f"{post.pk}/like")).status_code] == [404, 404]


@pytest.mark.parametrize("why", ["deactivated", "feature", "taken off"])
def test_what_waits_for_an_own_account_stays_when_its_owner_may_not(people: dict[str, User], sandbox: Control, emma: Any, why: str) -> None:
    """SOC-15, F23: asked for, and not allowed any more when it leaves: it is held and says why."""
    ann = page_of(people["ann"])
    mine = own_account(people["ann"], "kenji_tanaka")
    ann.post(talk(emma, "as"), {"as": f"x:{mine.pk}"})
    ann.post(talk(emma, f"{asked().pk}/repost"), {"once": "r"})
    if why == "deactivated":
        User.objects.filter(pk=people["ann"].pk).update(is_active=False)
    elif why == "feature":
        profile = people["ann"].profile
        profile.features = [one for one in profile.features if one != "social_personal"]
        profile.save()
        bump("access")
    else:
        own.leave(mine)
    drain()

    held = Delivery.objects.get(action="repost")
    assert held.state == "held" and held.why
    assert not [one for one in sandbox.requests() if "retweets" in one["path"]]


def test_a_post_that_mentions_the_person(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-14: with the name in it, with room and cost told, once, with its state and its place in the record's timeline."""
    ann, profile = page_of(people["ann"]), Profile.objects.get(handle=EMMA)
    assert f"mention/{profile.pk}" in words(ann, f"/crm/leads/{emma.pk}/")
    form = words(ann, talk(emma, f"mention/{profile.pk}"))
    assert f"@{EMMA} </textarea>" in form and "charges about US$ 0.015" in form
    for wrong, told in ((f"@{EMMA}", "Nothing is said yet"), ("Thank you!", "does not mention"), (f"@{EMMA} " + "あ" * 140, "too many")):
        answer = ann.post(talk(emma, f"mention/{profile.pk}"), {"text": wrong})
        assert answer.status_code == 422 and told in answer.content.decode() and wrong in answer.content.decode()
    for _click in range(2):
        ann.post(talk(emma, f"mention/{profile.pk}"), {"text": f"Thank you, @{EMMA}!", "once": "p"})
    assert "On its way" in words(ann, f"/crm/leads/{emma.pk}/")
    drain()

    assert [one["text"] for one in sandbox.posts(username="enishi_demo")][:1] == [f"Thank you, @{EMMA}!"]
    assert Delivery.objects.filter(action="post").count() == 1
    timeline = words(ann, f"/crm/leads/{emma.pk}/timeline")
    assert f"Thank you, @{EMMA}!" in timeline


def test_a_failed_delivery_says_why_and_is_sent_again(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-6: waiting, sent, failed and why, again, from where it stands."""
    ann, post = page_of(people["ann"]), asked()
    sandbox.fault("empty", 1, status=403)
    ann.post(talk(emma, f"{post.pk}/say"), {"text": "It leaves today."})
    drain()
    row = Delivery.objects.get()
    page = words(ann, talk(emma))
    assert row.state == "failed" and "Not sent:" in page and "Send again" in page
    ann.post(talk(emma, f"settle/{row.pk}"), {"act": "again"})
    drain()
    row.refresh_from_db()
    assert row.state == "sent" and "Send again" not in words(ann, talk(emma))


def test_nobody_else_sends_again_what_an_own_account_did_not(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-15, PLT-23: with somebody's own account only they speak: again, or not at all."""
    ann, mine = page_of(people["ann"]), own_account(people["ann"], "kenji_tanaka")
    ann.post(talk(emma, "as"), {"as": f"x:{mine.pk}"})
    sandbox.fault("empty", 1, status=403)
    ann.post(talk(emma, f"{asked().pk}/repost"), {"once": "r"})
    drain()
    row = Delivery.objects.get()
    assert row.state == "failed" and "Send again" in words(ann, talk(emma))

    root = page_of(people["root"])
    assert "Send again" not in words(root, talk(emma))
    assert root.post(talk(emma, f"settle/{row.pk}"), {"act": "again"}).status_code == 404
    row.refresh_from_db()
    assert row.state == "failed"


def test_what_we_did_stands_on_the_timeline_of_the_record(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-13, SOC-17: who of us did what with which account; not for who may not see people's profiles."""
    ann, post = page_of(people["ann"]), asked()
    ann.post(talk(emma, f"{post.pk}/say"), {"text": "It leaves today."})
    ann.post(talk(emma, f"{post.pk}/repost"), {"once": "r"})
    drain()
    page = words(ann, f"/crm/leads/{emma.pk}/timeline")
    assert "It leaves today." in page and "Repost" in page and "at the network, as" in page
    profile = people["ann"].profile
    profile.features = [one for one in profile.features if one != "social_personal"]
    profile.save()
    bump("access")
    assert "at the network, as" not in words(ann, f"/crm/leads/{emma.pk}/timeline")


def test_without_the_switch_nothing_of_it_is_there(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-17."""
    ann, profile = page_of(people["ann"]), people["ann"].profile
    profile.features = [one for one in profile.features if one != "social_personal"]
    profile.save()
    bump("access")
    assert "social-talk" not in words(ann, f"/crm/leads/{emma.pk}/")
    post = asked().pk
    assert {ann.get(talk(emma, rest)).status_code for rest in ("", f"{post}/say", f"{post}/ways")} <= {403, 404}


def test_a_talk_asks_as_much_for_one_post_as_for_twenty(
    people: dict[str, User], sandbox: Control, emma: Any, django_assert_num_queries: Any
) -> None:
    """SOC-13: a fixed number of queries, on the page of the talk and on the record's."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    ann = page_of(people["ann"])

    def counted(address: str) -> int:
        ann.get(address)
        with CaptureQueriesContext(connection) as seen:
            assert ann.get(address).status_code == 200
        return len(seen.captured_queries)

    addresses = (talk(emma), talk(emma, "?tab=posts"), f"/crm/leads/{emma.pk}/")
    ann.post(talk(emma, f"{asked().pk}/repost"), {"once": "r"})
    read_posts(ann, emma)
    few = [counted(one) for one in addresses]
    for number in range(12):
        sandbox.say(EMMA, f"@enishi_demo question {number}")
        sandbox.say(EMMA, f"Number {number}")
    poll()
    read_posts(ann, emma, "again")
    many = [counted(one) for one in addresses]
    assert [after <= before for before, after in zip(few, many, strict=True)] == [True, True, True], (few, many)


def test_a_page_comments_and_likes_what_somebody_said_to_it(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-13: at Facebook a word below a post is a comment, a like is a button, and there is no repost; nobody's posts are read."""
    said = graph.do("facebook/post", person="佐藤 花子", text="営業時間を教えてください")["post"]["id"]
    poll()
    post = Post.objects.get(outside_id=said)
    hanako = factories.make_lead(people["ann"], family_name="佐藤", given_name="花子")
    tie(post.profile, "crm.lead", hanako.pk)
    ann = page_of(people["ann"])
    page = words(ann, talk(hanako))
    assert f'id="comment-{post.pk}"' in page and f"{post.pk}/like" in page and "Repost" not in page

    ann.post(talk(hanako, f"{post.pk}/say"), {"text": "10時から18時までです。", "once": "a"})
    for _press in range(2):
        ann.post(talk(hanako, f"{post.pk}/like"), {"once": "b"})
    # While the like is on its way this part replaces itself: what is written beside it has a place of its own, whatever the part says.
    assert re.search(rf'hx-trigger="every .*id="comment-{post.pk}"[^>]*hx-swap="innerHTML"', words(ann, talk(hanako)))
    drain()

    assert list(Delivery.objects.order_by("pk").values_list("action", "state")) == [("comment", "sent"), ("like", "sent")]
    page = words(ann, talk(hanako))
    assert f"{post.pk}/unlike" in page and "10時から18時までです。" in page
    posts = words(ann, talk(hanako, "?tab=posts"))
    assert "their own posts stay private" in posts and "Open on Facebook" in posts
    graph.do("facebook/edit", id=said, text="営業時間と定休日を教えてください")
    Stream.objects.update(since_id="")
    poll()
    assert "Edited" in words(ann, talk(hanako)) and "定休日" in words(ann, talk(hanako))


def test_people_of_a_company_and_two_networks_are_filtered(channel: Channel, graph: Control, people: dict[str, User]) -> None:
    """SOC-13, CRM-9: an account shows what its people said; by network, and all."""
    connected(people["root"], channel.brand)
    drain()
    graph.do("facebook/post", person="佐藤 花子", text="駐車場はありますか")
    graph.say(EMMA, "@enishi_demo Where is my radio?")
    poll()
    account = factories.make_account(people["ann"])
    contact = factories.make_contact(people["ann"], account=account.pk)
    for text in ("駐車場はありますか", "@enishi_demo Where is my radio?"):
        tie(Post.objects.get(text=text).profile, "crm.contact", contact.pk)
    ann = page_of(people["ann"])

    both, x, facebook = (words(ann, talk(account, rest)) for rest in ("", "?net=x", "?net=facebook"))
    assert [("radio" in page, "駐車場" in page) for page in (both, x, facebook)] == [(True, True), (True, False), (False, True)]
    assert "You speak on X as" in both and "You speak on Facebook as" in both


def test_a_ticket_and_the_monitor_offer_the_accounts_that_can(
    people: dict[str, User], sandbox: Control, settings: Any, channel: Channel, emma: Any
) -> None:
    """SOC-15: with a contract that lets any account answer, the ticket's answer and the Monitor's go out with the one that is chosen."""
    sandbox.level("enterprise")
    settings.X_LEVEL = "enterprise"
    mine, post, ann = own_account(people["ann"], "kenji_tanaka"), asked(), page_of(people["ann"])
    assert f'<option value="{mine.pk}"' in words(ann, f"/social/posts/{post.pk}/do/social.reply")
    ticket = run("helpdesk.open_ticket", post, actor=Actor(people["ann"]), department="support")
    page = words(ann, f"/helpdesk/tickets/{ticket.pk}/")
    assert f'<option value="{mine.pk}"' in page

    ann.post(f"/helpdesk/tickets/{ticket.pk}/say", {"text": "It leaves today.", "kind": "reply", "speaker": mine.pk})
    drain()
    ann.post(talk(emma, f"{post.pk}/say"), {"text": "And arrives tomorrow.", "speaker": mine.pk})
    drain()

    sent = Delivery.objects.order_by("pk")
    assert [(one.connection, one.state, one.module) for one in sent] == [(mine, "sent", "helpdesk.ticket")] * 2
    ours = Post.objects.get(text__contains="leaves today")
    assert (ours.ours, ours.channel, ours.author_handle) == (True, None, "kenji_tanaka")
    poll()
    assert not Event.objects.filter(kind="arrived", record_id=ours.pk).exists()


def test_whoever_took_their_account_off_is_a_customer_again(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-13, SOC-20: what one says with an account of one's own is ours; once it is taken off, its words call us and can be answered."""
    mine = own_account(people["ann"], EMMA)
    sandbox.say(EMMA, "@enishi_demo said as one of you")
    poll()
    own.leave(mine)
    drain()
    sandbox.say(EMMA, "@enishi_demo said as a customer")
    poll()

    posts = Post.objects.filter(text__contains=" said as ").order_by("said_at")
    assert [(one.ours, one.kind) for one in posts] == [(True, "post"), (False, "mention")]
    assert f'id="reply-{posts[1].pk}"' in words(page_of(people["ann"]), talk(emma))
