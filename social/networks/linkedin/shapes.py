"""LinkedIn's answers as items of ours. A page is read whole or not at all; what may be missing of an item may be missing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from core import clock
from core.remote.errors import OutcomeUnknown, Transient
from core.remote.http import Answer

from ..items import Background, Page, Person, Said, Step, as_told
from .restli import PERSON, comment_parts, plain

# What of a page's notifications is something said to it, and what takes such a thing back.
SAID, CHANGED, TAKEN_BACK = ("COMMENT", "SHARE_MENTION", "SHARE", "ADMIN_COMMENT"), "COMMENT_EDIT", "COMMENT_DELETE"


def rows(body: Any) -> list[dict[str, Any]]:
    """The elements of a list. Raises Transient for anything that is no list."""
    found = as_dict(body).get("elements")
    if not isinstance(found, list):
        raise Transient("a part of a page")
    return [one for one in found if isinstance(one, dict)]


def following(body: Any, start: int, count: int) -> str:
    """Where the next page begins: by its link, else by what is told of the whole, else while pages are full; empty at the end."""
    paging, found = as_dict(as_dict(body).get("paging")), rows(body)
    links, total = paging.get("links"), paging.get("total")
    further = isinstance(links, list) and any(as_dict(one).get("rel") == "next" for one in links)
    if isinstance(total, int):
        further = further or start + len(found) < total
    elif not isinstance(links, list):
        further = len(found) >= count
    return str(start + count) if found and further else ""


def notifications(body: Any, *, start: int, count: int) -> Page:
    """What happened on a page, newest first; the cursor is the newest of their times, in milliseconds."""
    found = rows(body)
    posts = tuple(said for one in found if one.get("action") in SAID and (said := noticed(one)) is not None)
    edited = tuple(said for one in reversed(found) if one.get("action") == CHANGED and (said := noticed(one)) is not None)
    gone = tuple(str(one["generatedActivity"]) for one in found if one.get("action") == TAKEN_BACK and one.get("generatedActivity"))
    newest = max((int(one["lastModifiedAt"]) for one in found if isinstance(one.get("lastModifiedAt"), int)), default=0)
    return Page(posts, following(body, start, count), str(newest or ""), edited=edited, gone=gone)


def noticed(one: dict[str, Any]) -> Said | None:
    """What somebody said to a page: a comment below its post, a post that names it, or one that shares one of its own. Who it was
    is told by their name in LinkedIn's way alone."""
    number = str(one.get("generatedActivity") or "")
    if not number:
        return None
    told = as_dict(next(iter(as_dict(one.get("decoratedGeneratedActivity")).values()), None))
    about = str(one.get("sourcePost") or number)
    comment = bool(comment_parts(number)[0])
    return Said(
        number,
        Person(str(told.get("owner") or f"hidden:{number}")),
        plain(str(told.get("text") or "")),
        moment(one.get("lastModifiedAt")),
        about if comment else number,
        about if comment else "",
        "" if comment or about == number else about,
        "reply" if comment else "post",
    )


def comments(body: Any, post: str) -> list[Said]:
    """Comments below a post, or below a comment, as LinkedIn lists them: the oldest first."""
    return [comment(one, post) for one in rows(body)]


def comment(one: dict[str, Any], post: str) -> Said:
    likes = as_dict(one.get("likesSummary")).get("totalLikes")
    return Said(
        str(one.get("commentUrn") or one.get("id") or ""),
        Person(str(one.get("actor") or "")),
        plain(str(as_dict(one.get("message")).get("text") or "")),
        moment(as_dict(one.get("created")).get("time")),
        post,
        str(one.get("parentComment") or post),
        kind="reply",
        likes=likes if isinstance(likes, int) else None,
    )


def posts(body: Any, *, start: int, count: int) -> Page:
    """Posts of one author, newest first."""
    made = tuple(post(one) for one in rows(body) if one.get("id"))
    newest = max((str(int(one.at.timestamp() * 1000)) for one in made), key=int, default="")
    return Page(made, following(body, start, count), newest)


def post(one: dict[str, Any]) -> Said:
    number, shared = str(one["id"]), str(as_dict(one.get("reshareContext")).get("parent") or "")
    said_at = moment(one.get("publishedAt") or one.get("createdAt"))
    kind = "repost" if shared else "post"
    return Said(number, Person(str(one.get("author") or "")), plain(str(one.get("commentary") or "")), said_at, number, "", shared, kind)


# People and pages ----------------------------------------------------------------------------------------------------


