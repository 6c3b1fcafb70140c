"""Who has the CRM without the Social app: the feature *Social: personal profiles* is enough on the page of a record (SOC-17)."""

from __future__ import annotations

from typing import Any

import pytest

from core.access.models import Profile as Rights
from core.access.models import User
from core.action.registry import Forbidden, is_offered, run
from core.actor import Actor
from core.exchange.models import Delivery
from core.record.write import Refused
from core.stamps import bump
from core.work.jobs import drain
from sandbox.running import Control
from social.models import Channel, Message, Post
from social.people import tie
from tests import factories
from tests.cast import page_of
from tests.flows.conftest import poll

from .talk_cast import EMMA, asked, own_account, read_posts, talk, words


@pytest.fixture
def his(people: dict[str, User], sandbox: Control, settings: Any, emma: Any) -> Any:
    """Emma's lead is dave's, at a level where any account may answer."""
    sandbox.level("enterprise")
    settings.X_LEVEL = "enterprise"
    emma.owner = people["dave"]
    emma.save()
    return emma


def messages(record: Any) -> str:
    return f"/social/with/crm/leads/{record.pk}/messages"


def without(people: dict[str, User], *gone: str) -> None:
    usual = people["dave"].profile
    less = Rights.objects.create(name="Less", rights=usual.rights, features=[one for one in usual.features if one not in gone])
    User.objects.filter(pk=people["dave"].pk).update(profile=less)
    bump("users")


def test_he_reads_and_speaks_with_an_account_of_his_own(people: dict[str, User], sandbox: Control, his: Any) -> None:
    """SOC-13 to SOC-15: from the record's page; the post stays open for those who work in the app; no page of the app is linked."""
    dave = page_of(people["dave"])
    assert dave.get("/social/").status_code == 404
    page = words(dave, f"/crm/leads/{his.pk}/")
    assert "Where is my radio?" in page and "Sign in at X with your own account" in page and "/social/posts/" not in page
    post, mine = asked(), own_account(people["dave"], "kenji_tanaka")
    assert "You speak on X as @kenji_tanaka" in words(dave, talk(his))

    assert dave.post(talk(his, f"{post.pk}/say"), {"text": "It leaves today.", "once": "a"}).status_code == 302
    for verb in ("like", "repost"):
        dave.post(talk(his, f"{post.pk}/{verb}"), {"once": verb})
    dave.post(talk(his, f"mention/{post.profile_id}"), {"text": f"@{EMMA} Thank you!", "once": "b"})
    drain()
    rows = Delivery.objects.order_by("pk")
    assert [(one.action, one.state, one.connection_id) for one in rows] == [
        (verb, "sent", mine.pk) for verb in ("reply", "like", "repost", "post")
    ]
    page, timeline = words(dave, talk(his)), words(dave, f"/crm/leads/{his.pk}/timeline")
    assert "It leaves today." in page and f"{post.pk}/unlike" in page
    assert "Where is my radio?" in timeline and "It leaves today." in timeline
    assert "/social/posts/" not in page + timeline
    post.refresh_from_db()
    assert post.state == "open"

    sandbox.say(EMMA, "Nice weather")
    read_posts(dave, his)
    assert "Nice weather" in words(dave, talk(his, "?tab=posts"))


def test_he_writes_in_private_and_reads_nothing_of_the_houses(people: dict[str, User], sandbox: Control, his: Any) -> None:
    """SOC-14: a message with his own account, from the menu; what Emma wrote to the channel is not his to read, nor what ann wrote."""
    sandbox.do("message-as-customer", username=EMMA, text="To the shop alone")
    poll()
    assert Message.every.filter(text="To the shop alone").exists()
    dave = page_of(people["dave"])
    page = dave.get(messages(his))
    assert [one.speaker for one in page.context["lines"]] == [None] and "Sign in with your own account" in page.content.decode()
    mine = own_account(people["dave"], "kenji_tanaka")
    assert is_offered("social.message", his, people["dave"]) and messages(his) in words(dave, f"/crm/leads/{his.pk}/")
    page = dave.get(messages(his))
    assert [one.speaker.connection for one in page.context["lines"]] == [mine]
    assert dave.post(messages(his), {"text": "Hello Emma", "once": "m", "line": page.context["lines"][0].key}).status_code == 303
    drain()
    assert [(one.action, one.state, one.connection) for one in Delivery.objects.all()] == [("message", "sent", mine)]
    for address in (messages(his), talk(his, "?tab=messages"), f"/crm/leads/{his.pk}/timeline?show=message"):
        shown = words(dave, address)
        assert "Hello Emma" in shown and "To the shop alone" not in shown, address


