"""Who somebody is at the networks: the related list Social, finding, linking and unlinking a profile, and what is shown of it."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client

from core import clock
from core.access.models import Profile as Rights
from core.access.models import User
from core.action.registry import run
from core.actor import Actor
from core.event.models import Event
from core.record.models import Tie
from core.record.write import create
from core.remote.models import Connection
from core.stamps import bump
from core.work.jobs import drain
from sandbox.running import Control
from social import forgetting
from social import people as whose
from social.models import Channel, Conversation, Profile
from social.networks.items import Person
from tests import factories
from tests.cast import page_of

PRIYA = "1500000000000000007"
NOW = clock.now()


@pytest.fixture
def lead(people: dict[str, User]) -> Any:
    """A lead of ann's."""
    return create("crm.lead", actor=Actor(people["ann"]), family_name="Nair", given_name="Priya", company="Tea Ltd")


def where(record: Any, end: str = "", net: str = "x") -> str:
    app, name = record._meta.label_lower.split(".")
    return f"/social/who/{app}/{name}s/{record.pk}/{net}/{end}"


def page(client: Client, record: Any) -> str:
    app, name = record._meta.label_lower.split(".")
    return client.get(f"/{app}/{name}s/{record.pk}/").content.decode()


def hits(page: str) -> dict[str, str]:
    """The sealed hits of a page by the handle that stands beside each."""
    found = re.findall(r'<div class="sub">@(\w+).*?name="hit" value="([^"]+)"', page, re.DOTALL)
    return {handle: unescape(sealed) for handle, sealed in found}


def test_a_search_by_name_shows_who_is_who_and_one_click_links(people: dict[str, User], channel: Channel, lead: Any) -> None:
    """SOC-11: from the record's page, filled with its name; name, handle, place, bio and a picture from us; then the record shows it."""
    ann = page_of(people["ann"])
    assert where(lead) in page(ann, lead)
    opened = ann.get(where(lead)).content.decode()
    assert (
        'value="Priya Nair"' in opened and 'aria-label="Found"' not in opened
    )  # X bills each hit: nothing is asked before somebody wants it

    assert "One search costs at most US$ 0.100." in opened

    found = ann.get(where(lead), {"q": "Priya Nair"}).content.decode()
    assert "Product person. Tea over coffee." in found and "Bengaluru" in found and "/social/picture?of=" in found
    answer = ann.post(where(lead, "link"), {"hit": hits(found)["priya_n"]})

    assert answer.headers["Location"] == f"/crm/leads/{lead.pk}/#social-profiles"
    shown = page(ann, lead)
    assert "@priya_n" in shown and "2,210" in shown and "Linked: Priya Nair on X." in shown
    told = Event.objects.get(kind="profile_linked", record_id=lead.pk)
    assert (told.actor_id, told.detail["how"]) == (people["ann"].pk, "search")


def test_a_handle_is_found_too(people: dict[str, User], channel: Channel, lead: Any) -> None:
    """SOC-11: @handle finds exactly one; a handle nobody has says so and is no failure."""
    ann = page_of(people["ann"])
    assert list(hits(ann.get(where(lead), {"q": "@yuki_mori"}).content.decode())) == ["yuki_mori"]

    none = ann.get(where(lead), {"q": "@nobody_here"}).content.decode()
    assert "Nobody at X is called @nobody_here." in none and 'data-code="gone"' in none


def test_a_hit_cannot_be_made_up(people: dict[str, User], channel: Channel, lead: Any) -> None:
    """SOC-11: what is linked is what the network told; an old or a forged hit links nothing."""
    ann = page_of(people["ann"])
    sealed = hits(ann.get(where(lead), {"q": "Priya"}).content.decode())["priya_n"]

    assert "too old" in ann.post(where(lead, "link"), {"hit": f"{sealed}x"}, follow=True).content.decode()
    with time_machine.travel(clock.now() + timedelta(hours=2), tick=True):
        page_of(people["ann"]).post(where(lead, "link"), {"hit": sealed})
    assert not Tie.objects.filter(kind="profile").exists()


