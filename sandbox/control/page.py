"""The control page: write as a customer, see what comes back, make trouble. Plain forms, English and Japanese side by side."""

from html import escape

from .. import faults, people
from ..look import page
from ..seeds import BRAND
from ..store import Row, Store
from ..x import endpoints, writing
from . import views
from .parts import button, card, head, options, requests

DONE = {
    "post-as-customer": "Posted. 投稿しました。",
    "delete-post": "Deleted. 削除しました。",
    "fault": "The next requests will have this trouble. 次の要求から障害が起きます。",
    "webhooks": "Set. 設定しました。",
    "clear-faults": "No more trouble. 障害を解除しました。",
    "exhaust": "The limit is used up. 回数を使い切りました。",
    "revoke": "All tokens of the account are dead. 連携を解除しました。",
    "level": "The access level is set. 契約レベルを変更しました。",
    "clock": "The clock is set. 時計を変更しました。",
    "reset": "Back to the first day. 初期状態に戻しました。",
    "repeat": "The next mentions page will repeat. 次のメンション一覧は重複を含みます。",
    "register-app": "The app is known. アプリを登録しました。",
    "message-as-customer": "Written in private. メッセージを送りました。",
    "like-as-customer": "Liked. いいねしました。",
    "account": "The account is changed. アカウントを変更しました。",
    "volume": "Posts come by themselves now. 投稿を自動生成します。",
    "search-is-late": "Search is set. 検索を設定しました。",
}
FIRST_SPEAKER = "sato_hanako"
THREADS, LOG_LINES = 12, 25


def home(store: Store, params: dict[str, str], problem: str = "") -> str:
    """The whole page."""
    note = problem or DONE.get(params.get("done", ""), "")
    log = requests(views.requests(store, {"limit": str(LOG_LINES)})["requests"])
    body = f"""{head("/control", "Sandbox network", "サンドボックス", note)}
<div class="desk">{_say(store, params.get("reply_to", ""))}{_threads(store)}</div>
<div class="grid">{_state(store)}{_trouble(store)}{_account(store)}{_private(store)}</div>{log}"""
    return page("Sandbox control · サンドボックス管理", body)


def _say(store: Store, reply_to: str) -> str:
    parent = views.known_post(store, reply_to)
    suggestion = "" if parent else f"@{BRAND.username} "
    names = "".join(
        f'<option value="{escape(row["username"])}">{escape(row["name"])}</option>' for row in people.everybody(store) if not row["brand"]
    )
    answered = f'<p class="quiet">↳ {escape(parent["text"][:80])}</p>' if parent else ""
    number = parent["id"] if parent else ""
    return card(
        "post-as-customer",
        "Post as a customer",
        "お客様として投稿",
        f"""<label for="username">User name · ユーザー名</label>
<input id="username" name="username" list="names" required pattern="@?[A-Za-z0-9_]{{1,15}}" value="{escape(_customer(store, parent))}">
<datalist id="names">{names}</datalist>
<label for="name">Name, when new · 氏名(新規の場合)</label><input id="name" name="name">
<label for="text">Text · 本文</label><textarea id="text" name="text" rows="3" required>{escape(suggestion)}</textarea>
<label for="pictures">Pictures · 画像の数</label><input id="pictures" name="pictures" type="number" min="0" max="4" value="0">
<label for="reply_to">Answers post · 返信先の投稿ID</label><input id="reply_to" name="reply_to" inputmode="numeric" value="{number}">
{answered}""",
        "Post · 投稿",
    )


def _customer(store: Store, parent: Row | None) -> str:
    """Who most likely speaks next: the customer of the conversation that is answered."""
    person = people.by_id(store, parent["author"]) if parent else None
    if parent and person and person["brand"] and parent["reply_person"]:
        person = people.by_id(store, parent["reply_person"])
    return str(person["username"]) if person and not person["brand"] else FIRST_SPEAKER


def _state(store: Store) -> str:
    now = views.state(store, {})
    waiting = "".join(
        f"<li>{escape(one['kind'])} × {one['remaining']} <code>{escape(one['path_prefix'])}</code></li>" for one in now["faults"]
    )
    level = options(((name, name) for name in writing.LEVELS), now["level"])
    return f"""<section class="card"><h2>State<span lang="ja">状態</span></h2>
<p>Time · 時刻 <b>{now["now"]}</b> ({now["clock_offset_seconds"]:+.0f} s)<br>
Level · 契約 <b>{escape(now["level"])}</b></p><ul>{waiting}</ul>
<form method="post" action="/control/do/level" class="row"><label for="level">Level · 契約レベル</label>
<select id="level" name="level">{level}</select><button class="plain">Set · 設定</button></form>
<form method="post" action="/control/do/clock" class="row"><label for="advance">Advance, seconds · 進める秒数</label>
<input id="advance" name="advance_seconds" type="number" value="900"><button class="plain">Advance · 進める</button></form>
<div class="row">{button("clock", "Clock back to now · 時計を戻す", reset="1")}{button("repeat", "Repeat mentions · 重複を返す")}
{button("clear-faults", "Clear trouble · 障害を解除")}{button("reset", "Reset all · 初期化")}</div></section>"""