def test_the_organisations_accounts_are_not_his(people: dict[str, User], channel: Channel, his: Any) -> None:
    """SOC-15, SOC-30: neither chosen, nor named by a forged form, nor taken where he has none of his own."""
    dave, user, post = page_of(people["dave"]), people["dave"], asked()
    house = channel.connection_id
    assert [one.others for one in dave.get(talk(his)).context["panel"]["voices"]] == [[]]
    for speaker in ("", str(house)):
        refused = dave.post(talk(his, f"{post.pk}/say"), {"text": "As the shop", "speaker": speaker})
        assert refused.status_code == 422
        for key in ("social.reply", "social.like", "social.repost"):
            with pytest.raises(Refused):
                run(key, post, actor=Actor(user), speaker=speaker, **({"text": "x"} if key == "social.reply" else {}))
        dave.post(talk(his, f"mention/{post.profile_id}"), {"text": f"@{EMMA} x", "speaker": speaker})
    dave.post(talk(his, "as"), {"as": f"x:{house}"})
    dave.post(messages(his), {"text": "As the shop", "line": f"{house}-{post.profile_id}"})
    assert not Delivery.objects.exists()

    own_account(user, "kenji_tanaka")
    assert dave.post(talk(his, f"{post.pk}/say"), {"text": "As the shop", "speaker": house}).status_code == 422
    with pytest.raises(Refused):
        run("social.reply", post, actor=Actor(user), text="x", speaker=str(house))
    assert not Delivery.objects.exists()


def test_without_the_feature_there_is_nothing(people: dict[str, User], his: Any) -> None:
    """SOC-17: no list, no tab, no line of the timeline, 404 on every page; what waits does not go out."""
    own_account(people["dave"], "kenji_tanaka")
    post = asked()
    page_of(people["dave"]).post(talk(his, f"{post.pk}/say"), {"text": "It leaves today.", "once": "a"})
    without(people, "social_personal")
    dave, user = page_of(people["dave"]), User.objects.get(pk=people["dave"].pk)
    page = words(dave, f"/crm/leads/{his.pk}/") + words(dave, f"/crm/leads/{his.pk}/timeline")
    assert not [one for one in ("social-talk", "social-profiles", "Where is my radio?", messages(his)) if one in page]
    for rest in ("", "?tab=messages", f"{post.pk}/say", f"{post.pk}/ways", f"mention/{post.profile_id}", "mentioned"):
        assert dave.get(talk(his, rest)).status_code == 404, rest
    for rest in ("as", "read", f"{post.pk}/say", f"{post.pk}/like", f"mention/{post.profile_id}"):
        assert dave.post(talk(his, rest), {"text": "x"}).status_code == 404, rest
    assert dave.get(messages(his)).status_code == 404 and not is_offered("social.message", his, user)
    with pytest.raises(Forbidden):
        run("social.like", post, actor=Actor(user))
    drain()
    assert Delivery.objects.get().state == "held"


def test_without_accounts_of_ones_own_he_reads(people: dict[str, User], his: Any) -> None:
    """SOC-17, SOC-20: *Manage social integrations* off: he sees what is said, and nothing is offered to say."""
    without(people, "social_integrations")
    dave = page_of(people["dave"])
    page, post = words(dave, talk(his)), asked()
    assert "Where is my radio?" in page and "Sign in at X" not in page and f"reply-{post.pk}" not in page
    assert dave.post(talk(his, f"{post.pk}/like")).status_code == 403
    assert dave.get(talk(his, f"{post.pk}/say")).status_code == 403


def test_another_persons_record_is_not_there(people: dict[str, User], his: Any) -> None:
    """PLT-24: a talk is what the record is: of carol's lead he hears nothing, and its posts are not reached by another's page."""
    theirs = factories.make_lead(people["carol"], family_name="Wright")
    tie(asked().profile, "crm.lead", theirs.pk)
    stranger = factories.make_lead(people["dave"], family_name="Other")
    own_account(people["dave"], "kenji_tanaka")
    dave = page_of(people["dave"])
    assert dave.get(talk(theirs)).status_code == 404
    assert dave.post(talk(stranger, f"{asked().pk}/like")).status_code == 404
    post = Post.objects.get(pk=asked().pk)
    assert not Delivery.objects.exists() and post.state == "open"


def test_pages_of_a_record_stand_in_the_bar_of_the_crm(people: dict[str, User], his: Any) -> None:
    """SOC-17: reached from a lead, they show the CRM's bar with Leads on, also for who has both apps; the Monitor keeps its own."""
    his.owner = people["ann"]
    his.save()
    ann = page_of(people["ann"])
    where = [talk(his), talk(his, f"{asked().pk}/say"), messages(his), f"/social/who/crm/leads/{his.pk}/x/"]
    for address in where:
        shown = ann.get(address).context
        assert (shown["app_here"].key, [str(one["label"]) for one in shown["side"] if one["on"]]) == ("crm", ["Leads"]), address
    for address in ("/social/", f"/social/posts/{asked().pk}/"):
        assert ann.get(address).context["app_here"].key == "social"
    assert ann.get(f"/crm/leads/{his.pk}/").context["app_here"].key == "crm"