def test_dissociate_and_change(people: dict[str, User], channel: Channel, lead: Any) -> None:
    """SOC-11: one profile a network: another one takes its place; *Dissociate* takes it off, and both stand in the history."""
    ann = page_of(people["ann"])
    for handle in ("priya_n", "emma_w_2026"):
        ann.post(where(lead, "link"), {"hit": hits(ann.get(where(lead), {"q": f"@{handle}"}).content.decode())[handle]})
    shown = page(ann, lead)
    assert "@emma_w_2026" in shown and "@priya_n" not in shown

    ann.post(where(lead, "unlink"))

    assert "@emma_w_2026" not in page(ann, lead)
    assert Event.objects.filter(record_id=lead.pk, kind__startswith="profile_").count() == 3


@pytest.mark.parametrize("typed", ["https://x.com/priya_n", "twitter.com/priya_n/status/1", "@priya_n"])
def test_without_any_account_the_address_links(people: dict[str, User], lead: Any, typed: str) -> None:
    """SOC-18: no key and no connection: the address is taken, the profile opens at the network, facts are typed, and nothing
    reads as if it worked."""
    ann = page_of(people["ann"])
    opened = ann.get(where(lead), {"q": "Priya"}).content.decode()
    assert 'data-code="no_account"' in opened and "sign in with your own account" in opened and "handle on X" not in opened
    assert "/search?q=Priya%20Nair" in opened

    ann.post(where(lead, "link"), {"address": typed})
    ann.post(where(lead, "note"), {"position": "Head of product", "work": "Tea Ltd, since 2020"})

    shown = page(ann, lead)
    assert "@priya_n" in shown and "Head of product" in shown and "Tea Ltd, since 2020" in shown
    assert "once it can be asked" in shown
    assert Profile.objects.get().outside_id == "@priya_n"


def test_a_later_connection_takes_over_what_was_linked(people: dict[str, User], lead: Any, request: Any) -> None:
    """SOC-18: matched by the handle, once the network can be asked: the same link, the network's own id, the facts that were typed."""
    ann = page_of(people["ann"])
    ann.post(where(lead, "link"), {"address": "https://x.com/Priya_N"})
    ann.post(where(lead, "note"), {"position": "Head of product"})
    before = Tie.objects.get(kind="profile").pk

    request.getfixturevalue("channel")
    ann.post(where(lead, "look"))

    shown = page(ann, lead)
    tied = Tie.objects.get(kind="profile", other_module="crm.lead")
    assert (Profile.objects.get(handle_key="priya_n").outside_id, tied.pk) == (PRIYA, before)
    assert "2,210" in shown and "Head of product" in shown and "once it can be asked" not in shown


def test_who_was_met_twice_is_one(people: dict[str, User], lead: Any) -> None:
    """SOC-18, SOC-19: linked by the address while the network's own profile came by another way: one row, no link lost."""
    ann = page_of(people["ann"])
    ann.post(where(lead, "link"), {"address": "x.com/priya_n"})
    whose.keep("x", [Person(PRIYA, name="Priya")])  # a post without its author's handle
    whose.keep("x", [Person(PRIYA, "priya_n", "Priya Nair")])

    assert [one.outside_id for one in Profile.objects.all()] == [PRIYA]
    assert Tie.objects.get(kind="profile").record_id == Profile.objects.get().pk


@pytest.mark.parametrize("typed", ["https://evil.example/priya_n", "javascript:alert(1)", "https://x.com/home", "x.com", "@", "佐藤"])
def test_another_address_links_nothing(people: dict[str, User], lead: Any, typed: str) -> None:
    """SOC-18: and says so."""
    answer = page_of(people["ann"]).post(where(lead, "link"), {"address": typed}, follow=True)

    assert "This is not the address of a profile on X." in answer.content.decode()
    assert not Profile.objects.exists()


def test_facebook_says_why_it_cannot_search_and_what_works(people: dict[str, User], lead: Any, graph: Control) -> None:
    """SOC-1, SOC-11, SOC-18: no people search there: the reason, the network's own search with the name, and the address."""
    ann = page_of(people["ann"])
    opened = ann.get(where(lead, net="facebook"), {"q": "Priya"}).content.decode()
    assert "Facebook has no people search for software." in opened and 'data-code="level"' in opened
    assert "/search/people/?q=Priya%20Nair" in opened and "Name on Facebook" not in opened

    ann.post(where(lead, "link", "facebook"), {"address": "https://www.facebook.com/profile.php?id=100012345&ref=x"})

    assert "Linked by its address." in page(ann, lead)
    assert Profile.objects.get().handle == "100012345"


