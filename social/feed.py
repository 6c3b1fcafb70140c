"""The feed of the Monitor and of a person: posts with what is known of their authors, prepared once for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, QuerySet
from django.utils.encoding import force_str
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from core.access.gate import can, queryset
from core.access.models import User
from core.exchange.models import Delivery
from core.field.choices import options
from core.field.look import Look
from core.identity.keys import HANDLE
from core.identity.twins import Twin, holders
from core.module.registry import UnknownModule, module
from core.record.models import Tie
from core.remote.network import network

from .models import Post
from .networks.items import Picture
from .people import people_of
from .related.pictures import address

# A mention or an answer is what a feed is of; the rest is told.
WORTH_A_WORD = frozenset({"visitor", "review", "keyword"})


@dataclass
class Line:
    """One post as a page shows it."""

    post: Post
    look: Look
    name: str
    network: str
    hue: int
    initial: str
    person: dict[str, Any] = field(default_factory=dict)  # label, url
    ticket: dict[str, Any] = field(default_factory=dict)  # label, url
    owner: str = ""
    deliveries: list[Delivery] = field(default_factory=list)
    # What can be done with it, how soon to look at its deliveries again, and what can be done about each (social.related.talk).
    acts: list[Any] = field(default_factory=list)
    actions: dict[str, Any] = field(default_factory=dict)  # in the Monitor: by the name without its app
    soon: int = 0
    settle: dict[int, list[tuple[str, str]]] = field(default_factory=dict)
    perhaps: list[Twin] = field(default_factory=list)  # who had this handle once, as long as nobody is tied to the profile
    kind: str = ""  # what it is, where that is worth a word
    pictures: list[Picture] = field(default_factory=list)  # where they stand with us, each with its words
    # In the Monitor: whether the account that would act likes it, and where somebody signs in who has none (social.related.talk).
    liked: bool = False
    connect: str = ""


def visible(user: User) -> QuerySet[Any]:
    """The posts this person may see, with what a page needs of them."""
    return queryset(user, "social.post").select_related("channel", "profile")


def lines(user: User, posts: Sequence[Post], look: Look, *, authors: bool = True) -> list[Line]:
    """A page of posts: a fixed number of queries, however many they are. `authors`: with who they are in the CRM."""
    people = _people(user, {post.profile_id for post in posts}) if authors else {}
    perhaps = candidates(user, [post for post in posts if not post.ours and post.profile_id not in people]) if authors else {}
    tickets = _tickets(user, [post.pk for post in posts])
    sent: dict[int, list[Delivery]] = {}
    rows = Delivery.objects.filter(module="social.post", record_id__in=[post.pk for post in posts]).select_related("connection")
    for row in rows.order_by("pk"):
        sent.setdefault(row.record_id or 0, []).append(row)
    kinds, verdicts = options("social.post", "kind"), options("social.post", "verdict")
    made = []
    for post in posts:
        told = verdicts.get(post.verdict) or (kinds.get(post.kind) if post.kind in WORTH_A_WORD else None)
        where = force_str(network(post.network).label)
        name = post.author_name or (f"@{post.author_handle}" if post.author_handle else where)
        made.append(
            Line(
                post,
                look,
                name,
                where,
                post.profile_id % 9 + 1,
                name.lstrip("@")[:1].upper(),
                people.get(post.profile_id, {}),
                tickets.get(post.pk, {}),
                look.person(post.owner_id),
                sent.get(post.pk, []),
                perhaps=perhaps.get(post.profile_id, []),
                kind=force_str(told.label) if told else "",
                pictures=_pictures(post, name),
            )
        )
    return made


def _pictures(post: Post, name: str) -> list[Picture]:
    """The pictures of a post for a page of ours: small, by way of us, and none from where the network keeps none."""
    found = [] if post.deleted_on_network else post.pictures
    places = [(address(post.network, one["url"], view=True), one["alt"]) for one in found]
    said = _("Picture in the post of %(name)s") % {"name": name}
    return [{"url": place, "alt": alt or said} for place, alt in places if place]


def candidates(user: User, posts: Sequence[Post]) -> dict[int, list[Twin]]:
    """The people and companies that have or ever had the handles of these posts' authors, by profile (PLT-16): at most two
    statements and one for each module that has some."""
    said = {post.profile_id: post.profile.handle for post in posts if post.network == "x" and post.profile.handle}
    found = holders(user, {HANDLE: set(said.values())}) if said else {}
    return {pk: found[HANDLE, handle] for pk, handle in said.items() if (HANDLE, handle) in found}


def _people(user: User, profile_ids: set[int]) -> dict[int, dict[str, Any]]:
    """Who the authors are in the CRM, with their open deals: only what this reader may see."""
    ties = people_of(sorted(profile_ids))
    wanted: dict[str, set[int]] = {}
    for found in ties.values():
        for key, pk in found:
            wanted.setdefault(key, set()).add(pk)
    seen = {key: {record.pk: record for record in queryset(user, key, aside=True).filter(pk__in=ids)} for key, ids in wanted.items()}
    deals = _open_deals(user, seen)
    made = {}
    for profile_id, found in ties.items():
        for key, pk in found:
            record = seen[key].get(pk)
            if record is not None:
                one, count = module(key), deals.get((key, pk), 0)
                words = (
                    [str(one.label), ngettext("%(count)d open deal", "%(count)d open deals", count) % {"count": count}]
                    if count
                    else [str(one.label)]
                )
                made[profile_id] = {"label": " · ".join(words), "title": record.title, "url": one.url(pk)}
                break
    return made


def _open_deals(user: User, seen: dict[str, dict[int, Any]]) -> dict[tuple[str, int], int]:
    made: dict[tuple[str, int], int] = {}
    for key, column in (("crm.contact", "contact"), ("crm.account", "account")):
        ids = list(seen.get(key, {}))
        if ids and can(user, "crm.deal", "view"):
            rows = queryset(user, "crm.deal").filter(**{f"{column}__in": ids, "outcome": "open"}).order_by()
            for row in rows.values(column).annotate(n=Count("pk")):
                made[key, row[column]] = row["n"]
    return made


def _tickets(user: User, post_ids: list[int]) -> dict[int, dict[str, Any]]:
    ties = dict(Tie.objects.filter(kind="ticket", module="social.post", record_id__in=post_ids).values_list("record_id", "other_id"))
    if not ties:
        return {}
    try:
        one = module("helpdesk.ticket")
    except UnknownModule:
        return {}
    rows = {record.pk: record for record in queryset(user, one, aside=True).filter(pk__in=ties.values())}
    made = {post: {"label": getattr(rows[pk], "short", rows[pk].title), "url": one.url(pk)} for post, pk in ties.items() if pk in rows}
    hidden: dict[str, Any] = {"label": _("Has a ticket"), "url": ""}
    return {post: made.get(post, hidden) for post in ties}
