"""Liking, reposting, hiding answers."""

from .. import posts
from ..posts import Draft
from ..store import Row
from . import bodies, hooks, shapes
from .call import Body, Call
from .params import FIELDS, identifier, number, page_start, page_token, wanted
from .problems import forbidden, gone
from .reading import with_posts

LIKED = ("max_results", "pagination_token", *FIELDS)
INTERACTION, TAKEN_BACK, MANAGED = 0.015, 0.01, 0.005


def like(call: Call) -> Body:
    """POST /2/users/{id}/likes; liking twice is `liked: true` again."""
    post = _target(call, bodies.number(bodies.read(call, ("tweet_id",), ("tweet_id",)), "tweet_id"), "tweet_id")
    fresh = call.store.run(
        "INSERT OR IGNORE INTO x_likes (person, post, at_ms) VALUES (?, ?, ?)", _oneself(call), post["id"], call.store.now_ms()
    )
    if fresh:
        call.store.run("UPDATE posts SET likes = likes + 1 WHERE id = ?", post["id"])
        hooks.liked(call.store, call.viewer, post)
    call.cost_usd += INTERACTION
    return {"data": {"liked": True}}


def unlike(call: Call) -> Body:
    """DELETE /2/users/{id}/likes/{tweet_id}."""
    number = identifier(call.values["tweet_id"], "tweet_id")
    if call.store.run("DELETE FROM x_likes WHERE person = ? AND post = ?", _oneself(call), number):
        call.store.run("UPDATE posts SET likes = likes - 1 WHERE id = ?", number)
    call.cost_usd += TAKEN_BACK
    return {"data": {"liked": False}}


def liked(call: Call) -> Body:
    """GET /2/users/{id}/liked_tweets: other people's likes are not shown since 2024."""
    want = wanted(call.request.params)
    person = identifier(call.values["id"], "id")
    size = number(call.request.params, "max_results", 5, 100, 100)
    below = page_start(call.request.params, call.endpoint, person)
    sql = """SELECT posts.* FROM x_likes JOIN posts ON posts.id = post
        WHERE person = ? AND posts.deleted_ms IS NULL AND posts.id < ? ORDER BY posts.id DESC LIMIT ?"""
    found = call.store.all(sql, person, below, size + 1) if person == call.viewer else []
    rows = found[:size]
    if not rows:
        return {"meta": {"result_count": 0}}
    meta: Body = {"result_count": len(rows)}
    if len(found) > size:
        meta["next_token"] = page_token(call.endpoint, person, rows[-1]["id"])
    return {**with_posts(call, rows, want, []), "meta": meta}


def repost(call: Call) -> Body:
    """POST /2/users/{id}/retweets."""
    post = _target(call, bodies.number(bodies.read(call, ("tweet_id",), ("tweet_id",)), "tweet_id"), "tweet_id")
    person = _oneself(call)
    if _repost_of(call, person, post["id"]) is None:
        author = call.store.one("SELECT username FROM people WHERE id = ?", post["author"])
        text = f"RT @{author['username'] if author else ''}: {post['text']}"
        hooks.posted(call.store, posts.publish(call.store, Draft(person, text, retweet_of=post["id"])))
    call.cost_usd += INTERACTION
    return {"data": {"retweeted": True, "rest_id": str(post["id"])}}


def unrepost(call: Call) -> Body:
    """DELETE /2/users/{id}/retweets/{source_tweet_id}."""
    mine = _repost_of(call, _oneself(call), identifier(call.values["source_tweet_id"], "source_tweet_id"))
    if mine is not None:
        posts.delete(call.store, mine["id"])
    return {"data": {"retweeted": False}}


def hide(call: Call) -> Body:
    """PUT /2/tweets/{tweet_id}/hidden, for answers in conversations that the caller began."""
    body = bodies.read(call, ("hidden",), ("hidden",))
    if not isinstance(body["hidden"], bool):
        raise bodies.wrong("hidden", str(body["hidden"]), "$.hidden: boolean expected")
    post = _target(call, identifier(call.values["tweet_id"], "tweet_id"), "tweet_id")
    root = posts.by_id(call.store, post["conversation"])
    if root is None or root["author"] != call.viewer or post["id"] == root["id"]:
        raise forbidden()
    sql = "INSERT OR IGNORE INTO x_hidden VALUES (?)" if body["hidden"] else "DELETE FROM x_hidden WHERE post = ?"
    call.store.run(sql, post["id"])
    call.cost_usd += MANAGED
    return {"data": {"hidden": body["hidden"]}}


def _oneself(call: Call) -> int:
    """The {id} of the path must be the token's person."""
    person = identifier(call.values["id"], "id")
    if person != call.viewer:
        raise forbidden("You are not allowed to act for this user.")
    return person


def _target(call: Call, number: int, name: str) -> Row:
    row = posts.by_id(call.store, number)
    if row is None or not shapes.visible(call.store, row, call.viewer):
        raise gone("tweet", name, str(number))
    return row


def _repost_of(call: Call, person: int, number: int) -> Row | None:
    return call.store.one("SELECT * FROM posts WHERE author = ? AND retweet_of = ? AND deleted_ms IS NULL", person, number)