def met(channel: Channel, outside_id: str, name: str, net: str = "facebook", **more: Any) -> Profile:
    """Somebody who said something to us nine days ago."""
    then = clock.now() - timedelta(days=9)
    one = Profile.objects.create(network=net, outside_id=outside_id, name=name, name_key=whose.spelled(name), seen_at=then, **more)
    owner = channel.connection.owner
    factories.make_post(owner, network=net, outside_id=f"p{outside_id}", channel=channel.pk, profile=one.pk, said_at=then, kind="visitor")
    return one


def test_who_wrote_to_us_is_found_by_name_without_asking(people: dict[str, User], our_page: Channel) -> None:
    """SOC-11: Facebook has no search, but whoever wrote to our page is known here: in any order and width of the name, a press links;
    who is gone, of another network or only known by an address is not offered, and nothing counts as seen anew."""
    there = met(our_page, "71", "髙橋　健二")
    met(our_page, "72", "高橋健二", gone_at=there.seen_at), met(our_page, "73", "高橋 健二", "linkedin")
    met(our_page, "@kenji", "高橋 健二"), met(our_page, "74", "高橋 花子")
    lead = create("crm.lead", actor=Actor(people["ann"]), family_name="高橋", given_name="健二")
    ann = page_of(people["ann"])

    shown = ann.get(where(lead, net="facebook")).content.decode()

    assert "Known here already" in shown and shown.count("Associate 髙橋") == 1 and "高橋 花子" not in shown
    sealed = re.search(r'name="hit" value="([^"]+)"', shown)
    assert sealed and ann.post(where(lead, "link", "facebook"), {"hit": unescape(sealed[1])}).status_code == 302
    assert "髙橋" in page(ann, lead)
    assert [(one.outside_id, one.seen_at) for one in whose.linked_to("crm.lead", lead.pk)] == [("71", there.seen_at)]
    assert whose.spelled("Kenji TAKAHASHI") == whose.spelled("takahashi kenji")


@pytest.mark.parametrize("end", [{"gone_at": NOW}, {"outside_id": "erased:1", "name": "", "name_key": ""}, {"name": "", "name_key": ""}])
def test_who_is_gone_or_erased_since_they_were_found_is_not_made_anew(people: dict[str, User], graph: Control, end: dict[str, Any]) -> None:
    """SOC-11, E3: the page with the hit was open meanwhile; nothing of what it says of them is kept again."""
    key = whose.spelled("Kenji")
    kenji = Profile.objects.create(network="facebook", outside_id="71", name="Kenji", name_key=key, bio="Sells", seen_at=NOW)
    Conversation.objects.create(network="facebook", account="9", owner=people["ann"], profile=kenji)
    lead = create("crm.lead", actor=Actor(people["ann"]), family_name="Kenji")
    ann = page_of(people["ann"])
    sealed = re.search(r'name="hit" value="([^"]+)"', ann.get(where(lead, net="facebook")).content.decode())
    assert sealed
    Profile.objects.update(bio="", **end)
    before = list(Profile.objects.values())

    answer = ann.post(where(lead, "link", "facebook"), {"hit": unescape(sealed[1])}, follow=True)

    assert "This search is too old. Search again." in answer.content.decode()
    assert (list(Profile.objects.values()), Tie.objects.filter(kind="profile").exists()) == (before, False)


def test_another_name_is_looked_for_among_those_known(people: dict[str, User], our_page: Channel, lead: Any) -> None:
    """SOC-11: one may type another name, also where the network has no search; and reads it when nobody has it."""
    met(our_page, "75", "Priyanka Nair")
    ann = page_of(people["ann"])

    assert "Associate Priyanka Nair" in ann.get(where(lead, net="facebook"), {"q": "nair priyanka"}).content.decode()
    assert "Nobody of this name wrote to us" in ann.get(where(lead, net="facebook"), {"q": "Nobody Else"}).content.decode()