def oneself(claims: Any) -> Person:
    """Who signed in, by OpenID Connect."""
    claims = as_dict(claims)
    if not isinstance(claims.get("sub"), str) or not claims["sub"]:
        raise Transient("a part of an answer")
    name = str(claims.get("name") or f"{claims.get('given_name') or ''} {claims.get('family_name') or ''}").strip()
    country, _language = locale(claims.get("locale"))
    return Person(f"{PERSON}{claims['sub']}", name=name[:200], place=country or None, picture_url=as_told(claims.get("picture"), 500))


def locale(told: Any) -> tuple[str, str]:
    """(country, language) of what has been "ja_JP" and {"country": "JP", "language": "ja"}."""
    if isinstance(told, dict):
        return str(told.get("country") or ""), str(told.get("language") or "")
    language, _joint, country = str(told or "").replace("-", "_").partition("_")
    return country, language


def page_of(node: dict[str, Any], urn: str) -> Person:
    """A company page."""
    name = str(node.get("localizedName") or "")[:200]
    return Person(urn, handle=str(node.get("vanityName") or name or urn)[:120], name=name, bio=as_told(node.get("localizedWebsite")))


def acted(node: Any) -> Person:
    """Somebody who commented on our page or mentioned it: name and headline (Profile API)."""
    node = as_dict(node)
    if not node.get("id"):
        raise Transient("a part of an answer")
    name = _name(node.get("localizedFirstName"), node.get("localizedLastName"))
    handle = str(node.get("vanityName") or "")[:120]
    return Person(f"{PERSON}{node['id']}", handle=handle, name=name, bio=as_told(node.get("localizedHeadline")))


def old_person(node: Any) -> Person:
    """A member as the API of 2014 told of them."""
    node = as_dict(node)
    if not node.get("id"):
        raise Transient("a part of an answer")
    address = str(node.get("publicProfileUrl") or "")
    return Person(
        f"{PERSON}{node['id']}",
        handle=address.rstrip("/").rpartition("/in/")[2][:120] if "/in/" in address else "",
        name=_name(node.get("firstName"), node.get("lastName")),
        bio=as_told(node.get("headline")),
        place=as_told(as_dict(node.get("location")).get("name"), 200),
        picture_url=as_told(node.get("pictureUrl"), 500),
    )


def background(node: Any) -> Background:
    """Work and schools, as the API of 2014 told of them, what is now first."""
    node = as_dict(node)
    work = [
        Step(
            str(one.get("title") or ""), str(as_dict(one.get("company")).get("name") or ""), _when(one, "startDate"), _when(one, "endDate")
        )
        for one in _values(node.get("positions"))
    ]
    schools = [
        Step(str(one.get("degree") or ""), str(one.get("schoolName") or ""), _when(one, "startDate"), _when(one, "endDate"))
        for one in _values(node.get("educations"))
    ]
    return Background(tuple(sorted(work, key=lambda one: one.until != "")), tuple(schools))


def _values(told: Any) -> Iterator[dict[str, Any]]:
    found = as_dict(told).get("values")
    return (as_dict(one) for one in found) if isinstance(found, list) else iter(())


def _when(one: dict[str, Any], name: str) -> str:
    """A month as 2020-04, a year as 2020, empty where there is none."""
    told = as_dict(one.get(name))
    year, month = told.get("year"), told.get("month")
    if not isinstance(year, int):
        return ""
    return f"{year:04}-{month:02}" if isinstance(month, int) else f"{year:04}"


def _name(first: Any, last: Any) -> str:
    """The order in which the person's country writes a name: a Japanese one begins with the family."""
    first, last = str(first or ""), str(last or "")
    japanese = any("\u3040" <= sign <= "\u30ff" or "\u4e00" <= sign <= "\u9fff" for sign in last + first)
    return " ".join(filter(None, (last, first) if japanese else (first, last)))[:200]


# What writing gives -----------------------------------------------------------------------------------------------


def created(answer: Answer) -> str:
    """The id of what was made, from the headers. Taken without naming it, it has to be looked for."""
    made = answer.headers.get("x-restli-id") or answer.headers.get("x-linkedin-id") or ""
    if not made:
        raise OutcomeUnknown("no id in the answer")
    return str(made)[:120]


def moment(stamp: Any) -> datetime:
    """A time of theirs, in milliseconds; now, where there is none."""
    if isinstance(stamp, int) and not isinstance(stamp, bool) and stamp > 0:
        return datetime.fromtimestamp(stamp / 1000, UTC)
    return clock.now()


def as_dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
