"""The pages of the site itself, where the links of a client lead: profiles, companies, posts, search, writing, permitted services."""

import json
from html import escape
from urllib.parse import unquote, urlencode

from ..look import page
from ..store import Row, Store
from ..web import Answer, Request, as_page, moved
from . import feed, little, members, tokens, urns

PERMITTED, COMPOSE, SEARCH = "/mypreferences/d/data-sharing-for-permitted-services", "/messaging/compose/", "/search/results/people/"
PREFIXES = ("/in/", "/company/", "/feed/update/", PERMITTED, COMPOSE, SEARCH)


def answer(store: Store, request: Request) -> Answer:
    """A page, or what its form asks for."""
    path = request.path
    if path.startswith(PERMITTED):
        return _permitted(store, request)
    if path.startswith(COMPOSE):
        return _compose(store, request)
    if path.startswith(SEARCH):
        return _search(store, request)
    name = unquote(path.split("/feed/update/")[-1] if path.startswith("/feed/") else path.split("/")[2]).strip("/")
    if path.startswith("/in/"):
        return _member(store, members.by_vanity(store, name))
    if path.startswith("/company/"):
        return _company(store, members.organization_by_vanity(store, name))
    post = feed.by_urn(store, name)
    return _page("Post", _post(store, post)) if post and post["deleted_ms"] is None else _nothing()


def _member(store: Store, row: Row | None) -> Answer:
    if row is None or row["gone"]:
        return _nothing()
    jobs = "".join(f"<li>{escape(one['title'])}, {escape(one['company']['name'])}</li>" for one in json.loads(row["positions"]))
    schools = "".join(f"<li>{escape(one['schoolName'])}, {escape(one['degree'])}</li>" for one in json.loads(row["educations"]))
    body = f"""<h1>{escape(members.full_name(row))}<span>{escape(row["headline"])} · {escape(row["place"])}</span></h1>
<section class="card"><h2>Experience<span lang="ja">職歴</span></h2><ul>{jobs}</ul>
<h2>Education<span lang="ja">学歴</span></h2><ul>{schools}</ul></section>
<p><a href="{COMPOSE}?{urlencode({"recipient": row["vanity"]})}">Message · メッセージ</a></p>{_posts(store, urns.person(row["id"]))}"""
    return _page(members.full_name(row), body)


def _company(store: Store, row: Row | None) -> Answer:
    if row is None:
        return _nothing()
    name = f"<h1>{escape(row['name'])}<span>{row['followers']} followers · フォロワー</span></h1>"
    return _page(row["name"], name + _posts(store, urns.organization(row["id"])))


def _posts(store: Store, author: str) -> str:
    rows = store.all("SELECT * FROM li_posts WHERE author = ? AND deleted_ms IS NULL ORDER BY id DESC LIMIT 20", author)
    return "".join(_post(store, row) for row in rows if row["visibility"] == "PUBLIC")


def _post(store: Store, row: Row) -> str:
    said = "".join(
        f"<li><b>{escape(members.name_of(store, one['actor']))}</b> {escape(little.plain(one['text']))}</li>"
        for one in store.all("SELECT * FROM li_comments WHERE post = ? AND deleted_ms IS NULL ORDER BY id", row["id"])
    )
    return f"""<section class="card"><h2><a href="/feed/update/{urns.post(row)}/">{escape(members.name_of(store, row["author"]))}</a></h2>
<p class="said">{escape(little.plain(row["commentary"]))}</p><ul>{said}</ul></section>"""


def _search(store: Store, request: Request) -> Answer:
    words = request.params.get("keywords", "").casefold().split()
    found = [
        row
        for row in members.everybody(store)
        if all(word in f"{members.full_name(row)} {row['headline']} {row['positions']}".casefold() for word in words)
    ]
    hits = "".join(
        f'<li><a href="/in/{escape(row["vanity"])}/">{escape(members.full_name(row))}</a> {escape(row["headline"])}</li>' for row in found
    )
    return _page("Search", f"<h1>People<span lang='ja'>人物</span></h1><ul>{hits or '<li>Nobody · 該当なし</li>'}</ul>")