def test_who_wrote_in_private_is_known_to_who_reads_it(people: dict[str, User], our_page: Channel) -> None:
    """SOC-11, SOC-14: somebody who wrote to a colleague's own account alone is nobody's business but the colleague's."""
    seen = {"name": "Zoe Quill", "name_key": whose.spelled("Zoe Quill"), "seen_at": clock.now()}
    lead = create("crm.lead", actor=Actor(people["ann"]), family_name="Quill", given_name="Zoe")
    one = Profile.objects.create(network="facebook", outside_id="76", **seen)
    talk = Conversation.objects.create(network="facebook", account="1", profile=one, owner=people["bob"])

    def is_told(who: str) -> bool:
        return "Associate Zoe Quill" in page_of(people[who]).get(where(lead, net="facebook")).content.decode()

    assert not is_told("ann")
    talk.owner = people["ann"]
    talk.save()
    assert is_told("ann")
    talk.owner, talk.channel = None, our_page
    talk.save()
    assert is_told("ann")
    Rights.objects.update(rights={**Rights.objects.get(pk=people["ann"].profile_id).rights, "social.message": []})
    bump("users")
    assert not is_told("ann")


def test_japanese_names_say_what_x_takes(people: dict[str, User], channel: Channel, sandbox: Control) -> None:
    """SOC-11: X searches Latin letters only: said before a call is spent."""
    lead = create("crm.lead", actor=Actor(people["ann"]), family_name="佐藤", given_name="花子", company="豆")
    before = len(sandbox.requests())

    found = page_of(people["ann"]).get(where(lead), {"q": "佐藤 花子"}).content.decode()

    assert "X finds people by Latin letters only." in found and 'data-code="rejected"' in found
    assert len(sandbox.requests()) == before


def test_five_failures_read_as_five_things(people: dict[str, User], channel: Channel, lead: Any, sandbox: Control) -> None:
    """SOC-19, SOC-4: limit with the hour in the reader's zone, trouble on the way, sign-in ended: each its own words and code."""
    ann = page_of(people["ann"])

    def code(**asked: str) -> tuple[str, str]:
        found = ann.get(where(lead), {"q": "Priya", **asked}).content.decode()
        words = re.search(r'data-code="(\w+)"[^>]*>.*?<div>(.*?)</div>', found, re.DOTALL)
        return (words[1], words[2]) if words else ("", "")

    sandbox.fault("500")
    assert code()[0] == "transient"
    sandbox.exhaust("users.search")
    limited = code()
    assert limited[0] == "limited" and re.search(r"request limit is used up\. Try again after .*\d\d:\d\d", limited[1])
    sandbox.revoke()
    assert code(q="@priya_n")[0] == "revoked"
    assert 'id="associate-address"' in ann.get(where(lead), {"q": "Priya"}).content.decode()


def test_what_is_private_is_not_shown(people: dict[str, User], channel: Channel, lead: Any) -> None:
    """SOC-10: a protected account says so."""
    ann = page_of(people["ann"])
    ann.post(where(lead, "link"), {"hit": hits(ann.get(where(lead), {"q": "@shy_fox"}).content.decode())["shy_fox"]})

    assert "Protected" in page(ann, lead) and "What is private is not shown." in page(ann, lead)


def test_opening_the_page_asks_once_a_day(people: dict[str, User], channel: Channel, lead: Any, sandbox: Control) -> None:
    """SOC-10, SOC-9: the page asks by its part, not while it is drawn; a second opening the same day asks nothing."""
    ann = page_of(people["ann"])
    ann.post(where(lead, "link"), {"hit": hits(ann.get(where(lead), {"q": "@priya_n"}).content.decode())["priya_n"]})
    before = len(sandbox.requests())

    shown = page(ann, lead)
    assert f'hx-post="{where(lead, "look")}"' in shown and len(sandbox.requests()) == before
    part = ann.post(where(lead, "look"), headers={"HX-Request": "true"}).content.decode()
    assert "@priya_n" in part and "hx-post" not in part
    ann.post(where(lead, "look"))

    assert len(sandbox.requests()) == before + 1
    assert "hx-post" not in page(ann, lead).split('id="social-profiles"')[1].split("</section>")[0]


def test_a_renamed_handle_stays_linked_and_one_that_is_gone_says_so(people: dict[str, User], channel: Channel, lead: Any) -> None:
    """SOC-19: by the network's own id."""
    ann = page_of(people["ann"])
    ann.post(where(lead, "link"), {"hit": hits(ann.get(where(lead), {"q": "@priya_n"}).content.decode())["priya_n"]})

    whose.keep("x", [Person(PRIYA, "priya_new", "Priya Nair")])
    assert "@priya_new" in page(ann, lead) and "Was called @priya_n before." in page(ann, lead)

    Profile.objects.filter(handle="priya_new").update(outside_id="1500000000000000999", asked_at=None)
    ann.post(where(lead, "look"))
    assert "Gone from the network" in page(ann, lead)


