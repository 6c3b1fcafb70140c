"""What reading the code of the talk and of private messages found, mended: nothing twice, nothing lost, nobody else's."""

from __future__ import annotations

from typing import Any

from core.access.models import ModuleDefault, User
from core.access.models import Profile as Rights
from core.exchange.models import Delivery
from core.stamps import bump
from core.work.jobs import drain
from sandbox.running import Control
from social.models import Channel, Conversation
from tests.cast import page_of

from .linkedin_cast import at_level
from .linkedin_cast import own_account as at_linkedin
from .talk_cast import asked, own_account, talk, words
from .test_linkedin_messages import contact as at_linkedin_known
from .test_linkedin_messages import write
from .test_messages_page import LIAM, contact, where


def test_two_windows_repost_once(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-6: pressed in two windows before anything went out, it is done once; taken back, it can be done anew."""
    ann, post = page_of(people["ann"]), asked()
    for window in ("a", "b"):
        ann.post(talk(emma, f"{post.pk}/repost"), {"once": window})
    drain()
    ann.post(talk(emma, f"{post.pk}/repost"), {"once": "c"})
    assert list(Delivery.objects.values_list("action", "state")) == [("repost", "sent")]
    ann.post(talk(emma, f"{post.pk}/unrepost"), {"once": "d"})
    ann.post(talk(emma, f"{post.pk}/repost"), {"once": "e"})
    drain()
    assert list(Delivery.objects.order_by("pk").values_list("action", flat=True)) == ["repost", "unrepost", "repost"]


def test_nobody_settles_the_organisations_with_an_account_of_their_own(
    people: dict[str, User], sandbox: Control, channel: Channel, emma: Any
) -> None:
    """SOC-15, SOC-17: who has the CRM alone sees what did not go out as the shop, and decides nothing about it."""
    post = asked()
    for rest, form in (
        (f"{post.pk}/say", {"text": "Soon", "once": "a"}),
        (f"mention/{post.profile_id}", {"text": "@emma_w_2026 Hi", "once": "b"}),
    ):
        assert page_of(people["ann"]).post(talk(emma, rest), form).status_code == 302
    Delivery.objects.update(state="failed")
    emma.owner = people["dave"]
    emma.save()
    own_account(people["dave"], "kenji_tanaka")
    dave = page_of(people["dave"])
    page = words(dave, talk(emma))
    assert "Soon" in page and "Send again" not in page
    for row in Delivery.objects.all():
        assert dave.post(talk(emma, f"settle/{row.pk}"), {"act": "again"}).status_code == 404
    assert set(Delivery.objects.values_list("state", flat=True)) == {"failed"}


def test_a_message_is_settled_by_who_has_the_switch(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-17: without *Social: personal profiles* there is no such page, to settle on neither."""
    liam, ann = contact(people, "x", LIAM), page_of(people["ann"])
    ann.post(where(liam), {"text": "Hello Liam"})
    Delivery.objects.update(state="failed")
    usual = people["ann"].profile
    less = Rights.objects.create(name="Less", rights=usual.rights, features=[one for one in usual.features if one != "social_personal"])
    User.objects.filter(pk=people["ann"].pk).update(profile=less)
    bump("users")
    assert ann.post(f"{where(liam)}/{Delivery.objects.get().pk}", {"again": "1"}).status_code == 404
    assert Delivery.objects.get().state == "failed"


def test_what_is_on_its_way_is_as_private_as_what_went_out(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """PLT-24, SOC-14: where private messages are private, nobody reads a colleague's that wait or failed; their writer does."""
    liam, ann = contact(people, "x", LIAM), page_of(people["ann"])
    ann.post(where(liam), {"text": "Between us two"})
    assert "Between us two" in words(page_of(people["bob"]), where(liam))
    ModuleDefault.objects.update_or_create(module="social.message", defaults={"default": "private"})
    bump("access")
    assert "Between us two" not in words(page_of(people["bob"]), where(liam))
    assert "Between us two" in words(page_of(people["ann"]), where(liam))


def test_a_history_whose_place_is_forgotten_is_read_from_the_newest_on(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-9, SOC-19: the network does not know the place any more; the button does not stay there to fail for ever."""
    liam, ann = contact(people, "x", LIAM), page_of(people["ann"])
    line = ann.get(where(liam)).context["line"].key
    ann.post(f"{where(liam)}/older", {"line": line, "newest": "1"})
    drain()
    Conversation.objects.update(older="gone-since-long")
    assert "Read earlier messages from the network" in words(ann, where(liam))
    ann.post(f"{where(liam)}/older", {"line": line})
    drain()
    talked = Conversation.objects.get(profile__outside_id=LIAM)
    assert (talked.older, bool(talked.last_error)) == ("", True)
    assert "Read earlier messages from the network" not in words(ann, where(liam))


def test_a_network_is_called_by_its_name(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-14: LinkedIn, as it writes itself, not Linkedin."""
    at_level(settings, linked, "historic")
    at_linkedin(people["ann"])
    harriet = at_linkedin_known(people)
    write(people["ann"], harriet, "Hello Harriet")
    drain()
    page = page_of(people["ann"]).get(where(harriet)).content.decode()
    assert "Hello Harriet" in page and "Linkedin" not in page
