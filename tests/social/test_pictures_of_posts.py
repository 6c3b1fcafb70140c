"""Pictures of posts: small, by way of us, with words; nothing of the networks in the page (docs/decisions/0012)."""

from __future__ import annotations

import io
import json
import re
from html import unescape
from typing import Any

from PIL import Image

from core.access.models import User
from core.actor import Actor
from core.event.models import Event
from core.exchange.hooks import receive
from core.personal import erasing
from core.personal.held import all_of
from core.remote.network import network
from core.work.jobs import drain
from sandbox.running import Control
from social import people as whose
from social.models import Channel, Post, Stream
from social.networks.facebook import shapes as facebook
from social.networks.x import shapes as x
from tests.cast import page_of
from tests.flows.conftest import poll

from .talk_cast import EMMA, read_posts, talk

SHOT = re.compile(r'<img src="(/social/picture\?of=[^"]+)" alt="([^"]*)" width="96" height="96" loading="lazy">')


def shots(page: str) -> list[tuple[str, str]]:
    """The pictures of posts in a page: where they stand, and their words."""
    return [(unescape(url), unescape(words)) for url, words in SHOT.findall(page)]


def shown(client: Any, address: str = "/social/") -> list[tuple[str, str]]:
    return shots(client.get(address).content.decode())


def test_the_monitor_shows_the_pictures_of_a_post(people: dict[str, User], sandbox: Control, channel: Channel) -> None:
    """SOC-13, SOC-32: drawn anew by us, with the words of who posted them or ours; no address of the network stands in the page."""
    before = len(shown(page_of(people["ann"])))
    sandbox.say(EMMA, "@enishi_demo The lid is bent.", pictures=2, alt="A kettle <from above>")
    poll()

    page = page_of(people["ann"]).get("/social/").content.decode()
    mine = shots(page)

    assert len(mine) == before + 2
    assert [words for _url, words in mine[:2]] == ["A kettle <from above>", "Picture in the post of Emma Wright"]
    # The addresses are sealed texts of ours; nothing is loaded from where they lead.
    assert all(url.startswith("/") for url in re.findall(r'<(?:img|source|iframe)[^>]+src="([^"]+)"', page))
    assert f'"{sandbox.url}/pictures' not in page
    answer = page_of(people["ann"]).get(mine[0][0])
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (answer.headers["Content-Type"], picture.format, picture.size) == ("image/jpeg", "JPEG", (240, 240))


