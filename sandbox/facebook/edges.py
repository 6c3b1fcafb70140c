"""The lists that hang on things: which rows, in which order, and what one must be granted to read them."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ..store import Row
from . import content, people, settings, volume
from .call import Call
from .problems import invalid

Args = dict[str, str]
READ, USER_CONTENT = ("pages_read_engagement",), ("pages_read_engagement", "pages_read_user_content")
ACCOUNT = ("access_token", "category", "category_list", "name", "id", "tasks")
TALK = ("pages_messaging", "pages_read_engagement", "pages_manage_metadata")


@dataclass(frozen=True)
class Select:
    """Rows of a table under a condition; `key` and `id` are what they are ordered by and what a cursor remembers."""

    source: str
    where: str
    values: tuple[Any, ...]
    key: str = "created_ms"
    id: str = "id"
    columns: str = "*"
    descending: bool = True
    # The rows are those of `volume`, not of a table.
    worked_out: bool = False


@dataclass(frozen=True)
class Edge:
    """One list of the contract."""

    id: str
    child: str
    select: Callable[[Call, Row, Args], Select]
    permissions: tuple[str, ...] = ()
    refusal: str = "permission_10"
    task: str = ""
    bucket: str = "page"
    spoken_by: str = "page"
    public: bool = False
    ranged: bool = False
    # What comes when nothing is asked for, where it is more than of the thing alone.
    defaults: tuple[str, ...] = ()
    summary: Callable[[Call, Row, Select, Args], dict[str, Any]] | None = None


SHOWN = "deleted_ms IS NULL AND (shows_ms IS NULL OR shows_ms <= ?)"


def one_of(args: Args, name: str, allowed: tuple[str, ...], default: str) -> str:
    """A value of a list, or a refusal that names the list."""
    value = args.get(name, default)
    if value not in allowed:
        raise invalid(f'Param {name} must be one of {{{", ".join(allowed).upper()}}} - got "{value}"')
    return value


def _feed(call: Call, row: Row, args: Args) -> Select:
    where = f"(owner = ? OR tagged = ?) AND kind <> 'review' AND {SHOWN}"
    return Select("fb_posts", where, (row["id"], row["id"], call.store.now_ms()), worked_out=volume.is_page(row))


def _published(call: Call, row: Row, args: Args) -> Select:
    return Select("fb_posts", f"owner = ? AND page = ? AND {SHOWN}", (row["id"], row["id"], call.store.now_ms()))


def _visitors(call: Call, row: Row, args: Args) -> Select:
    where = f"owner = ? AND person IS NOT NULL AND {SHOWN}"
    return Select("fb_posts", where, (row["id"], call.store.now_ms()), worked_out=volume.is_page(row))


def _tagged(call: Call, row: Row, args: Args) -> Select:
    return Select("fb_posts", f"tagged = ? AND kind <> 'review' AND {SHOWN}", (row["id"], call.store.now_ms()))


def _ratings(call: Call, row: Row, args: Args) -> Select:
    return Select("fb_ratings", "page = ?", (row["id"],))


def _of_post(call: Call, row: Row, args: Args) -> Select:
    down = one_of(args, "order", ("chronological", "reverse_chronological"), "chronological") == "reverse_chronological"
    top = " AND parent IS NULL" if one_of(args, "filter", ("toplevel", "stream"), "toplevel") == "toplevel" else ""
    one_of(args, "live_filter", ("filter_low_quality", "no_filter"), "no_filter")
    return Select("fb_comments", f"post = ? AND deleted_ms IS NULL{top}", (row["id"],), descending=down)


def _of_comment(call: Call, row: Row, args: Args) -> Select:
    down = one_of(args, "order", ("chronological", "reverse_chronological"), "chronological") == "reverse_chronological"
    one_of(args, "filter", ("toplevel", "stream"), "toplevel")
    return Select("fb_comments", "parent = ? AND deleted_ms IS NULL", (row["id"],), descending=down)


def _reactions(call: Call, row: Row, args: Args) -> Select:
    kind = one_of(args, "type", ("NONE", *content.REACTIONS), "") if "type" in args else ""
    where = "object = ? AND of_comment = ?" + (" AND type = ?" if kind else "")
    values = (row["id"], "post" in row.keys(), *([kind] if kind else []))  # noqa: SIM118 (a Row has no other way)
    return Select("fb_reactions", where, values)


def _likes(call: Call, row: Row, args: Args) -> Select:
    return _reactions(call, row, {"type": "LIKE"})


def _threads(call: Call, row: Row, args: Args) -> Select:
    platform = one_of({name: value.upper() for name, value in args.items()}, "platform", ("MESSENGER", "INSTAGRAM"), "MESSENGER")
    where, values = "page = ?", [row["id"]]
    if platform == "INSTAGRAM":
        where += " AND 0"
    if "user_id" in args:
        person = people.of_psid(call.store, row, args["user_id"])
        where, values = f"{where} AND person = ?", [row["id"], person["id"] if person else 0]
    return Select("fb_threads", where, tuple(values), key="updated_ms")


def _messages(call: Call, row: Row, args: Args) -> Select:
    return Select("fb_messages", "thread = ?", (row["id"],))


def _accounts(call: Call, row: Row, args: Args) -> Select:
    # Without pages_show_list the list is simply empty; pages inside a business need one permission more.
    where = "app = ? AND fb_roles.person = ?"
    if "pages_show_list" not in call.granted:
        where += " AND 0"
    if "business_management" not in call.granted:
        where += " AND in_business = 0"
    joined = """fb_pages JOIN fb_roles ON fb_roles.page = fb_pages.id
        JOIN fb_granted_pages ON fb_granted_pages.page = fb_pages.id AND fb_granted_pages.person = fb_roles.person"""
    return Select(joined, where, (call.app.id, row["id"]), key="place", id="fb_pages.id", columns="fb_pages.*", descending=False)


def _comments_summary(call: Call, row: Row, select: Select, args: Args) -> dict[str, Any]:
    total = call.store.number(f"SELECT COUNT(*) FROM {select.source} WHERE {select.where}", *select.values)  # noqa: S608
    order = "reverse_chronological" if select.descending else "chronological"
    return {"order": order, "total_count": total, "can_comment": not call.from_outside}


def _reactions_summary(call: Call, row: Row, select: Select, args: Args) -> dict[str, Any]:
    total = call.store.number(f"SELECT COUNT(*) FROM {select.source} WHERE {select.where}", *select.values)  # noqa: S608
    own = content.reaction_of(call.store, row, content.Author(page=call.page["id"])) if call.page else None
    return {"total_count": total, "viewer_reaction": own["type"] if own else "NONE"}


_COMMENTS: dict[str, Any] = {"permissions": USER_CONTENT, "public": True, "ranged": True, "summary": _comments_summary}
_REACTIONS: dict[str, Any] = {"permissions": READ, "public": True, "summary": _reactions_summary}

EDGES = {
    ("page", "feed"): Edge("page.feed", "post", _feed, USER_CONTENT, public=True, ranged=True),
    ("page", "published_posts"): Edge("page.published", "post", _published, READ, public=True, ranged=True),
    ("page", "visitor_posts"): Edge("page.visitor_posts", "post", _visitors, USER_CONTENT, ranged=True),
    ("page", "tagged"): Edge("page.tagged", "post", _tagged, USER_CONTENT, ranged=True),
    ("page", "ratings"): Edge("page.ratings", "rating", _ratings, USER_CONTENT),
    ("page", "conversations"): Edge("conversations", "thread", _threads, TALK, "permission_230", "MESSAGING", "messenger"),
    ("thread", "messages"): Edge("messages", "message", _messages, TALK, "permission_230", "MESSAGING", "messenger"),
    ("post", "comments"): Edge("comments", "comment", _of_post, **_COMMENTS),
    ("comment", "comments"): Edge("comments", "comment", _of_comment, **_COMMENTS),
    ("post", "reactions"): Edge("reactions", "reaction", _reactions, **_REACTIONS),
    ("comment", "reactions"): Edge("reactions", "reaction", _reactions, **_REACTIONS),
    ("post", "likes"): Edge("likes", "reaction", _likes, **_REACTIONS),
    ("comment", "likes"): Edge("likes", "reaction", _likes, **_REACTIONS),
    ("user", "accounts"): Edge("me.accounts", "page", _accounts, spoken_by="user", defaults=ACCOUNT),
}


def visible(call: Call, row: Row) -> bool:
    """Whether a row is for this caller. It is asked after the page was cut, so a page may come short, or empty with a next."""
    if "person" not in row.keys():  # noqa: SIM118
        return True
    if call.from_outside and row["person"] is not None and "kind" in row.keys():  # noqa: SIM118
        return False
    return call.sees(row["person"])


def pages_of_others(call: Call) -> bool:
    """Whether the level lets an app read the public side of pages it does not manage."""
    return settings.at_least(call.store, "ppca")