def test_a_record_with_a_handle_nobody_spoke_with_is_linked_by_itself(people: dict[str, User], channel: Channel, sandbox: Control) -> None:
    """SOC-12: on save; asked in the background with one call, within the budget for robots."""
    ann = Actor(people["ann"])
    first = create("crm.contact", actor=ann, family_name="Nair", x_handle="Priya_N")
    create("crm.contact", actor=ann, family_name="Nobody", x_handle="nobody_here")
    calls = [one for one in sandbox.requests() if one["endpoint"] == "users.by_usernames"]
    assert not calls

    drain()

    assert [(one.handle, one.outside_id) for one in whose.profiles_of("crm.contact", [first.pk])] == [("priya_n", PRIYA)]
    assert Profile.objects.filter(handle="priya_n").count() == 1


def test_what_somebody_linked_by_hand_stays(people: dict[str, User], channel: Channel, lead: Any) -> None:
    """SOC-12: a handle that is written later does not put another profile beside it."""
    ann = page_of(people["ann"])
    for handle in ("emma_w_2026", "priya_n"):
        ann.post(where(lead, "link"), {"hit": hits(ann.get(where(lead), {"q": f"@{handle}"}).content.decode())[handle]})
    from core.record.write import update

    update(lead, actor=Actor(people["ann"]), x_handle="emma_w_2026")

    assert [one.handle for one in whose.profiles_of("crm.lead", [lead.pk])] == ["priya_n"]


def test_the_links_go_with_a_converted_lead(people: dict[str, User], channel: Channel, lead: Any) -> None:
    """SOC-10: convert the lead and find it all on the contact, what was linked by its address, too."""
    ann = page_of(people["ann"])
    ann.post(where(lead, "link"), {"hit": hits(ann.get(where(lead), {"q": "@priya_n"}).content.decode())["priya_n"]})
    ann.post(where(lead, "link", "facebook"), {"address": "https://www.facebook.com/priya.nair"})

    contact = run("crm.convert_lead", lead, actor=Actor(people["ann"]))

    shown = page(ann, contact)
    assert "@priya_n" in shown and 'id="profile-facebook"' in shown


def test_the_switch_takes_all_of_it_away_at_once(people: dict[str, User], channel: Channel, lead: Any) -> None:
    """SOC-17: *Social: personal profiles* off for ann: no panel, no page, no act, no picture; bob keeps them; on again: as before."""
    ann, bob = page_of(people["ann"]), page_of(people["bob"])
    found = ann.get(where(lead), {"q": "@priya_n"}).content.decode()
    ann.post(where(lead, "link"), {"hit": hits(found)["priya_n"]})
    picture = unescape(re.search(r'src="(/social/picture\?of=[^"]+)"', page(ann, lead))[1])  # type: ignore[index]
    usual = people["ann"].profile
    less = Rights.objects.create(
        name="Less", rights=usual.rights, features=[one for one in usual.features if one not in {"social_personal", "social"}]
    )
    User.objects.filter(pk=people["ann"].pk).update(profile=less)
    bump("users")

    assert "social-profiles" not in page(ann, lead) and "social-talk" not in page(ann, lead)
    assert [ann.get(where(lead)).status_code, ann.get(where(lead, "note")).status_code, ann.get(picture).status_code] == [404, 404, 404]
    for end in ("link", "unlink", "look", "note"):
        assert ann.post(where(lead, end)).status_code == 404, end
    assert ann.post(f"/crm/leads/{lead.pk}/do/social.take_photo", {"profile": 1}).status_code == 404
    assert "@priya_n" in page(bob, lead) and bob.get(where(lead)).status_code == 200
    assert Tie.objects.filter(kind="profile").count() == 1

    User.objects.filter(pk=people["ann"].pk).update(profile=usual)
    bump("users")
    assert "@priya_n" in page(ann, lead)


