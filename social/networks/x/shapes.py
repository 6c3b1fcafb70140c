"""X's answers in either spelling, as items of ours. A page is read whole or not at all (reliability, rule 3)."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.utils.dateparse import parse_datetime

from core.remote.errors import Gone, Hidden, OutcomeUnknown, RemoteError, Transient

from ..items import Message, Messages, Page, People, Person, Picture, Said, as_told

USER_FIELDS = "description,location,profile_image_url,protected,public_metrics"
MEDIA_FIELDS = "alt_text,preview_image_url,url"
# Whether somebody takes our messages is told to a person's token only (x-api/direct-messages).
WITH_MESSAGES = f"{USER_FIELDS},receives_your_dm"
# What comes with a message is named by a kind's number and its own.
_MEDIA = {"3": "photo", "7": "video", "16": "animated_gif"}
# Ids hold the moment they were made: milliseconds since November 2010 above 22 bits.
_EPOCH = 1_288_834_974_657


def asked(*, posts: bool = True) -> dict[str, str]:
    """What is asked for, in the spelling of the settings. In post names author and references are expansions, too."""
    if not posts:
        return {"user.fields": USER_FIELDS}
    if getattr(settings, "X_SPELLING", "tweet") == "post":
        names = "attachments,author_id,conversation_id,created_at,in_reply_to_user_id,note_post,public_metrics,referenced_posts"
        more = "attachments.media_keys,author_id,in_reply_to_user_id,referenced_posts"
        return {"post.fields": names, "expansions": more, "user.fields": USER_FIELDS, "media.fields": MEDIA_FIELDS}
    names = "attachments,author_id,conversation_id,created_at,in_reply_to_user_id,note_tweet,public_metrics,referenced_tweets"
    return {
        "tweet.fields": names,
        "expansions": "attachments.media_keys,author_id",
        "user.fields": USER_FIELDS,
        "media.fields": MEDIA_FIELDS,
    }


MESSAGE_FIELDS = {
    "dm_event.fields": "attachments,created_at,dm_conversation_id,event_type,id,sender_id,text",
    "event_types": "MessageCreate",
    "expansions": "sender_id",
    "user.fields": USER_FIELDS,
}


def page(body: Any) -> Page:
    """A page of posts. Nothing new is `{"meta": {"result_count": 0}}`; anything less than it says is an error."""
    data, meta, people = _whole(body)
    pictures = pictures_in(as_dict(body).get("includes"))
    posts = tuple(said(one, people, pictures) for one in data)
    return Page(posts, str(meta.get("next_token") or ""), str(meta.get("newest_id") or ""))


def people_page(body: Any) -> People:
    """A page of people."""
    data, meta, _people = _whole(body)
    return People(tuple(map(person, data)), str(meta.get("next_token") or ""))


def messages_page(body: Any) -> Messages:
    """A page of private messages. Those of encrypted chats are not among them; joining and leaving is no message, and what several
    people say to each other is left out: only conversations of two have both their ids for a name."""
    data, meta, people = _whole(body)
    two = [one for one in data if "-" in str(one.get("dm_conversation_id") or "-")]
    made = [_message(one, people) for one in two if one.get("event_type", "MessageCreate") == "MessageCreate"]
    return Messages(tuple(made), str(meta.get("next_token") or ""), gapless=True)


def one_person(body: Any) -> Person:
    """The answer about one person. Raises Gone or Hidden: HTTP 200 with nothing but `errors`."""
    body = as_dict(body)
    if not body.get("data"):
        raise of_problems(body.get("errors"))
    return person(body["data"])


def some_people(body: Any) -> dict[str, Person]:
    """The answer about several people by id; those who are gone or hidden are missing, which is no error of the others."""
    body = as_dict(body)
    if "data" not in body and "errors" not in body:
        raise Transient("a part of a page")
    return {one.outside_id: one for one in map(person, body.get("data") or [])}


def gone_ids(body: Any) -> set[str]:
    """Which of the posts that were asked for are not there any more."""
    problems = as_dict(body).get("errors") or []
    return {str(one.get("resource_id") or one.get("value")) for one in problems if kind_of(as_dict(one)) == "resource-not-found"}


def _whole(body: Any) -> tuple[list[dict[str, Any]], dict[str, Any], dict[str, Person]]:
    body = as_dict(body)
    meta, data = as_dict(body.get("meta")), body.get("data") or []
    if "meta" not in body:
        raise of_problems(body.get("errors"))
    if not isinstance(data, list) or meta.get("result_count", len(data)) != len(data):
        raise Transient("a part of a page")
    return data, meta, {one.outside_id: one for one in map(person, as_dict(body.get("includes")).get("users") or [])}


def pictures_in(includes: Any) -> dict[str, Picture]:
    """The pictures that come beside posts, by their keys: of a video the one it begins with."""
    media = {str(one.get("media_key")): one for one in map(as_dict, as_dict(includes).get("media") or [])}
    found = {key: one.get("url") or one.get("preview_image_url") for key, one in media.items()}
    return {key: {"url": str(url), "alt": str(media[key].get("alt_text") or "")[:1000]} for key, url in found.items() if url}


def said(post: dict[str, Any], people: Mapping[str, Person], pictures: Mapping[str, Picture]) -> Said:
    """A post in either spelling. A long one is cut in `text` and whole in its note; X writes &, < and > as entities."""
    author_id = str(post.get("author_id") or "")
    note = as_dict(post.get("note_tweet") or post.get("note_post"))
    references = {one.get("type"): str(one.get("id")) for one in post.get("referenced_tweets") or post.get("referenced_posts") or []}
    answers, shares = references.get("replied_to", ""), references.get("retweeted") or references.get("quoted") or ""
    kind = "repost" if "retweeted" in references else "reply" if answers else "quote" if shares else "post"
    at = parse_datetime(str(post.get("created_at") or "")) or moment(str(post["id"]))
    text = html.unescape(str(note.get("text") or post.get("text") or ""))
    likes = _number(as_dict(post.get("public_metrics")), "like_count")
    author = people.get(author_id, Person(author_id))
    keys = map(str, as_dict(post.get("attachments")).get("media_keys") or [])
    shown = tuple(pictures[key] for key in keys if key in pictures)
    thread = str(post.get("conversation_id") or "")
    return Said(str(post["id"]), author, text, at, thread, answers, shares, kind, likes, pictures=shown)


def person(user: Any) -> Person:
    """An account; the Activity API wraps it once more."""
    user = as_dict(user)
    user = as_dict(user.get("data")) or user
    counts = as_dict(user.get("public_metrics"))
    # X leaves out what is empty: with counts the answer holds all that we ask of a person, so what is not there is empty.
    nothing = "" if counts else None
    takes, protected = user.get("receives_your_dm"), user.get("protected")
    return Person(
        outside_id=str(user.get("id") or ""),
        handle=str(user.get("username") or ""),
        name=str(user.get("name") or "")[:200],
        bio=as_told(user.get("description", nothing)),
        place=as_told(user.get("location", nothing), 200),
        picture_url=as_told(user.get("profile_image_url", nothing), 500),
        followers=_number(counts, "followers_count"),
        following=_number(counts, "following_count"),
        posts=_number(counts, "tweet_count", "post_count"),
        likes=_number(counts, "like_count"),
        protected=protected if isinstance(protected, bool) else None,
        takes_messages=takes if isinstance(takes, bool) else None,
    )


def _message(event: dict[str, Any], people: Mapping[str, Person]) -> Message:
    sender, thread = str(event.get("sender_id") or ""), str(event.get("dm_conversation_id") or "")
    at = parse_datetime(str(event.get("created_at") or "")) or moment(str(event["id"]))
    text = html.unescape(str(event.get("text") or ""))
    other = next((one for one in thread.split("-") if one != sender), "")
    kinds = [_MEDIA.get(str(key).partition("_")[0], "file") for key in as_dict(event.get("attachments")).get("media_keys") or []]
    files = tuple({"kind": kind, "name": "", "url": ""} for kind in kinds)
    return Message(str(event["id"]), thread, people.get(sender, Person(sender)), text, at, Person(other) if other else None, files)


def told_messages(payload: Mapping[str, Any]) -> list[Message]:
    """The private messages of an event of the Activity API, which has them in an older shape, with their senders' particulars."""
    people = {key: person(one) for key, one in as_dict(payload.get("users")).items()}
    made = []
    for event in map(as_dict, payload.get("direct_message_events") or []):
        said, number = as_dict(event.get("message_create")), str(event.get("id") or "")
        sender, to = str(said.get("sender_id") or ""), str(as_dict(said.get("target")).get("recipient_id") or "")
        if event.get("type") != "message_create" or not (number.isdigit() and sender.isdigit() and to.isdigit()):
            continue
        words = as_dict(said.get("message_data"))
        media = as_dict(as_dict(words.get("attachment")).get("media"))
        files = ({"kind": str(media.get("type") or "file"), "name": "", "url": str(media.get("media_url_https") or "")},) if media else ()
        text = html.unescape(str(words.get("text") or ""))
        author = people.get(sender) or Person(sender)
        made.append(Message(number, "", author, text, moment(number), people.get(to) or Person(to), files))
    return made


