"""What is read at LinkedIn: what happened on a page, comments, posts, people."""

from __future__ import annotations

from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from core.remote.abilities import Can
from core.remote.errors import Gone, Limited, RemoteError, Revoked, Unpaid
from core.remote.network import Network
from core.remote.wires import Wire

from ..items import Background, Page, Person, Said
from . import shapes
from .restli import ORGANIZATION, PERSON, Spelt, address, comment_parts, enc, listing, record, versioned

AT_ONCE, HITS = 100, 25
# What the API of 2014 is asked for.
OLD = "id,first-name,last-name,headline,picture-url,public-profile-url,location:(name),positions,educations"
FINDER = "FINDER"


class Reading(Network):
    """What of LinkedIn reads."""

    def notifications(self, wire: Wire, page: str, *, since: str = "", token: str = "") -> Page:
        """One page of what was said to a company page: comments, mentions, shares, and what of it was taken back. Kept there for 60
        days, for public posts only. Who it was is asked for beside it, as far as the day's limit goes."""
        start = int(token or 0)
        params = {
            "q": "criteria",
            "actions": listing([*shapes.SAID, shapes.CHANGED, shapes.TAKEN_BACK]),
            "organizationalEntity": page,
            "timeRange": record({"start": since}) if since else "",
            "start": start,
            "count": AT_ONCE,
        }
        body = wire.get("notifications", address("/rest/organizationalEntityNotifications", params), headers=versioned(FINDER))
        found = shapes.notifications(body, start=start, count=AT_ONCE)
        return replace(found, posts=self.named_by(wire, found.posts))

    def named_by(self, wire: Wire, said: tuple[Said, ...]) -> tuple[Said, ...]:
        """The same with their authors' names: from what we keep still, else asked for, one by one. One that LinkedIn does not tell,
        or not today, stays without a name."""
        from ..known import seen_lately  # rows of ours; the adapter is loaded before them

        wanted = {one.author.outside_id for one in said if one.author.outside_id.startswith((PERSON, ORGANIZATION))}
        us = wire.connection
        known = seen_lately(self.key, wanted, self.keeps.get("person")) | {
            us.chain.outside_id: Person(us.chain.outside_id, us.handle, us.name)
        }
        for urn in sorted(wanted - set(known)):
            try:
                known[urn] = self.author(wire, urn)
            except Limited:
                break
            except (Revoked, Unpaid):
                raise
            except RemoteError:
                continue
        return tuple(replace(one, author=known.get(one.author.outside_id, one.author)) for one in said)

    def author(self, wire: Wire, urn: str) -> Person:
        """A member who acted on our page, or a company. Raises a RemoteError."""
        if urn.startswith(ORGANIZATION):
            path = f"/rest/organizations/{enc(urn.removeprefix(ORGANIZATION))}"
            return shapes.page_of(shapes.as_dict(wire.get("org", path, headers=versioned())), urn)
        path = f"/rest/people/{record({'id': urn.removeprefix(PERSON)})}"
        return shapes.acted(wire.get("people", path, headers=versioned()))

    def comments(self, wire: Wire, post: str, *, since: datetime | None = None) -> list[Said]:
        """Comments below a post or a comment, newest last; with `since` those of the last pages, back to that moment."""
        path = f"/rest/socialActions/{enc(post)}/comments"
        body = wire.get("comments.list", address(path, {"start": 0, "count": AT_ONCE}), headers=versioned())
        found, total = shapes.comments(body, post), shapes.as_dict(shapes.as_dict(body).get("paging")).get("total")
        if isinstance(total, int) and total > AT_ONCE and since is not None:
            body = wire.get("comments.list", address(path, {"start": total - AT_ONCE, "count": AT_ONCE}), headers=versioned())
            found = shapes.comments(body, post)
        return [one for one in found if since is None or one.at >= since]

    def above(self, wire: Wire, comment: str) -> str:
        """The comment that one answers, if it answers any: answers have one level only."""
        post, number = comment_parts(comment)
        path = f"/rest/socialActions/{enc(post)}/comments/{enc(number)}"
        try:
            told = shapes.as_dict(wire.get("comments.get", path, headers=versioned()))
        except Limited:
            raise
        except RemoteError:
            return ""  # not ours to read: LinkedIn says itself whether it can be answered
        return str(told.get("parentComment") or "")

    def posts_of(self, wire: Wire, person: str, *, since: str = "", token: str = "", size: int = AT_ONCE) -> Page:
        """One page of the posts of a page of ours; of a member where the level has it. Newest first."""
        start = int(token or 0)
        params = {"q": "author", "author": person, "sortBy": "CREATED", "start": start, "count": size}
        body = wire.get("posts.by_author", address("/rest/posts", params), headers=versioned(FINDER))
        found = shapes.posts(body, start=start, count=size)
        return replace(found, posts=tuple(one for one in found.posts if not since or one.at.timestamp() * 1000 >= int(since)))

    def updates(self, wire: Wire, *, token: str = "") -> Page:
        """One page of the posts of one's own connections; where the level has it."""
        start = int(token or 0)
        body = wire.get("network_updates", address("/v2/activityFeeds", {"q": "networkShares", "start": start, "count": AT_ONCE}))
        return shapes.posts(body, start=start, count=AT_ONCE)

    # People and pages ---------------------------------------------------------------------------------------------------

    def by_handle(self, wire: Wire, handle: str) -> Person:
        """A company page by the name in its address. Raises Gone."""
        name = handle.strip().rstrip("/").rpartition("/")[2]
        path = address("/rest/organizations", {"q": "vanityName", "vanityName": name})
        found = shapes.rows(wire.get("org.by_vanity", path, headers=versioned(FINDER)))
        if not name or not found:
            raise Gone("no such page")
        return shapes.page_of(found[0], f"{ORGANIZATION}{found[0].get('id')}")

    def followers_of(self, wire: Wire, page: str) -> int | None:
        """How many follow a company page."""
        path = address(f"/rest/networkSizes/{enc(page)}", {"edgeType": "COMPANY_FOLLOWED_BY_MEMBER"})
        told = shapes.as_dict(wire.get("org.followers", path, headers=versioned())).get("firstDegreeSize")
        return told if isinstance(told, int) else None

    def search_people(self, wire: Wire, words: str, *, company: str = "", title: str = "", school: str = "") -> tuple[Person, ...]:
        """Members by name, company, title and school; closed since 2015 but for the sandbox."""
        params: dict[str, Any] = {"keywords": words, "company-name": company, "title": title, "school-name": school}
        selector = Spelt(f":(people:({OLD}),num-results)")
        path = address(f"/v1/people-search{selector}", {**params, "start": 0, "count": HITS})
        body = shapes.as_dict(shapes.as_dict(wire.get("people.search", path, headers=_OLD_HEADERS)).get("people"))
        found = body.get("values")
        return tuple(shapes.old_person(one) for one in found) if isinstance(found, list) else ()

    def by_id(self, wire: Wire, outside_id: str) -> Person:
        """A member by their URN: with work and schools where the level has them, else what is told of who acted on our page. Raises
        Gone."""
        if not self.can(Can.BACKGROUND):
            return self.author(wire, outside_id)
        person, background = self.background(wire, outside_id)
        return replace(person, background=asdict(background))

    def background(self, wire: Wire, outside_id: str) -> tuple[Person, Background]:
        """A member with work and schools, in one call. Raises a RemoteError."""
        number = outside_id.removeprefix(PERSON)
        told = wire.get("people.full", f"/v1/people/id={enc(number)}:({OLD})", headers=_OLD_HEADERS)
        return shapes.old_person(told), shapes.background(told)


_OLD_HEADERS = {"x-li-format": "json"}