def _trouble(store: Store) -> str:
    ordered = card(
        "fault",
        "Trouble",
        "障害",
        f"""<label for="kind">Kind · 種類</label><select id="kind" name="kind">{options(faults.KINDS.items())}</select>
<label for="count">How often · 回数</label><input id="count" name="count" type="number" min="1" value="1">
<label for="path_prefix">Path begins with · 対象パス</label><input id="path_prefix" name="path_prefix" value="/2/">
<label for="seconds">Seconds (slow, 429) · 秒数</label><input id="seconds" name="seconds" type="number" min="0" step="0.1">""",
        "Order · 予約",
    )
    return f"""<div>{ordered}<section class="card"><h2>Webhooks<span lang="ja">Webhook</span></h2>
<div class="row">{button("webhooks", "Next twice · 次を二重に", twice="1")}
{button("webhooks", "Next wrongly signed · 次の署名を誤らせる", wrong="1")}
{button("webhooks", "Hold back · 保留", hold="1")}{button("webhooks", "Release · 送る", release="kept")}
{button("webhooks", "Release reversed · 逆順で送る", release="reversed")}</div></section></div>"""


def _account(store: Store) -> str:
    accounts = options((row["username"], f"{row['name']} @{row['username']}") for row in people.everybody(store))
    limited = options((name, name) for name in endpoints.BY_ID)
    empty = card(
        "exhaust",
        "Use a limit up",
        "回数制限を使い切る",
        f"""<label for="endpoint">Endpoint · 対象</label><select id="endpoint" name="endpoint">{limited}</select>
<label for="user">Account · アカウント</label><select id="user" name="user">{accounts}</select>""",
        "Use up · 使い切る",
    )
    taken = card(
        "revoke",
        "Revoke access",
        "連携を解除",
        f'<label for="account">Account · アカウント</label><select id="account" name="username">{accounts}</select>',
        "Revoke · 解除",
    )
    return f"<div>{empty}{taken}</div>"


def _private(store: Store) -> str:
    accounts = options((row["username"], f"{row['name']} @{row['username']}") for row in people.everybody(store))
    message = card(
        "message-as-customer",
        "Write in private",
        "メッセージを送る",
        f"""<label for="from">From · 送信者</label><select id="from" name="username">{accounts}</select>
<label for="private">Text · 本文</label><textarea id="private" name="text" rows="2" required></textarea>
<label><input type="checkbox" name="encrypted" value="1" style="width:auto"> Encrypted · 暗号化</label>""",
        "Send · 送信",
    )
    changed = card(
        "account",
        "Change an account",
        "アカウントを変更",
        f"""<label for="whose">Account · アカウント</label><select id="whose" name="username">{accounts}</select>
<label for="rename">New user name · 新しいユーザー名</label><input id="rename" name="rename">
<label for="closed">Takes messages · メッセージ受信</label>
<select id="closed" name="closed"><option value="">—</option><option value="0">yes · 可</option>
<option value="1">no · 不可</option></select>
<label for="protected">Protected · 非公開</label>
<select id="protected" name="protected"><option value="">—</option><option value="1">yes · はい</option>
<option value="0">no · いいえ</option></select>""",
        "Change · 変更",
    )
    many = card(
        "volume",
        "Many posts",
        "大量の投稿",
        """<label for="channels">Channels · チャンネル数</label>
<input id="channels" name="channels" type="number" min="0" max="500" value="500">
<label for="posts">Posts · 投稿数</label><input id="posts" name="posts" type="number" min="0" value="1000000">
<label for="rate">A second · 毎秒</label><input id="rate" name="rate" type="number" min="1" value="100">""",
        "Begin · 開始",
    )
    return f"<div>{message}{changed}{many}</div>"


def _threads(store: Store) -> str:
    lines: list[str] = []
    for thread in views.threads(store, THREADS):
        for row in thread:
            shape = views.post_shape(store, row)
            deletion = "" if shape["deleted"] else button("delete-post", "Delete · 削除", id=shape["id"])
            who = f"<b>{escape(shape['name'])}</b><br>@{escape(shape['username'])}" + (" ★" if shape["brand"] else "")
            lines.append(
                f'<tr class="{"reply" if shape["reply_to"] else "root"}"><td>{shape["created_at"][:16].replace("T", " ")}<br>'
                f"<code>{shape['id']}</code></td><td>{who}</td>"
                f'<td class="said{" gone" if shape["deleted"] else ""}">{escape(shape["text"])}</td>'
                f'<td><a href="/control?reply_to={shape["id"]}">Answer · 返信</a>{deletion}</td></tr>'
            )
    return f"""<section class="card wide"><h2>Conversations<span lang="ja">会話</span></h2>
<table><thead><tr><th>Time · 時刻</th>
<th>Who · 投稿者</th><th>Text · 本文</th><th>Do · 操作</th></tr></thead>
<tbody>{"".join(lines)}</tbody></table></section>"""