def _number(counts: Mapping[str, Any], *names: str) -> int | None:
    """A count by any of its names; a twin of it as text serves, too."""
    for name in names:
        value = counts.get(name, counts.get(f"{name}_str"))
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, str) and value.isdigit():
            return int(value)
    return None


def moment(outside_id: str) -> datetime:
    """When an id was made."""
    return datetime.fromtimestamp(((int(outside_id) >> 22) + _EPOCH) / 1000, UTC)


def id_at(at: datetime) -> str:
    """The smallest id that would have been given at a moment."""
    return str(max(1, (int(at.timestamp() * 1000) - _EPOCH) << 22))


def of_problems(problems: Any) -> RemoteError:
    """HTTP 200 with nothing but `errors`: a person or post that is not there, or hidden from us."""
    kinds = {kind_of(as_dict(one)) for one in problems or []}
    if "resource-not-found" in kinds:
        return Gone("200")
    return Hidden("200") if "not-authorized-for-resource" in kinds else Transient("a part of a page")


def kind_of(problem: Mapping[str, Any]) -> str:
    """What kind of problem. Type prefixes vary (api.twitter.com, api.x.com, developer.x.com): the last part of the path counts."""
    return str(problem.get("type") or "").rstrip("/").rsplit("/", 1)[-1]


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def ids(values: Iterable[Any]) -> list[str]:
    """The ids of what an answer brought, for the bill."""
    return [str(as_dict(one).get("id") or "") for one in values]


def filled(params: dict[str, Any]) -> dict[str, Any]:
    """What a call asks for, without what is empty."""
    return {key: value for key, value in params.items() if value}


def named(body: Any, name: str) -> str:
    """The id of what was made. Taken without naming it, it has to be looked for."""
    outside_id = str(as_dict(as_dict(body).get("data")).get(name) or "")
    if not outside_id.isdigit():
        raise OutcomeUnknown("no id in the answer")
    return outside_id
