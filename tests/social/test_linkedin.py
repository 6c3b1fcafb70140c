"""What happens on a company page comes here once, with who it was; people and posts, where the level has them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from core import clock
from core.access.models import User
from core.exchange.models import Delivery
from core.remote.abilities import Can
from core.remote.errors import Faulty, Gone, LimitedToday, NotAllowed, RemoteError, Revoked
from core.remote.wires import Wire
from core.work.jobs import drain
from sandbox.running import Control
from social import pull
from social.models import Brand, Channel, Post, Profile, Stream
from social.networks.items import Page, Person, Said
from social.networks.linkedin import restli
from tests.cast import page_of
from tests.flows.conftest import poll

from .linkedin_cast import HANAKO, HARRIET, MEI, MIWAKO, PAGE, RYO, at_level, connected, forget, net, own_account


def comment(control: Control, text: str, member: str = "sato-hanako", **more: Any) -> str:
    if not more:
        more = {"post": control.get("linkedin/posts")["posts"][0]["urn"]}
    return str(control.do("linkedin/comment", member=member, text=text, **more)["comment"]["urn"])


def calls(control: Control, endpoint: str = "") -> int:
    """How many calls of LinkedIn there were."""
    return len([one for one in control.get("linkedin/requests", limit=1000)["requests"] if endpoint in one["endpoint"]])


def first_post(control: Control) -> str:
    """The newest post of our page."""
    return next(str(one["urn"]) for one in control.get("linkedin/posts")["posts"] if one["author"] == PAGE)


def test_what_was_there_before_us_is_found_and_is_no_work(company: Channel) -> None:
    """SOC-5: comments, mentions and shares of sixty days, each with its author's name; ours are ours."""
    posts = {one.text: one for one in Post.objects.filter(channel=company)}
    asked = posts["法人での予約もできますか(10セットほど)?"]
    shared = posts["Worth a look for anyone who runs an office kitchen."]
    assert (asked.author_name, asked.author_handle, asked.kind, asked.profile.outside_id) == ("北野 亮", "kitano-ryo", "reply", RYO)
    assert asked.conversation.startswith("urn:li:share:")
    assert (shared.author_name, shared.kind) == ("Marcus Lane", "mention")
    assert any("grinder of 縁デモ株式会社" in text for text in posts)
    assert not Stream.objects.exclude(last_error="").exists()


def test_a_comment_arrives_once(company: Channel, linked: Control, people: dict[str, User]) -> None:
    """SOC-5, SOC-13: polled again it is the same; it leads to LinkedIn; who wrote it is a profile by LinkedIn's own id."""
    before = Post.objects.count()
    said = comment(linked, "納期はどのくらいですか? (至急) #見積", "sato-hanako", post=first_post(linked))
    for _round in range(3):
        poll()
    post = Post.objects.get(outside_id=said)
    assert (post.text, post.author_name, post.state, post.ours) == ("納期はどのくらいですか? (至急) #見積", "佐藤 花子", "open", False)
    assert Post.objects.count() == before + 1
    assert Profile.objects.get(network="linkedin", outside_id=HANAKO).bio == "購買部 課長"
    assert post.link.startswith(f"{linked.url}/feed/update/urn:li:activity:")
    page = page_of(people["root"], fresh=True).get("/social/").content.decode()
    assert "納期はどのくらいですか" in page
    assert "Open on LinkedIn" in page


def test_a_mention_and_a_deletion(company: Channel, linked: Control) -> None:
    """SOC-5: a post that names us is a mention; what was taken back is marked so, by polling alone."""
    post = linked.do("linkedin/post", member="harriet-whitmore", text="were kind to us.", mention="enishi-demo")["post"]["urn"]
    said = comment(linked, "Please ignore", "harriet-whitmore", post=first_post(linked))
    poll()
    linked.do("linkedin/delete", comment=said)
    poll()
    mention, gone = Post.objects.get(outside_id=post), Post.objects.get(outside_id=said)
    assert (mention.kind, mention.author_name, mention.text) == ("mention", "Harriet Whitmore", "縁デモ株式会社 were kind to us.")
    assert (gone.deleted_on_network, mention.deleted_on_network) == (True, False)


def test_other_words_of_a_comment(company: Channel, linked: Control) -> None:
    """SOC-5: what was changed there is changed here, also twice, also where both come with one reading."""
    said = comment(linked, "水曜に届きますか", post=first_post(linked))
    poll()
    for words in ("木曜に届きますか", "金曜に届きますか"):
        linked.do("linkedin/edit-comment", comment=said, text=words)
    for _round in range(2):
        poll()
    assert Post.objects.get(outside_id=said).text == "金曜に届きますか"


def test_many_comments_are_read_in_pages(company: Channel, linked: Control) -> None:
    """SOC-5: more than one page of them, each once."""
    before = Post.objects.count()
    comment(linked, "Hello", "sato-hanako", post=first_post(linked), count=130)
    poll()
    assert Post.objects.count() == before + 130
    assert Stream.objects.get(channel=company).page_token == ""