def test_the_tabs_of_a_person_show_them_too(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """SOC-13: what they said to us, and what they post on their own page."""
    sandbox.say(EMMA, "@enishi_demo Look!", pictures=1, alt="Our radio")
    sandbox.say(EMMA, "My garden this morning.", pictures=3, alt="Roses")
    poll()
    ann = page_of(people["ann"])
    read_posts(ann, emma)

    assert [words for _url, words in shown(ann, talk(emma))] == ["Our radio"]
    assert len(shown(ann, talk(emma, "?tab=posts"))) >= 3
    assert [words for _url, words in shown(ann, talk(emma, "?tab=posts"))][:3].count("Roses") == 1


def test_what_is_no_picture_shows_a_drawn_one_and_what_is_elsewhere_none(
    people: dict[str, User], sandbox: Control, channel: Channel
) -> None:
    """SOC-13: gone, or a page in its place: a drawing, never a broken picture; another host's is not asked for at all, nor is what
    is no address; nor is one of a post that was deleted."""
    sandbox.say(EMMA, "@enishi_demo Look!")
    poll()
    post = Post.objects.filter(text="@enishi_demo Look!")
    bad = [f"{sandbox.url}/healthz", f"{sandbox.url}/pictures/x/1.png?s=9&ext=1&hash=0", "https://evil.example/1.jpg", "javascript:1"]
    bad += ["https://pbs.twimg.com:99999/2.jpg", "https://pbs.twimg.com:port/3.jpg", "https://[pbs.twimg.com/4.jpg"]
    post.update(pictures=[{"url": url, "alt": url[-9:]} for url in bad])
    ann = page_of(people["ann"])
    mine = [(url, words) for url, words in shown(ann) if words in {one[-9:] for one in bad}]

    assert [words for _url, words in mine] == [one[-9:] for one in bad[:2]]
    for url, _words in mine:
        answer = ann.get(url)
        assert (answer.status_code, answer.headers["Content-Type"]) == (200, "image/svg+xml")
    post.update(deleted_on_network=True)
    assert not [words for _url, words in shown(ann) if words in {one[-9:] for one in bad}]


def test_a_post_that_was_told_without_its_pictures_has_them_once_it_is_read(
    people: dict[str, User], sandbox: Control, channel: Channel
) -> None:
    """SOC-5, SOC-8: X tells of the post at once; that its pictures come later is no change of it."""
    said = sandbox.say(EMMA, "@enishi_demo Look!", pictures=1)
    data = {
        "event_uuid": "1",
        "event_type": "post.mention.create",
        "filter": {"user_id": channel.outside_id},
        "payload": {"id": said["id"], "text": said["text"], "author_id": "1500000000000000003", "conversation_id": said["id"]},
    }
    receive(network("x"), json.dumps({"data": data}).encode())
    drain()
    post = Post.objects.get(outside_id=said["id"])
    assert post.pictures == []
    events, version = Event.objects.filter(record_id=post.pk, module="social.post").count(), post.version

    poll()
    post.refresh_from_db()

    assert [one["url"].startswith(sandbox.url) for one in post.pictures] == [True]
    assert (Event.objects.filter(record_id=post.pk, module="social.post").count(), post.version) == (events, version)


def test_pictures_of_a_page_at_facebook(people: dict[str, User], our_page: Channel, graph: Control) -> None:
    """SOC-13: of a visitor's post, of an album, of a comment; not the one of a page that somebody shares."""
    lid = Post.objects.get(text__contains="lid of my kettle", network="facebook")
    lid.state = "open"
    lid.save()

    assert [words for _url, words in shown(page_of(people["ann"]))] == ["Picture in the post of Liam O’Brien"]
    one = {"type": "photo", "media": {"image": {"src": "https://scontent.fbcdn.net/1.jpg"}}}
    album = {"type": "album", **{"media": one["media"]}, "subattachments": {"data": [one, {**one, "type": "video_inline"}]}}
    share = {**one, "type": "share"}
    said = facebook.said({"id": "1_2", "attachments": {"data": [album, share, None, {"type": "photo"}]}})
    assert [picture["url"] for picture in said.pictures] == ["https://scontent.fbcdn.net/1.jpg"] * 2
    assert len(facebook.comment({"id": "3", "attachment": one}, "1_2").pictures) == 1
    assert facebook.said({"id": "1_2", "attachments": [1]}).pictures == ()


def test_a_picture_whose_address_ended_is_shown_again_once_its_post_is_read(
    people: dict[str, User], our_page: Channel, graph: Control
) -> None:
    """SOC-13: Facebook's addresses serve for a time; the post is read anew, here because somebody wrote below it, with another one."""
    lid = Post.objects.get(text__contains="lid of my kettle", network="facebook")
    [there] = lid.pictures
    ended = {"url": re.sub(r"ext=\d+", "ext=1", there["url"]), "alt": ""}
    Post.objects.filter(pk=lid.pk).update(pictures=[ended], state="open")
    ann = page_of(people["ann"])
    [(url, _words)] = shown(ann)
    assert ann.get(url).headers["Content-Type"] == "image/svg+xml"

    graph.do("facebook/comment", on=lid.outside_id, person="Emma Wright", text="Mine, too")
    poll()

    [(url, _words)] = shown(ann)
    assert ann.get(url).headers["Content-Type"] == "image/jpeg"
    lid.refresh_from_db()
    assert (lid.pictures[0]["url"] == ended["url"], lid.edited_at) == (False, None)


def test_strange_media_break_nothing() -> None:
    """F7: keys without media, media without an address."""
    media = x.pictures_in({"media": [{"media_key": "3_1"}, None, {"media_key": "7_2", "preview_image_url": "https://pbs.twimg.com/2.jpg"}]})
    post = {"id": "1989000000000000000", "text": "", "attachments": {"media_keys": ["3_1", "7_2", "3_9"]}}

    assert x.said(post, {}, media).pictures == ({"url": "https://pbs.twimg.com/2.jpg", "alt": ""},)
    assert x.said({**post, "attachments": None}, {}, media).pictures == ()
    assert x.pictures_in(None) == {}


def test_pictures_go_with_the_person(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """E3: what is emptied with a customer takes the addresses of their pictures along."""
    held = {one.name: one for one in all_of({"crm.lead": [emma.pk]})}["social.post"]

    assert whose.profiles_of("crm.lead", [emma.pk])
    assert held.blank is not None
    assert held.blank["pictures"] == []


def test_what_went_with_the_person_does_not_come_back(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    """E3: the post still stands at X; the next look back over the day reads it, and its pictures stay away."""
    said = sandbox.say(EMMA, "@enishi_demo My street", pictures=1, alt="12 Mill Lane")
    poll()
    assert [one["alt"] for one in Post.objects.get(outside_id=said["id"]).pictures] == ["12 Mill Lane"]
    erasing.ask("crm.lead", emma.pk, actor=Actor(people["root"]), reason="She asked")
    drain()

    Stream.objects.update(swept_at=None)
    poll()

    row = Post.objects.get(outside_id=said["id"])
    assert (row.text, row.pictures, row.author_name) == ("—", [], "")
