"""Facebook's answers as items of ours. A page is read whole or not at all; what may be missing of an item may be missing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from core import clock
from core.remote.errors import Transient

from ..items import Message, Messages, Page, Person, Picture, Said, as_told

POST_FIELDS = "id,message,story,from,created_time,updated_time,attachments"
TAGGED_FIELDS = f"{POST_FIELDS},tagged_time"
RATING_FIELDS = "created_time,reviewer,recommendation_type,review_text,open_graph_story{id}"
COMMENT_FIELDS = "id,message,from,created_time,parent{id},like_count,attachment"
# How much was said below each post, without what was said: which of them to look into (social-APIs 7.4).
SUMMARY_FIELDS = f"{POST_FIELDS},comments.limit(0).summary(true)"
MESSAGE_FIELDS = "id,created_time,from,to,message,attachments"
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
    at = moment(post.get("created_time") or post.get("updated_time"))
    shown = pictures(as_dict(post.get("attachments")).get("data"))
    return Said(outside_id, author(post), text, at, outside_id, kind=kind, pictures=shown)


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
        pictures=pictures([one.get("attachment")]),
    )


def pictures(attached: Any) -> tuple[Picture, ...]:
    """The pictures that hang on a post or a comment, those of an album one by one: of a video the one it begins with. A shared page's
    is not theirs, and Facebook gives no words for who does not see them."""
    made: list[Picture] = []
    for one in listed(attached):
        below = listed(as_dict(one.get("subattachments")).get("data"))
        if below:
            made += pictures(below)
        elif str(one.get("type") or "").startswith(("photo", "video", "animated_image")):
            url = as_dict(as_dict(one.get("media")).get("image")).get("src")
            made += [{"url": str(url), "alt": ""}] if url else []
    return tuple(made)


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
        bio=as_told(node.get("about")),
        picture_url=as_told(picture, 500),
        followers=followers if isinstance(followers, int) else None,
    )


def myself(node: Any) -> Person:
    """Whoever signed in; people have no handle that we are told."""
    node = as_dict(node)
    picture = as_dict(as_dict(node.get("picture")).get("data")).get("url")
    return Person(str(node["id"]), name=str(node.get("name") or "")[:200], picture_url=as_told(picture, 500))


def writer(node: Any) -> Person:
    """Somebody who wrote to the page: name and picture, nothing else."""
    node = as_dict(node)
    return Person(str(node.get("id") or ""), name=str(node.get("name") or "")[:200], picture_url=as_told(node.get("profile_pic"), 500))


def messages(body: Any, thread: str, person: Person, us: str) -> Messages:
    """A page of the private messages of one thread with a person, newest first. Details are given of the twenty newest only, so
    what is not there says nothing. One that does not tell who wrote it is left out: nobody is taken for another."""
    found = (_message(one, thread, person, us) for one in rows(body))
    return Messages(tuple(one for one in found if one is not None), after(body))


def _message(one: dict[str, Any], thread: str, person: Person, us: str) -> Message | None:
    sender = str(as_dict(one.get("from")).get("id") or "")
    mine = sender == us
    if not mine and sender != person.outside_id:
        return None
    files = tuple(map(attachment, listed(as_dict(one.get("attachments")).get("data"))))
    by, to = (Person(us), person) if mine else (author(one), Person(us))
    return Message(str(one["id"]), thread, by, str(one.get("message") or ""), moment(one.get("created_time")), to, files)


def told_messages(event: dict[str, Any], us: str) -> list[Message]:
    """The private message of an event, ours as an echo; times are milliseconds there. Names are not told."""
    said, at = as_dict(event.get("message")), event.get("timestamp")
    sender, to = (str(as_dict(event.get(side)).get("id") or "") for side in ("sender", "recipient"))
    if not sender or not to or us not in {sender, to} or not said.get("mid"):
        return []
    moment_of = datetime.fromtimestamp(at / 1000, UTC) if isinstance(at, int) and not isinstance(at, bool) else clock.now()
    files = tuple(map(attachment, listed(said.get("attachments"))))
    return [Message(str(said["mid"]), "", Person(sender), str(said.get("text") or ""), moment_of, Person(to), files)]


def attachment(one: dict[str, Any]) -> dict[str, str]:
    """What came with a message: pictures and files in any of the shapes they come in."""
    kind = str(one.get("type") or str(one.get("mime_type") or "").partition("/")[0])
    places = (as_dict(one.get(name)).get("url") for name in ("payload", "image_data", "video_data"))
    url = next(filter(None, places), one.get("file_url"))
    return {
        "kind": kind if kind in {"image", "video", "audio"} else "file",
        "name": str(one.get("name") or "")[:200],
        "url": str(url or ""),
    }


def other_of(thread: dict[str, Any], us: str) -> Person | None:
    """Who a thread is with; None where that is not told, or they are several."""
    people = listed(as_dict(thread.get("participants")).get("data"))
    others = [one for one in people if one.get("id") and str(one["id"]) != us]
    return Person(str(others[0]["id"]), name=str(others[0].get("name") or "")[:200]) if len(others) == 1 else None


def listed(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


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