def test_names_are_asked_for_as_far_as_the_day_goes(company: Channel, linked: Control, people: dict[str, User]) -> None:
    """SOC-4, SOC-23: with the day's profile details used up comments still arrive, without a name."""
    linked.do("linkedin/exhaust", bucket="profile details", member="maeda-mei")
    said = comment(linked, "はじめまして", "tsuda-sakura", post=first_post(linked))
    poll()
    assert (Post.objects.get(outside_id=said).author_name, Stream.objects.get(channel=company).last_error) == ("", "")


def test_one_author_who_is_not_told_stops_nothing(company: Channel, linked: Control, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-23: what LinkedIn refuses or gets wrong about one person leaves that one without a name."""
    monkeypatch.setattr(type(net()), "author", raising(Faulty("no such member")))
    said = comment(linked, "はじめまして", "tsuda-sakura", post=first_post(linked))
    poll()
    assert (Post.objects.get(outside_id=said).author_name, Stream.objects.get(channel=company).last_error) == ("", "")
    monkeypatch.setattr(type(net()), "author", raising(Revoked("over")))
    one = Said("1", Person("urn:li:person:never-met"), "x", clock.now())
    with pytest.raises(Revoked):
        net().named_by(Wire(company.connection), (one,))


def raising(error: RemoteError) -> Any:
    def call(*_given: Any) -> Any:
        raise error

    return call


def test_older_words_of_one_reading_never_win(company: Channel) -> None:
    """SOC-5: what was changed is dated by the network: an edit that comes late does not undo a newer one."""
    said = Said("urn:li:comment:(urn:li:activity:1,2)", Person("urn:li:person:x"), "one", clock.now() - timedelta(hours=1))
    stream = Stream.objects.get(channel=company)
    place = pull.Place(first_round=False)
    with transaction.atomic():
        pull.store(stream, place, Page((said,)))
        pull.store(stream, place, Page((), edited=(replace(said, text="three", at=clock.now() - timedelta(minutes=1)),)))
        pull.store(stream, place, Page((), edited=(replace(said, text="two", at=clock.now() - timedelta(minutes=2)),)))
    assert Post.objects.get(outside_id=said.outside_id).text == "three"


def test_only_a_share_as_new_as_the_call_is_ours(company: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-6: that the same post was shared last year says nothing of today."""
    old = Said("urn:li:share:1", Person(PAGE), "", clock.now() - timedelta(days=300), shares="urn:li:share:9")
    monkeypatch.setattr(type(net()), "posts_of", lambda *_given, **_more: Page((old,)))
    delivery = Delivery(network="linkedin", action="repost", target={"item": "urn:li:share:9"}, sending_at=clock.now())
    assert net().find_sent(Wire(company.connection), delivery) is None
    delivery.sending_at = old.at
    assert net().find_sent(Wire(company.connection), delivery) == "urn:li:share:1"


def test_private_words_count_as_they_are() -> None:
    """SOC-14, SOC-22: no sign of a private message carries a backslash."""
    assert [net().length("(x)", one) for one in ("message", "invitation", "", "reply")] == [3, 3, 5, 5]


def test_the_name_of_one_we_know_is_not_asked_for_again(company: Channel, linked: Control) -> None:
    """SOC-4: a day's allowance of profiles is small."""
    comment(linked, "一", "sato-hanako", post=first_post(linked))
    poll()
    before = calls(linked, "linkedin.people")
    comment(linked, "二", "sato-hanako", post=first_post(linked))
    poll()
    assert calls(linked, "linkedin.people") == before


def test_a_day_that_is_used_up_waits_for_midnight(company: Channel, linked: Control) -> None:
    """SOC-4, SOC-23: the stream goes on at 00:00 UTC; nothing is lost, and nothing is asked meanwhile."""
    linked.do("linkedin/exhaust", bucket="notifications", member="maeda-mei")
    poll()
    stream = Stream.objects.get(channel=company)
    assert (stream.last_error, stream.next_due.hour, stream.next_due.minute) == ("limited", 0, 0)
    company.refresh_from_db()
    assert company.state == "active"
    asked = calls(linked, "linkedin.notifications")
    poll()
    assert calls(linked, "linkedin.notifications") == asked


def test_the_app_day_stops_everybody_and_a_member_day_only_theirs(people: dict[str, User], linked: Control) -> None:
    """SOC-4: whose day it was is in LinkedIn's words, and followed."""
    mine, other = Wire(own_account(people["ann"]), person=True), Wire(own_account(people["bob"], "aoki-shun"), person=True)
    linked.do("linkedin/fault", kind="day_member", count=1, path_prefix="/rest/organizations")
    with pytest.raises(LimitedToday):
        net().by_handle(mine, "enishi-demo")
    assert net().by_handle(other, "enishi-demo").outside_id == PAGE
    forget()
    linked.do("linkedin/fault", kind="day_app", count=1, path_prefix="/rest/organizations")
    with pytest.raises(LimitedToday):
        net().by_handle(mine, "enishi-demo")
    with pytest.raises(RemoteError) as told:
        net().by_handle(other, "enishi-demo")
    assert told.value.code == "limited"


def test_a_lost_role_reads_as_a_missing_permission(company: Channel, linked: Control) -> None:
    """SOC-19: no new sign-in is asked for what one would not mend, and it goes on when the role is back."""
    linked.do("linkedin/role", member="maeda-mei", organization="enishi-demo", role="ADMINISTRATOR", state="REVOKED")
    poll()
    company.refresh_from_db()
    assert (Stream.objects.get(channel=company).last_error, company.state) == ("not_allowed", "active")
    linked.do("linkedin/role", member="maeda-mei", organization="enishi-demo", role="ADMINISTRATOR", state="APPROVED")
    poll()
    assert Stream.objects.get(channel=company).last_error == ""


# People and posts -----------------------------------------------------------------------------------------------------


def test_nobody_is_searched_at_a_level_that_does_not_have_it(people: dict[str, User], linked: Control) -> None:
    """SOC-1, SOC-21: the reason, and what works instead, with the name filled in."""
    one = net()
    assert (
        one.why_not(Can.SEARCH_PEOPLE) == "LinkedIn has no people search for software. Search on LinkedIn and paste the profile's address."
    )
    way = one.way(Can.SEARCH_PEOPLE, name="佐藤 花子", company="たちつて株式会社")
    assert way is not None
    assert way.url.startswith(f"{linked.url}/search/results/people/?keywords=%E4%BD%90%E8%97%A4")
    with pytest.raises(NotAllowed):
        one.search_people(Wire(own_account(people["ann"]), person=True), "佐藤")


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"words": "佐藤"}, {HANAKO, MIWAKO, "urn:li:person:Hk3nW9sb"}),
        ({"words": "佐藤 美和子", "company": "ひかり電子"}, {MIWAKO}),
        ({"title": "購買課"}, {RYO}),
        ({"school": "University of Surrey"}, {HARRIET}),
        ({"words": "nobody at all"}, set()),
    ],
)
def test_people_are_searched_by_name_company_title_and_school(
    people: dict[str, User], linked: Control, settings: Any, asked: dict[str, str], found: set[str]
) -> None:
    """SOC-21: at the level that has it."""
    at_level(settings, linked, "historic")
    hits = net().search_people(Wire(own_account(people["ann"]), person=True), **{"words": "", **asked})
    assert {one.outside_id for one in hits} == found


