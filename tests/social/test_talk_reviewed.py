"""What a review of answering, liking and settling found, mended: nothing lost, nothing from the wrong account, nobody else's."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.access.models import ModuleDefault, User
from core.access.models import Profile as Rights
from core.action.registry import Refused, run
from core.actor import Actor
from core.exchange.models import Delivery
from core.exchange.outbox import post as queue
from core.record.write import create
from core.stamps import bump
from core.work.jobs import drain
from sandbox.running import Control
from social.models import Channel, Post
from social.people import tie
from tests.cast import page_of
from tests.flows.conftest import poll

from .linkedin_cast import at_level
from .linkedin_cast import own_account as at_linkedin
from .talk_cast import asked, own_account, talk, words
from .test_linkedin import comment, first_post
from .test_messages_page import LIAM, contact, where


def with_rights(user: User, **rights: list[str]) -> None:
    """Somebody with the usual profile, but for these modules."""
    changed = {key.replace("__", "."): value for key, value in rights.items()}
    less = Rights.objects.create(name="Less", rights={**user.profile.rights, **changed}, features=user.profile.features)
    User.objects.filter(pk=user.pk).update(profile=less)
    bump("users")


def in_the_monitor(user: User, post: Post) -> str:
    page = page_of(user).get("/social/").content.decode()
    return page.split(f'id="post-{post.pk}"')[1].split("</li>")[0]


def test_no_repost_is_taken_back_where_the_network_cannot(
    company: Channel, linked: Control, people: dict[str, User], settings: Any
) -> None:
    """SOC-13: LinkedIn lets no software undo a repost: it is not offered, and an old page is told so."""
    at_level(settings, linked, "historic")
    at_linkedin(people["ann"], "aoki-shun")
    comment(linked, "いくらですか", post=first_post(linked))
    poll()
    post, ann = Post.objects.get(text="いくらですか"), page_of(people["ann"])
    hanako = create("crm.contact", actor=Actor(people["ann"]), family_name="佐藤")
    tie(post.profile, "crm.contact", hanako.pk)
    assert f'{post.pk}/repost"' in words(ann, talk(hanako))
    ann.post(talk(hanako, f"{post.pk}/repost"), {"once": "a"})
    assert Delivery.objects.get().action == "repost"

    page = words(ann, talk(hanako))
    assert f'{post.pk}/unrepost"' not in page and f'{post.pk}/repost"' not in page
    assert "does not let software do this" in ann.post(talk(hanako, f"{post.pk}/unrepost"), {"once": "b"}, follow=True).content.decode()
    assert ann.get(f"/social/posts/{post.pk}/do/social.unrepost").status_code == 403
    with pytest.raises(Refused, match="LinkedIn does not let software do this: Take the repost back"):
        run("social.unrepost", post, actor=Actor(people["ann"]))
    assert Delivery.objects.get().action == "repost"


def test_who_does_not_see_a_private_message_does_not_settle_it(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """PLT-24, SOC-14: what the list hides from a colleague is not there to be sent again or called off either."""
    liam = contact(people, "x", LIAM)
    page_of(people["ann"]).post(where(liam), {"text": "Between us two"})
    Delivery.objects.update(state="failed")
    ModuleDefault.objects.update_or_create(module="social.message", defaults={"default": "private"})
    bump("access")
    address = f"{where(liam)}/{Delivery.objects.get().pk}"
    assert "Between us two" not in words(page_of(people["bob"]), where(liam))
    assert page_of(people["bob"]).post(address, {"again": "1"}).status_code == 404
    assert Delivery.objects.get().state == "failed"
    assert page_of(people["ann"]).post(address, {"again": "1"}).status_code == 303
    assert Delivery.objects.get().state == "waiting"


def test_who_may_only_see_the_ticket_keeps_what_they_typed(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """HD-11, PLT-11: the answer belongs to the ticket; who may not answer there is told so, and nothing goes around it."""
    post = asked()
    run("helpdesk.open_ticket", post, actor=Actor(people["bob"]), department="support")
    with_rights(people["ann"], helpdesk__ticket=["view"])
    ann = page_of(people["ann"])
    for address in (f"/social/posts/{post.pk}/do/social.reply", talk(emma, f"{post.pk}/say")):
        said = ann.post(address, {"text": "It leaves today.", "once": address})
        page = said.content.decode()
        assert said.status_code == 409
        assert "which you may see but not answer" in page and "It leaves today.</textarea>" in page
    assert not Delivery.objects.exists()


def test_a_ticket_is_answered_by_the_shop_unless_somebody_says_otherwise(
    people: dict[str, User], sandbox: Control, settings: Any, emma: Any
) -> None:
    """SOC-15, HD-11: an agent with accounts of their own alone finds the channel chosen, and sends with it."""
    sandbox.level("enterprise")
    settings.X_LEVEL = "enterprise"
    with_rights(people["ann"], social__post=["view"])
    mine = [own_account(people["ann"], name) for name in ("kenji_tanaka", "liam_obrien")]
    ticket = run("helpdesk.open_ticket", asked(), actor=Actor(people["bob"]), department="support")
    ann = page_of(people["ann"])
    options = re.findall(r'<option value="(\d*)"[^>]*>([^<]*)', words(ann, f"/helpdesk/tickets/{ticket.pk}/").split('name="speaker"')[1])
    assert options[0] == ("", "@enishi_demo")
    assert {key for key, _name in options[1:3]} == {str(one.pk) for one in mine}

    ann.post(f"/helpdesk/tickets/{ticket.pk}/say", {"text": "It leaves today.", "kind": "reply", "speaker": "", "once": "a"})
    drain()
    assert [(one.connection.handle, one.state) for one in Delivery.objects.select_related("connection")] == [("enishi_demo", "sent")]


def test_a_colleagues_private_like_is_not_the_shops(people: dict[str, User], sandbox: Control, settings: Any, emma: Any) -> None:
    """SOC-13, SOC-15: the Monitor says whether the account that would act likes it."""
    sandbox.level("enterprise")
    settings.X_LEVEL = "enterprise"
    post, mine = asked(), own_account(people["ann"], "kenji_tanaka")
    channel = Channel.objects.get()
    target = {"item": post.outside_id}
    queue(connection=mine, action="like", key="a", target=target, asked_by=people["ann"], module="social.post", record_id=post.pk)
    assert "social.like" in in_the_monitor(people["bob"], post)
    queue(
        connection=channel.connection,
        action="like",
        key="b",
        target=target,
        asked_by=people["bob"],
        module="social.post",
        record_id=post.pk,
    )
    assert "social.unlike" in in_the_monitor(people["bob"], post)


def test_who_has_no_account_is_asked_to_sign_in_in_the_monitor(people: dict[str, User], sandbox: Control, settings: Any, emma: Any) -> None:
    """SOC-15: who reads the app alone has no buttons that only say that no account is connected."""
    sandbox.level("enterprise")
    settings.X_LEVEL = "enterprise"
    with_rights(people["ann"], social__post=["view"])
    post = asked()
    shown = in_the_monitor(people["ann"], post)
    assert "/me/social/connect/x/?back=%2Fsocial%2F" in shown
    assert not re.search(r"do/social\.(reply|like|comment)", shown)

    own_account(people["ann"], "kenji_tanaka")
    shown = in_the_monitor(people["ann"], post)
    assert "/me/social/connect/x/" not in shown and "do/social.reply" in shown and "do/social.like" in shown
