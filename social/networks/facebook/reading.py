"""What is read of a page again and again: posts on it and about it, what is said below them, and recommendations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from core.remote.errors import Gone, Limited, OverBudget
from core.remote.wires import Wire

from ..items import Page, Said, Whole
from . import shapes
from .hooks import Listening

PAGE = 100
# How many posts one turn of reading looks below, those that changed first.
LOOKED_INTO = 10
# Below what robots may ask for a page in a minute, so that each post can be read to its end of a round.
COMMENT_PAGES = 40


class Reading(Listening):
    """What of Facebook is about reading pages."""

    def read(self, wire: Wire, kind: str, subject: str, argument: str, *, since: str, token: str) -> Page:
        if kind == "comments":
            return self.new_comments(wire, since=since, token=token)
        if kind == "ratings":
            params = {"fields": shapes.RATING_FIELDS, "limit": PAGE, "after": token}
            return shapes.reviews(wire.get("page.ratings", f"/{subject}/ratings", filled(params)), since)
        fields = shapes.TAGGED_FIELDS if kind == "tagged" else shapes.POST_FIELDS
        params = {"fields": fields, "limit": PAGE, "since": since, "after": token}
        page = shapes.posts(wire.get(f"page.{kind}", f"/{subject}/{kind}", filled(params)), subject)
        if kind == "visitor_posts" and since and not token and not page.next_token:
            return replace(page, whole=(Whole(shapes.moment(int(since)), "visitor"),))
        return page

    def new_comments(self, wire: Wire, *, since: str = "", token: str = "") -> Page:
        """What was said below the posts of the page: first which posts changed, then those alone, the longest unread first.

        The cursor is the newest change; where a round goes on is the change it came to. Of the time before us (no `since`) only
        what stands below the posts that changed last is read. Where the allowance ends on the way, what was read until then is a
        page, and the round goes on after it. A post that changed comes along itself: its words may be others now.
        """
        us = wire.connection.chain.outside_id
        params = {"fields": shapes.SUMMARY_FIELDS, "limit": PAGE}
        rows = shapes.rows(wire.get("page.feed", f"/{us}/feed", params))
        newest = shapes.newest(rows, "updated_time", "created_time")
        after = shapes.moment(int(since)) if since else None
        changed = sorted((one for one in ((_change(one), one) for one in rows) if one[0][0] >= int(since or 0)), key=lambda one: one[0])
        if after is None:
            changed = [one for one in changed if _told_of(one[1])][-LOOKED_INTO:]
        if token:
            changed = [one for one in changed if one[0] > _place(token)]
        found: list[Said] = []
        whole: list[Whole] = []
        done, looked = "", 0
        for change, post in changed:
            if looked == LOOKED_INTO:
                return Page(tuple(found), done, newest, tuple(whole))
            number = str(post["id"])
            try:
                said = self.comments(wire, number, since=after) if _told_of(post) else []
            except Gone:
                continue  # deleted since we asked which changed
            except (Limited, OverBudget):
                if not done:
                    raise
                return Page(tuple(found), done, newest, tuple(whole))
            looked += _told_of(post)
            found += [one for one in (shapes.said(post, us),) if said or one.author.outside_id != us] + said
            if after is not None:
                whole.append(Whole(_from(said, after), "reply", number))
            done = "{}:{}".format(*change)
        return Page(tuple(found), "", newest, tuple(whole))

    def comments(self, wire: Wire, post: str, *, since: datetime | None = None) -> list[Said]:
        """The comments of a post, and those below them, newest first, back to a moment, 4,000 at most; without one, the newest
        hundred."""
        found: list[Said] = []
        after = ""
        for _page in range(COMMENT_PAGES):
            params = {"fields": shapes.COMMENT_FIELDS, "filter": "stream", "order": "reverse_chronological", "limit": PAGE, "after": after}
            body = wire.get("comments", f"/{post}/comments", filled(params))
            made = [shapes.comment(one, post) for one in shapes.rows(body)]
            found += [one for one in made if since is None or one.at >= since]
            after = shapes.after(body)
            if not after or since is None or any(one.at < since for one in made):
                break
        return found

    def published(self, wire: Wire, *, since: datetime, token: str = "") -> Page:
        """One page of our own posts."""
        us = wire.connection.chain.outside_id
        params = {"fields": shapes.POST_FIELDS, "limit": PAGE, "since": str(int(since.timestamp())), "after": token}
        return shapes.posts(wire.get("page.published", f"/{us}/published_posts", filled(params)), us)

    def gone(self, wire: Wire, ids: Sequence[str]) -> set[str]:
        """Which of these posts and comments are there no more. One by one: of many at once a single one spoils the answer."""
        found: set[str] = set()
        for one in ids:
            try:
                wire.get("post", f"/{one}", {"fields": "id"})
            except Gone:
                found.add(one)
        return found


def _from(said: Sequence[Said], since: datetime) -> datetime:
    """From when on these comments are all there are: more of them than one reading goes through begin with the oldest read."""
    return since if len(said) < COMMENT_PAGES * PAGE else min(one.at for one in said)


def _told_of(post: dict[str, Any]) -> bool:
    """Whether anything stands below a post, as far as its summary tells."""
    total = shapes.as_dict(shapes.as_dict(post.get("comments")).get("summary")).get("total_count")
    return total != 0


def _change(post: dict[str, Any]) -> tuple[int, str]:
    return int(shapes.moment(post.get("updated_time") or post.get("created_time")).timestamp()), str(post["id"])


def _place(token: str) -> tuple[int, str]:
    when, _colon, post = token.partition(":")
    return int(when), post


def filled(params: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in params.items() if value}