def test_no_app_of_social_is_needed(people: dict[str, User], channel: Channel, lead: Any) -> None:
    """SOC-10, SOC-17: dave has the CRM alone: he sees the profile and links one by its address, and asks with no account of the house."""
    whose.link(whose.by_address("x", "priya_n"), lead, actor=Actor(people["ann"]), how="address")
    type(lead).objects.filter(pk=lead.pk).update(owner=people["dave"])
    dave = page_of(people["dave"])

    assert "@priya_n" in page(dave, lead)
    assert 'data-code="no_account"' in dave.get(where(lead), {"q": "Priya"}).content.decode()
    assert Connection.objects.get().kind == "brand"


def test_who_may_not_change_the_record_links_nothing(people: dict[str, User], channel: Channel, lead: Any) -> None:
    """PLT-24: another's record is not there; one that is only read is read."""
    assert page_of(people["carol"]).get(where(lead)).status_code == 404
    usual = people["bob"].profile
    reads = Rights.objects.create(name="Reads", rights={**usual.rights, "crm.lead": ["view"]}, features=usual.features)
    User.objects.filter(pk=people["bob"].pk).update(profile=reads)
    bump("users")
    bob = page_of(people["bob"])

    assert bob.get(where(lead)).status_code == 403
    assert bob.post(where(lead, "link"), {"address": "x.com/priya_n"}).status_code == 403
    assert "social-profiles" not in page(bob, lead)


def test_a_picture_comes_small_from_us(people: dict[str, User], channel: Channel, lead: Any, sandbox: Control) -> None:
    """S1, W2: drawn anew, kept, and only what a network told, from where it keeps its pictures."""
    ann = page_of(people["ann"])
    found = ann.get(where(lead), {"q": "@priya_n"}).content.decode()
    address = unescape(re.search(r'src="(/social/picture\?of=[^"]+)"', found)[1])  # type: ignore[index]

    answer = ann.get(address)
    asked = len(sandbox.requests())
    assert (answer.headers["Content-Type"], answer.content[:3]) == ("image/jpeg", b"\xff\xd8\xff") and len(answer.content) < 20_000
    assert ann.get(address).content == answer.content and len(sandbox.requests()) == asked
    assert ann.get(f"{address}x").status_code == 404
    assert ann.get("/social/picture?of=x http://127.0.0.1:1/secret").status_code == 404

    from social.related.pictures import address as place

    assert place("x", "https://evil.example/p.png") == "" and place("facebook", "http://127.0.0.1:1/secret") == ""
    place_of_today = place("x", f"{sandbox.url}/pictures/x/none.png")
    gone = ann.get(place_of_today)
    assert (gone.status_code, gone.headers["Content-Type"]) == (200, "image/svg+xml")
    with time_machine.travel(clock.now() + timedelta(days=2)):
        old = page_of(people["ann"], fresh=True).get(place_of_today)
        assert old.status_code == 404  # an address serves for a day: what is forgotten is not fetched again


def test_an_answer_that_tells_less_takes_nothing_away(people: dict[str, User]) -> None:
    """SOC-10: what a network left out this time stays as it was; what it tells as empty is empty."""
    first = Person(
        PRIYA, "priya_n", "Priya Nair", bio="Tea over coffee.", place="Bengaluru", picture_url="https://pbs.twimg.com/1.jpg", protected=True
    )
    whose.keep("x", [first])

    whose.keep("x", [Person(PRIYA, name="Priya N.")])
    kept = whose.keep("x", [Person(PRIYA, "priya_n", "Priya N.", bio="")])[PRIYA]

    assert (kept.handle, kept.name, kept.bio, kept.place) == ("priya_n", "Priya N.", "", "Bengaluru")
    assert (kept.picture_url, kept.protected) == ("https://pbs.twimg.com/1.jpg", True)


def test_what_stays_of_a_member_lives_no_longer_for_what_came_later(people: dict[str, User], linked: Control) -> None:
    """SOC-22: LinkedIn lets a member's particulars be kept for a day from when they were told, whatever less it told since."""
    member = "urn:li:person:abc"
    with time_machine.travel(clock.now() - timedelta(hours=20), tick=True):
        whose.keep("linkedin", [Person(member, name="Priya Nair", place="Bengaluru", picture_url="https://media.licdn.com/1.jpg")])
    assert whose.keep("linkedin", [Person(member, name="Priya Rao")])[member].place == "Bengaluru"

    forgetting.forget_due(clock.now() + timedelta(hours=5))

    assert Profile.objects.get(outside_id=member).place == ""