def test_a_person_with_work_and_schools(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-22: headline, position, education, work history, in one call."""
    at_level(settings, linked, "historic")
    wire = Wire(own_account(people["ann"]), person=True)
    person, background = net().background(wire, HANAKO)
    assert (person.name, person.bio, person.place, person.handle) == ("佐藤 花子", "購買部 課長", "東京", "sato-hanako")
    assert [(one.what, one.where, one.since, one.until) for one in background.work] == [
        ("課長", "たちつて株式会社", "2020-04", ""),
        ("主任", "緑風商事株式会社", "2012-04", "2020-03"),
    ]
    assert [(one.what, one.where) for one in background.schools] == [("学士", "東京大学")]
    linked.do("linkedin/leave", member="sato-hanako")
    with pytest.raises(Gone):
        net().background(wire, HANAKO)


def test_posts_of_a_member_and_of_ones_network(people: dict[str, User], linked: Control, settings: Any) -> None:
    """SOC-22: where the level has them; elsewhere not, and it says which permission is missing."""
    wire = Wire(own_account(people["ann"]), person=True)
    with pytest.raises(NotAllowed):
        net().posts_of(wire, HANAKO)
    at_level(settings, linked, "historic")
    wire = Wire(own_account(people["ann"]), person=True)
    assert [one.text for one in net().posts_of(wire, HANAKO).posts] == ["朝の散歩。金木犀の香り。"]
    assert {one.author.outside_id for one in net().updates(wire).posts} >= {MIWAKO, HARRIET}


def test_our_page_and_its_followers(company: Channel) -> None:
    """SOC-31: a company by the name in its address, and how many follow ours."""
    wire = Wire(company.connection, person=True)
    assert net().by_handle(wire, "https://www.linkedin.com/company/hikari-denshi/").name == "ひかり電子株式会社"
    assert net().followers_of(wire, PAGE) == 1_342
    with pytest.raises(Gone):
        net().by_handle(wire, "nobody-there")
    assert restli.is_post(net().posts_of(wire, PAGE, size=2).posts[0].outside_id)


def test_accounts_of_two_people_are_two(people: dict[str, User], linked: Control) -> None:
    """SOC-2: a page is read with the token of whoever runs it, counted in their name."""
    page = connected(people["root"], Brand.objects.create(name="Enishi"))[0]
    drain()
    other = own_account(people["bob"], "aoki-shun")
    assert (net().subject_of(page.connection.chain), net().subject_of(other.chain)) == (MEI, other.chain.outside_id)
