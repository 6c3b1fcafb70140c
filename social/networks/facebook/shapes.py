"""Facebook's answers as items of ours. A page is read whole or not at all; what may be missing of an item may be missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core import clock
from core.remote.errors import Transient

from ..items import Message, Messages, Page, Person, Said

POST_FIELDS = "id,message,story,from,created_time,updated_time"
TAGGED_FIELDS = f"{POST_FIELDS},tagged_time"
RATING_FIELDS = "created_time,reviewer,recommendation_type,review_text,open_graph_story{id}"
COMMENT_FIELDS = "id,message,from,created_time,parent{id},like_count"
# How much was said below each post, without what was said: which of them to look into (social-APIs 7.4).
SUMMARY_FIELDS = f"{POST_FIELDS},comments.limit(0).summary(true)"
MESSAGE_FIELDS = "id,created_time,from,to,message"
THREAD_FIELDS = "id,updated_time,can_reply,participants"
# Who wrote is not told to every app, nor of every post: such a one is known by what they wrote, and never taken for another.
HIDDEN, NOBODY = "hidden:", "Facebook"


def rows(body: Any) -> list[dict[str, Any]]:
    """The items of a list. Raises Transient for anything that is no list."""
    data = as_dict(body).get("data")
    if not isinstance(data, list):
        raise Transient("a part of a page")
    return [one for one in data if isinstance(one, dict) and one.get("id")]


def after(body: Any) -> str:
    """Where the next page begins. A page may be short or empty while there is a next one; without `next` it was the last."""
    paging = as_dict(as_dict(body).get("paging"))
    return str(as_dict(paging.get("cursors")).get("after") or "") if paging.get("next") else ""


def posts(body: Any, page: str = "") -> Page:
    """A page of posts; the cursor is the newest of their times, in unix seconds. `page`: whose they are."""
    found = rows(body)
    return Page(tuple(said(one, page) for one in found), after(body), newest(found, "tagged_time", "created_time"))


def reviews(body: Any, since: str) -> Page:
    """A page of recommendations, newest first, back to a cursor. One without a story can neither be answered nor named: it is
    left out, as is what came before the cursor."""
    data = as_dict(body).get("data")
    if not isinstance(data, list):
        raise Transient("a part of a page")
    told = [one for one in map(as_dict, data) if as_dict(one.get("open_graph_story")).get("id")]
    made = [review(str(one["open_graph_story"]["id"]), one.get("reviewer"), one) for one in told]
    new = [one for one in made if not since or one.at.timestamp() >= int(since)]
    return Page(tuple(new), after(body) if len(new) == len(made) else "", newest(told, "created_time"))


def review(story: str, reviewer: Any, told: dict[str, Any]) -> Said:
    """A recommendation, or the advice against it; it is answered by a comment on its story."""
    verdict = str(told.get("recommendation_type") or "")
    verdict = verdict if verdict in {"positive", "negative"} else ""
    who = author({"id": story, "from": reviewer})
    return Said(story, who, str(told.get("review_text") or ""), moment(told.get("created_time")), story, kind="review", verdict=verdict)


def newest(found: list[dict[str, Any]], *names: str) -> str:
    """The latest time of some items by the first of these names that each has, as a cursor."""
    stamps = [str(int(moment(next(filter(None, map(one.get, names)), None)).timestamp())) for one in found]
    return max(stamps, key=int, default="")


def said(post: dict[str, Any], page: str = "") -> Said:
    """A post of a page's feed: left on the page itself, or elsewhere, naming it. One with neither words nor author is one all
    the same (a picture, or hidden from us)."""
    outside_id = str(post["id"])
    text = str(post.get("message") or post.get("story") or "")
    kind = "visitor" if page and outside_id.startswith(f"{page}_") else "post"
    return Said(outside_id, author(post), text, moment(post.get("created_time") or post.get("updated_time")), outside_id, kind=kind)


def comment(one: dict[str, Any], post: str) -> Said:
    """A comment below a post, or below another comment of it."""
    answers = str(as_dict(one.get("parent")).get("id") or post)
    likes = one.get("like_count")
    return Said(
        str(one["id"]),
        author(one),
        str(one.get("message") or ""),
        moment(one.get("created_time")),
        post,
        answers,
        kind="reply",
        likes=likes if isinstance(likes, int) else None,
    )


def author(item: dict[str, Any]) -> Person:
    """Who wrote it; somebody unknown where Facebook does not say."""
    told = as_dict(item.get("from"))
    if not told.get("id"):
        return Person(f"{HIDDEN}{item['id']}", name=str(told.get("name") or NOBODY)[:200])
    return Person(str(told["id"]), name=str(told.get("name") or "")[:200])


def page_of(node: dict[str, Any]) -> Person:
    """A page that somebody runs. One without a name of its own in addresses goes by what it is called."""
    picture = as_dict(as_dict(node.get("picture")).get("data")).get("url")
    name = str(node.get("name") or "")[:200]
    handle = str(node.get("username") or name or node["id"])[:120]
    followers = node.get("followers_count")
    return Person(
        str(node["id"]),
        handle=handle,
        name=name,
        bio=str(node.get("about") or ""),
        picture_url=str(picture or "")[:500],
        followers=followers if isinstance(followers, int) else None,
    )


def myself(node: Any) -> Person:
    """Whoever signed in; people have no handle that we are told."""
    node = as_dict(node)
    picture = as_dict(as_dict(node.get("picture")).get("data")).get("url")
    return Person(str(node["id"]), name=str(node.get("name") or "")[:200], picture_url=str(picture or "")[:500])


def writer(node: Any) -> Person:
    """Somebody who wrote to the page: name and picture, nothing else."""
    node = as_dict(node)
    return Person(str(node.get("id") or ""), name=str(node.get("name") or "")[:200], picture_url=str(node.get("profile_pic") or "")[:500])


def messages(body: Any, thread: str) -> Messages:
    """A page of the private messages of one thread, newest first."""
    made = tuple(_message(one, thread) for one in rows(body))
    return Messages(made, after(body))


def _message(one: dict[str, Any], thread: str) -> Message:
    return Message(str(one["id"]), thread, author(one), str(one.get("message") or ""), moment(one.get("created_time")))


def moment(text: Any) -> datetime:
    """A time of theirs, `2026-08-20T01:02:03+0000` or unix seconds; now, where there is none."""
    if isinstance(text, int) and not isinstance(text, bool):
        return datetime.fromtimestamp(text, UTC)
    try:
        return datetime.strptime(str(text), "%Y-%m-%dT%H:%M:%S%z").astimezone(UTC)
    except ValueError:
        return clock.now()


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
