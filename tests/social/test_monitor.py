"""The Monitor narrowed by kind, words and channel: a page by key, bounded like any list (SOC-32)."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from core import clock
from core.access.models import User
from core.actor import Actor
from core.module import listing, parts
from core.module.patience import TookTooLong
from core.module.registry import module
from core.record.write import create_many
from social import people as whose
from social.models import Channel, Post
from social.networks.items import Person
from tests.cast import page_of

KINDS = ("mention", "reply", "visitor", "review", "keyword")


@pytest.fixture
def posts(people: dict[str, User], channel: Channel) -> Channel:
    """Posts of each kind, two a kind, one of ours, one found on a page; all newer than what was there."""
    profile = whose.keep("x", [Person("77", "dora", "Dora")])["77"]
    now, rows = clock.now() + timedelta(minutes=1), []
    for number, kind in enumerate([*KINDS, *KINDS, "post", "post"]):
        ours, theirs = number == 10, number == 11
        rows.append(
            {
                "network": "x",
                "outside_id": str(2_000_000_000_000_000_000 + number),
                "channel": None if theirs else channel.pk,
                "profile": profile.pk,
                "author_name": "Dora",
                "author_handle": "dora",
                "text": f"{kind} no. {number} " + ("返金してください" if number < 5 else "ありがとう"),
                "kind": kind,
                "said_at": now + timedelta(seconds=number),
                "conversation": str(number),
                "ours": ours,
                "theirs": theirs,
                "state": "done" if ours or theirs else "open",
            }
        )
    create_many(module("social.post"), rows, actor=Actor.system("test"), trusted=True)
    return channel


def said(client: Any, **query: str) -> list[str]:
    """What stands on the page, the newest first."""
    found = re.findall(r'<div class="said">([^<]*)', client.get("/social/", query).content.decode())
    return [unescape(one).strip() for one in found]


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_alone(people: dict[str, User], posts: Channel, kind: str) -> None:
    """SOC-32: mentions, answers, visitors' posts, reviews, what a keyword found: only these, open ones."""
    ann = page_of(people["ann"])
    found = said(ann, kind=kind)
    there = Post.objects.filter(kind=kind, state="open", ours=False, theirs=False)

    assert len([one for one in found if one.startswith(f"{kind} no.")]) == 2
    assert len(found) == there.count()
    assert re.search(rf'<option value="{kind}" selected>', ann.get("/social/", {"kind": kind}).content.decode())


def test_what_we_said_is_a_kind_of_its_own(people: dict[str, User], posts: Channel) -> None:
    """SOC-32: posts and answers of ours, though nobody has to do anything about them; what was only found is in no feed."""
    ann = page_of(people["ann"])
    ours = said(ann, kind="post")

    assert ours[0].startswith("post no. 10")
    assert len(ours) == Post.objects.filter(ours=True).count()
    assert not [one for one in said(ann) + said(ann, state="done") if one.startswith("post no.")]


def test_words_and_kind_and_channel_together(people: dict[str, User], posts: Channel) -> None:
    """SOC-32: words by the index of words, as in any list; what is unknown in the address is as if it were not there."""
    ann = page_of(people["ann"])

    assert [one[:7] for one in said(ann, q="返金") if "no." in one] == ["keyword", "review ", "visitor", "reply n", "mention"]
    assert said(ann, q="返金", kind="review") == ["review no. 3 返金してください"]
    assert said(ann, q="返金", kind="review", channel=str(posts.pk)) == ["review no. 3 返金してください"]
    assert said(ann, q="no such words") == []
    assert "No post is like this" in ann.get("/social/", {"q": "no such words"}).content.decode()
    assert said(ann, kind="nonsense", channel="x", q="\x00", after="!") == said(ann)
    page = ann.get("/social/", {"kind": "review", "state": "done"}).content.decode()
    assert 'name="state" value="done"' in page


def test_it_goes_on_page_by_page_without_a_gap(people: dict[str, User], posts: Channel, monkeypatch: pytest.MonkeyPatch) -> None:
    """SOC-32, PLT-8: by key: also where two were said in the same second."""
    monkeypatch.setattr("social.watching.PAGE", 4)
    Post.objects.filter(text__contains="no.").update(said_at=clock.now() + timedelta(hours=1))
    ann, seen, address = page_of(people["ann"]), [], "/social/?kind=mention"
    while address:
        page = ann.get(address).content.decode()
        seen += re.findall(r'id="post-(\d+)"', page)
        further = re.search(r'<a class="btn" href="([^"]*after=[^"]+)"', page)
        address = f"/social/{unescape(further[1])}" if further else ""

    there = Post.objects.filter(kind="mention", state="open", ours=False, theirs=False).order_by("-said_at", "-pk")
    assert seen == [str(pk) for pk in there.values_list("pk", flat=True)]
    assert len(seen) > 4


def test_what_no_index_answers_in_time_is_looked_at_in_parts(
    people: dict[str, User], posts: Channel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PLT-8: nobody waits for a rare kind among a million posts; a link goes on; such a page is not asked for every ten seconds."""

    def too_long(*_given: Any, **_more: Any) -> Any:
        raise TookTooLong

    monkeypatch.setattr(listing, "page", too_long)
    monkeypatch.setattr(parts, "LOOKED_AT", 5)
    ann, seen, address = page_of(people["ann"]), [], "/social/?kind=review"
    while address:
        page = ann.get(address).content.decode()
        assert "this is a part of them" in page and "every 10s" not in page
        seen += re.findall(r'id="post-(\d+)"', page)
        further = re.search(r'href="([^"]+)" rel="next">Look further', page)
        address = f"/social/{unescape(further[1])}" if further else ""

    there = Post.objects.filter(kind="review", state="open").order_by("-said_at", "-pk")
    assert seen == [str(pk) for pk in there.values_list("pk", flat=True)]
    monkeypatch.setattr(listing, "part", too_long)
    assert "This takes too long to look for." in ann.get("/social/", {"kind": "review"}).content.decode()


def test_who_sees_no_posts_sees_none_by_any_filter(people: dict[str, User], posts: Channel) -> None:
    """PLT-24: the gate stands behind every filter."""
    assert page_of(people["dave"]).get("/social/", {"kind": "review", "q": "返金"}).status_code in {403, 404}
