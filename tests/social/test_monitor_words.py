"""The Monitor calls what can be said by its name at each network, and does what the word says (SOC-13, SOC-32)."""

from __future__ import annotations

import re
from typing import Any

from core.access.models import User
from core.action.registry import run
from core.actor import Actor
from core.exchange.models import Delivery
from core.work.jobs import drain
from sandbox.running import Control
from social.models import Channel, Post
from tests.cast import page_of
from tests.flows.conftest import poll

from .talk_cast import asked
from .test_linkedin import comment, first_post
from .test_linkedin_talk import below


def buttons(user: User, post: Post) -> list[str]:
    """What the Monitor offers to say to a post, in the reader's words."""
    page = page_of(user).get("/social/").content.decode()
    entry = page.split(f'id="post-{post.pk}"')[1].split("</li>")[0]
    return [
        re.sub(r"<[^>]+>", "", one).strip() for one in re.findall(r'<a [^>]*/do/social\.(?:reply|comment)"[^>]*>(.*?)</a>', entry, re.S)
    ]


def in_japanese(user: User) -> User:
    User.objects.filter(pk=user.pk).update(language="ja")
    return User.objects.anew(user.pk)


def test_x_knows_replies_alone(people: dict[str, User], sandbox: Control, emma: Any) -> None:
    assert buttons(people["ann"], asked()) == ["Reply"]
    assert buttons(in_japanese(people["ann"]), asked()) == ["返信"]


def test_facebook_comments_on_posts_and_replies_to_comments(our_page: Channel, graph: Control, people: dict[str, User]) -> None:
    """A visitor's post is commented on; a comment is replied to, or the post above it is commented on: each stands where it says."""
    said = graph.do("facebook/post", person="佐藤 花子", text="営業時間を教えてください")["post"]["id"]
    on_it = graph.do("facebook/comment", on=said, person="Liam O’Brien", text="Me too, please")["comment"]["id"]
    poll()
    post, below_it = Post.objects.get(outside_id=said), Post.objects.get(outside_id=on_it)
    ann = people["ann"]
    assert [buttons(ann, post), buttons(ann, below_it)] == [["Comment"], ["Reply", "Comment on the post"]]
    client = page_of(ann)
    for what, key, shown in ((post, "reply", "Comment"), (below_it, "reply", "Reply"), (below_it, "comment", "Comment on the post")):
        page = client.get(f"/social/posts/{what.pk}/do/social.{key}")
        assert f"<h1>{shown}</h1>" in page.content.decode()
        assert page.context["form"].fields["text"].label == shown.partition(" ")[0]
        answer = client.post(f"/social/posts/{what.pk}/do/social.{key}", {"text": f"{shown}: 10 to 18", "once": f"{what.pk}{key}"})
        assert answer.status_code == 302
    drain()

    rows = Delivery.objects.order_by("pk")
    assert [(one.action, one.state, one.target["answers"]) for one in rows] == [
        ("comment", "sent", said),
        ("reply", "sent", on_it),
        ("comment", "sent", said),
    ]
    ours = {
        one.text.partition(":")[0]: (one.in_reply_to, one.conversation)
        for one in Post.objects.filter(ours=True, text__contains=": 10 to 18")
    }
    assert ours == {"Comment": (said, said), "Reply": (on_it, said), "Comment on the post": (said, said)}
    poll()
    assert Post.objects.filter(ours=True, text__contains=": 10 to 18").count() == 3
    assert client.get(f"/social/posts/{post.pk}/do/social.comment").status_code == 403
    Post.objects.filter(pk__in=[post.pk, below_it.pk]).update(state="open")
    assert [buttons(in_japanese(ann), post), buttons(in_japanese(ann), below_it)] == [["コメント"], ["返信", "投稿にコメント"]]


def test_linkedin_comments_and_answers_comments(company: Channel, linked: Control, people: dict[str, User]) -> None:
    """Below a comment it is a reply; beside it, a comment on the post."""
    top = first_post(linked)
    said = comment(linked, "いくらですか", post=top)
    poll()
    post = Post.objects.get(outside_id=said)
    assert buttons(people["ann"], post) == ["Reply", "Comment on the post"]
    run("social.comment", post, actor=Actor(people["root"]), text="新商品です。")
    drain()
    assert Delivery.objects.get().target["answers"] == post.conversation
    assert "新商品です。" in [text for _who, text in below(company, top)] and not below(company, said)
