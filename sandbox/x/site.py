"""What a person sees of X: where the addresses of posts and accounts lead, and the pages that a text is carried to."""

import re
from html import escape

from .. import people, posts
from ..look import page
from ..store import Row, Store
from ..web import Answer, Request, as_page

POST = re.compile(r"/([A-Za-z0-9_]{1,15})/status/(\d{1,19})")
ACCOUNT = re.compile(r"/([A-Za-z0-9_]{1,15})/?")
SHOWN, HITS = 30, 20
CARRIED = {
    "/intent/post": "Post · 投稿",
    "/intent/like": "Like · いいね",
    "/messages/compose": "Message · メッセージ",
}


def answer(store: Store, request: Request) -> Answer | None:
    """GET of an address of X's own pages; None for what is none of them."""
    if request.method != "GET":
        return None
    if request.path in CARRIED:
        return _carried(store, request)
    if request.path == "/search":
        return _search(store, request.params.get("q", ""))
    post, account = POST.fullmatch(request.path), ACCOUNT.fullmatch(request.path)
    if post:
        return _post(store, posts.by_id(store, int(post.group(2))))
    who = people.by_username(store, account.group(1)) if account else None
    return _account(store, who) if who else None


def _post(store: Store, row: Row | None) -> Answer:
    if row is None or row["deleted_ms"]:
        return as_page(page("Sandbox X", _framed("<p class='card'>This post is gone. この投稿は削除されました。</p>")), 404)
    below = store.all("SELECT * FROM posts WHERE reply_to = ? AND deleted_ms IS NULL ORDER BY created_ms, id", row["id"])
    return as_page(page("Sandbox X", _framed(_article(store, row) + "".join(_article(store, one) for one in below))))


def _account(store: Store, who: Row) -> Answer:
    head = f"<h1>{escape(who['name'])}<span>@{escape(who['username'])}</span></h1>"
    if who["protected"] or who["suspended"]:
        return as_page(page("Sandbox X", _framed(head + "<p class='card'>These posts are not shown. 投稿は表示されません。</p>")))
    rows = store.all("SELECT * FROM posts WHERE author = ? AND deleted_ms IS NULL ORDER BY id DESC LIMIT ?", who["id"], SHOWN)
    return as_page(page("Sandbox X", _framed(head + "".join(_article(store, one) for one in rows))))


def _search(store: Store, words: str) -> Answer:
    wanted = words.strip().removeprefix("@").lower()
    found = [one for one in people.everybody(store) if wanted and wanted in f"{one['username']} {one['name']}".lower()][:HITS]
    lines = "".join(f'<li><a href="/{escape(one["username"])}">{escape(one["name"])} @{escape(one["username"])}</a></li>' for one in found)
    nobody = "<p class='card'>Nobody was found. 見つかりませんでした。</p>"
    return as_page(page("Sandbox X", _framed(f"<ul class='card'>{lines}</ul>" if lines else nobody)))


def _carried(store: Store, request: Request) -> Answer:
    """Here X would open its own form. What was carried to it is shown; nothing is written, for nobody is signed in."""
    number = request.params.get("in_reply_to") or request.params.get("tweet_id") or ""
    row = posts.by_id(store, int(number)) if number.isdigit() and len(number) <= 19 else None
    text = request.params.get("text", "")
    about = _article(store, row) if row and not row["deleted_ms"] else ""
    shown = f'<p class="card said">{escape(text)}</p>' if text else ""
    words = "X would open here. Nothing was sent. ここでXの画面が開きます。まだ何も送信されていません。"
    return as_page(page("Sandbox X", _framed(f"<h1>{CARRIED[request.path]}</h1>{about}{shown}<p class='quiet'>{words}</p>")))


def _framed(body: str) -> str:
    return f'<main class="narrow">{body}</main>'


def _article(store: Store, row: Row) -> str:
    who = people.by_id(store, row["author"])
    name = f"{escape(who['name'])} @{escape(who['username'])}" if who else "?"
    return f'<article class="card"><p><b>{name}</b></p><p class="said">{escape(row["text"])}</p></article>'
