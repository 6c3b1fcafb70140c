"""The table of what can be written, and on what; lists that are read stand in `edges`."""

from collections.abc import Callable
from dataclasses import dataclass

from ..store import Row
from . import account, people, sending, writing
from .call import Body, Call
from .problems import Problem
from .reading import own

POSTS = ("pages_manage_posts", "pages_read_engagement")
ENGAGEMENT = ("pages_manage_engagement",)


@dataclass(frozen=True)
class Endpoint:
    """One line of the contract: what must be granted, what the person must be allowed on the page, what it does."""

    id: str
    permissions: tuple[str, ...]
    refusal: str
    task: str
    run: Callable[[Call, str, Row], Body]
    bucket: str = "page"


def _on_page(run: Callable[[Call, Row], Body]) -> Callable[[Call, str, Row], Body]:
    return lambda call, kind, row: run(call, row)


_COMMENT = Endpoint("comments.create", (*ENGAGEMENT, "pages_read_engagement"), "permission_283", "MODERATE", writing.comment)
_LIKE = Endpoint("likes.create", ENGAGEMENT, "permission_283", "MODERATE", writing.like)
_UNLIKE = Endpoint("likes.delete", ENGAGEMENT, "permission_283", "MODERATE", writing.unlike)
_METADATA = "permission_metadata"

ENDPOINTS = {
    ("POST", "page", "feed"): Endpoint("page.post", POSTS, "permission_200", "CREATE_CONTENT", _on_page(writing.publish)),
    ("POST", "page", "photos"): Endpoint("page.photo", POSTS, "permission_200", "CREATE_CONTENT", _on_page(writing.photo)),
    ("POST", "page", "messages"): Endpoint(
        "messages.send", ("pages_messaging",), "permission_230", "MESSAGING", _on_page(sending.send), "messenger"
    ),
    ("POST", "page", "subscribed_apps"): Endpoint(
        "subscribe", ("pages_manage_metadata", "pages_show_list"), _METADATA, "MODERATE", _on_page(account.subscribe)
    ),
    ("GET", "page", "subscribed_apps"): Endpoint("subscribed", ("pages_manage_metadata",), _METADATA, "", _on_page(account.subscribed)),
    ("DELETE", "page", "subscribed_apps"): Endpoint(
        "unsubscribe", ("pages_manage_metadata",), _METADATA, "", _on_page(account.unsubscribe)
    ),
    ("POST", "post", "comments"): _COMMENT,
    ("POST", "comment", "comments"): _COMMENT,
    ("POST", "post", "likes"): _LIKE,
    ("POST", "comment", "likes"): _LIKE,
    ("DELETE", "post", "likes"): _UNLIKE,
    ("DELETE", "comment", "likes"): _UNLIKE,
    ("POST", "comment", ""): Endpoint("comment.update", ENGAGEMENT, "permission_283", "MODERATE", writing.update),
    ("DELETE", "comment", ""): Endpoint("comment.delete", ENGAGEMENT, "permission_283", "MODERATE", writing.delete),
    ("POST", "post", ""): Endpoint("post.update", ("pages_manage_posts",), "permission_283", "MODERATE", writing.update),
    ("DELETE", "post", ""): Endpoint("post.delete", ("pages_manage_posts",), "permission_200", "CREATE_CONTENT", writing.delete),
}


def run(call: Call, endpoint: Endpoint, kind: str, row: Row) -> Body:
    """Check token, permissions and task, then do it."""
    if call.from_outside or call.page is None or (kind == "page" and not own(call, row)):
        manages = kind == "page" and bool(people.tasks(call.store, row["id"], call.person))
        raise Problem("needs_page_token" if call.page is None or manages else "permission_object")
    call.need(endpoint.permissions, endpoint.refusal)
    call.need_task(endpoint.task)
    return endpoint.run(call, kind, row)