def _compose(store: Store, request: Request) -> Answer:
    """A window for a message; who writes is chosen, for nobody is signed in at the sandbox."""
    form = request.form() if request.method == "POST" else request.params
    to = members.by_vanity(store, form.get("recipient", ""))
    if to is None or to["gone"]:
        return _nothing()
    known = [row for row in members.everybody(store) if members.connected(store, row["id"], to["id"])]
    sender = members.by_vanity(store, form.get("sender", ""))
    if request.method == "POST" and sender in known and sender is not None and form.get("text", "").strip():
        number = feed.new_id(store, store.now_ms())
        names = (urns.person(sender["id"]), json.dumps([urns.person(to["id"])]), f"urn:li:messagingThread:{number}")
        store.run("INSERT INTO li_messages VALUES (?, ?, ?, ?, '', ?, ?)", number, *names, form["text"], store.now_ms())
        return moved(f"{COMPOSE}?{urlencode({'recipient': to['vanity'], 'sent': '1'})}", 303)
    senders = "".join(f'<option value="{escape(row["vanity"])}">{escape(members.full_name(row))}</option>' for row in known)
    note = '<p class="note" role="status">Sent. 送信しました。</p>' if request.params.get("sent") else ""
    form_html = f"""<form method="post" class="card"><input type="hidden" name="recipient" value="{escape(to["vanity"])}">
<label for="sender">From · 差出人</label><select id="sender" name="sender">{senders}</select>
<label for="text">Message · メッセージ</label><textarea id="text" name="text" rows="6" required></textarea>
<p><button>Send · 送信</button></p></form>"""
    nobody = "<p>Nobody is connected with this member. この会員とつながっている人はいません。</p>"
    title = f"<h1>New message<span lang='ja'>新規メッセージ</span></h1><p>To · 宛先 <b>{escape(members.full_name(to))}</b></p>"
    return _page("New message", f"{note}{title}{form_html if known else nobody}")


def _permitted(store: Store, request: Request) -> Answer:
    """Where a member takes an app's access back."""
    if request.method == "POST":
        tokens.revoke_member(store, request.form().get("member", ""))
        return moved(f"{PERMITTED}?removed=1", 303)
    rows = store.all(
        "SELECT DISTINCT member, client_id FROM li_tokens WHERE state = 'live' AND expires_ms > ? ORDER BY member", store.now_ms()
    )
    lines = "".join(
        f"""<tr><td>{escape(members.name_of(store, urns.person(row["member"])))}</td><td>{escape(row["client_id"])}</td>
<td><form method="post"><input type="hidden" name="member" value="{escape(row["member"])}">
<button class="plain">Remove · 削除</button></form></td></tr>"""
        for row in rows
    )
    note = '<p class="note" role="status">Access is removed. アクセスを取り消しました。</p>' if request.params.get("removed") else ""
    table = f"<table><thead><tr><th>Member · 会員</th><th>App · アプリ</th><th>Do · 操作</th></tr></thead><tbody>{lines}</tbody></table>"
    none = "<p>No app has access. アクセスできるアプリはありません。</p>"
    return _page(
        "Permitted services", f"<h1>Permitted services<span lang='ja'>許可されたサービス</span></h1>{note}{table if rows else none}"
    )


def _page(title: str, body: str) -> Answer:
    return as_page(page(f"{title} · Sandbox LinkedIn", f'<main class="narrow">{body}</main>'))


def _nothing() -> Answer:
    body = "<h1>This page doesn’t exist<span lang='ja'>ページが見つかりません</span></h1>"
    return as_page(page("Sandbox LinkedIn", f'<main class="narrow">{body}</main>'), 404)
