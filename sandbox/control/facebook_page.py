"""Facebook's control page: write as a customer, see what comes back, make trouble."""

from html import escape

from .. import faults
from ..facebook import content, people, settings, tokens, trouble, usage
from ..facebook.seeds import PAGE
from ..look import page
from ..store import Row, Store
from . import facebook_views, views
from .parts import button, card, entry, head, options, requests, select, table

DONE = {
    "post": "Posted. 投稿しました。",
    "mention": "Posted. 投稿しました。",
    "comment": "Commented. コメントしました。",
    "delete": "Deleted. 削除しました。",
    "react": "Reacted. リアクションしました。",
    "rate": "Recommended. おすすめを投稿しました。",
    "message": "Sent. 送信しました。",
    "read": "Read. 既読にしました。",
    "unavailable": "The account is closed or open. アカウントの状態を変更しました。",
    "level": "The access level is set. 契約レベルを変更しました。",
    "option": "Set. 設定しました。",
    "exhaust": "The allowance is used up. 回数を使い切りました。",
    "budget": "The allowance has another size. 上限を変更しました。",
    "revoke": "The app was removed. アプリを削除しました。",
    "kill": "The tokens are dead. トークンを無効にしました。",
    "role": "The role is set. 役割を変更しました。",
    "permission": "The permission is set. 許可を変更しました。",
    "forget": "The app was asked to delete the data. データ削除を依頼しました。",
    "fault": "The next requests will have this trouble. 次の要求から障害が起きます。",
    "crowd": "The crowd is there. 大量データを用意しました。",
    "edit": "Changed. 変更しました。",
    "clear-faults": "No more trouble. 障害を解除しました。",
    "webhooks": "Set. 設定しました。",
    "clock": "The clock is set. 時計を変更しました。",
    "reset": "Facebook is back on its first day. Facebookを初期状態に戻しました。",
}
FEELINGS = {
    "LIKE": "Like · いいね",
    "LOVE": "Love · 超いいね",
    "CARE": "Care · 大切だね",
    "HAHA": "Haha · うけるね",
    "WOW": "Wow · すごいね",
    "SAD": "Sad · 悲しいね",
    "ANGRY": "Angry · ひどいね",
    "NONE": "Take back · 取り消す",
}
FIRST_SPEAKER = "佐藤 花子"
POSTS, MESSAGES, SENT, LOG_LINES = 12, 14, 10, 25


def home(store: Store, params: dict[str, str], problem: str = "") -> str:
    """The whole page."""
    note = problem or DONE.get(params.get("done", ""), "")
    log = requests(views.requests(store, {"limit": str(LOG_LINES)})["requests"])
    speak = f"<div>{_message(store, params)}{_post(store)}{_comment(params)}{_rate()}</div>"
    body = f"""{head("/control/facebook", "Sandbox Facebook", "Facebookの練習環境", note)}
<div class="desk">{speak}<div>{_posts(store)}{_messages(store)}</div></div>
<div class="grid">{_state(store)}{_trouble()}{_allowances(store)}{_account(store)}</div>{_used(store)}{_sent(store)}{log}"""
    return page("Sandbox Facebook · Facebookの練習環境", body)


def _who(number: str, name: str = FIRST_SPEAKER) -> str:
    """Who speaks: one of the list, or a new name."""
    return entry("person", "Name · 氏名", name, number=number, more='list="people" required')


def _pages(store: Store, number: str) -> str:
    rows = store.all("SELECT * FROM fb_pages ORDER BY place")
    return select("page", "Page · ページ", options(((str(row["id"]), row["name"]) for row in rows), str(PAGE)), number)


def _message(store: Store, params: dict[str, str]) -> str:
    names = "".join(f'<option value="{escape(row["name"])}"></option>' for row in store.all("SELECT name FROM fb_people ORDER BY id"))
    return card(
        "facebook/message",
        "Message the page",
        "ページにメッセージを送る",
        f"""{_who("1", params.get("person", FIRST_SPEAKER))}<datalist id="people">{names}</datalist>{_pages(store, "1")}
<label for="text1">Text · 本文</label><textarea id="text1" name="text" rows="2" required></textarea>""",
        "Send · 送信",
    )


def _post(store: Store) -> str:
    text = '<label for="text2">Text · 本文</label><textarea id="text2" name="text" rows="2" required></textarea>'
    other = f'<p class="row"><button>Post · 投稿</button>{_also("mention", "As a mention · 言及として")}</p>'
    return f"""<form class="card" method="post" action="/control/do/facebook/post">
<h2>Post on the page<span lang="ja">ページに投稿</span></h2>
{_who("2")}{_pages(store, "2")}{text}{other}</form>"""


def _comment(params: dict[str, str]) -> str:
    on = params.get("on", "")
    feelings = options(FEELINGS.items())
    return f"""<form class="card" method="post" action="/control/do/facebook/comment" id="comment">
<h2>Comment or react<span lang="ja">コメント・リアクション</span></h2>{_who("3")}
{entry("on", "Post or comment · 対象のID", on, number="3", more="required")}
<label for="text3">Text · 本文</label><textarea id="text3" name="text" rows="2"></textarea>
{select("type", "Reaction · リアクション", feelings, "3")}
<p class="row"><button>Comment · コメント</button>{_also("react", "React · リアクション")}</p></form>"""


def _rate() -> str:
    return card(
        "facebook/rate",
        "Recommend",
        "おすすめする",
        f"""{_who("4")}<label for="text4">Text · 本文</label><textarea id="text4" name="text" rows="2"></textarea>
<label class="tick"><input type="checkbox" name="negative" value="1"> Advise against · おすすめしない</label>""",
        "Post · 投稿",
    )


def _posts(store: Store) -> str:
    lines: list[str] = []
    for row in store.all("SELECT * FROM fb_posts ORDER BY updated_ms DESC, id DESC LIMIT ?", POSTS):
        owner = content.page_of(store, row)
        kind = {content.TAG: "mention · 言及", content.REVIEW: "review · おすすめ"}.get(row["kind"], "")
        name = owner["name"] if owner else ""
        lines.append(_line(facebook_views.post_shape(store, row), f"{name} {kind}".strip(), False))
        comments = store.all("SELECT * FROM fb_comments WHERE post = ? ORDER BY created_ms, id", row["id"])
        lines += [_line(facebook_views.comment_shape(store, one), "", True) for one in comments]
    return table("Posts and comments", "投稿とコメント", ("Time · 時刻", "Who · 投稿者", "Text · 本文", "Do · 操作"), "".join(lines))


def _line(shape: dict[str, object], place: str, below: bool) -> str:
    number, deleted = str(shape["id"]), bool(shape["deleted"])
    deletion = "" if deleted else button("facebook/delete", "Delete · 削除", id=number)
    who = f"<b>{escape(str(shape['name']))}</b>{' ★' if shape['by_page'] else ''}<br><span class='quiet'>{escape(place)}</span>"
    hidden = " <i>(hidden · 非表示)</i>" if shape["hidden"] else ""
    return (
        f'<tr class="{"reply" if below else "root"}"><td>{str(shape["created_time"])[:16].replace("T", " ")}<br><code>{number}</code></td>'
        f'<td>{who}</td><td class="said{" gone" if deleted else ""}">{escape(str(shape["text"]))}{hidden}</td>'
        f'<td><a href="/control/facebook?on={number}#comment">Answer · 返信</a>{deletion}</td></tr>'
    )


def _messages(store: Store) -> str:
    lines = "".join(
        f'<tr><td>{one["created_time"][:16].replace("T", " ")}</td><td>{_arrow(one)}</td><td class="said">{escape(one["text"])}</td></tr>'
        for one in facebook_views.messages(store, {"limit": str(MESSAGES)})["messages"]
    )
    return table("Messages", "メッセージ", ("Time · 時刻", "Who · 差出人", "Text · 本文"), lines)


def _arrow(one: dict[str, str]) -> str:
    first, second = (one["page"], one["name"]) if one["by_page"] else (one["name"], one["page"])
    return f"<b>{escape(first)}</b>{' ★' if one['by_page'] else ''} → {escape(second)}"


def _state(store: Store) -> str:
    now = views.state(store, {})
    told = facebook_views.state(store, {})
    waiting = "".join(
        f"<li>{escape(one['kind'])} × {one['remaining']} <code>{escape(one['path_prefix'])}</code></li>"
        for one in now["faults"]
        if one["kind"] in trouble.KINDS
    )
    levels = options(((name, name) for name in settings.LEVELS), told["level"])
    ids = options((("same", "page-scoped · ページ別ID"), ("other", "another id · 別のID")), told["feed_ids"])
    dead = options((("served", "served by the oldest · 最古版で応答"), ("refused", "refused · 拒否")), told["dead_versions"])
    return f"""<section class="card"><h2>State<span lang="ja">状態</span></h2>
<p>Time · 時刻 <b>{now["now"]}</b> ({now["clock_offset_seconds"]:+.0f} s)<br>
Level · 契約 <b>{escape(told["level"])}</b></p><ul>{waiting}</ul>
<form method="post" action="/control/do/facebook/level">{select("level", "Level · 契約レベル", levels)}
<p><button class="plain">Set · 設定</button></p></form>
<form method="post" action="/control/do/facebook/option">{select("feed_ids", "from in feeds · フィードの from", ids)}
{select("dead_versions", "Dead versions · 終了した版", dead)}<p><button class="plain">Set · 設定</button></p></form>
<form method="post" action="/control/do/facebook/clock">
{entry("advance_seconds", "Advance, seconds · 進める秒数", "3600", more='type="number"')}
<p><button class="plain">Advance · 進める</button></p></form>
<div class="row">{button("facebook/clock", "Clock back to now · 時計を戻す", reset="1")}
{button("facebook/clear-faults", "Clear trouble · 障害を解除")}{button("facebook/reset", "Reset Facebook · 初期化")}</div></section>"""


def _trouble() -> str:
    kinds = options(trouble.KINDS.items())
    hooks = f"""<section class="card"><h2>Webhooks<span lang="ja">Webhookの障害</span></h2>
<div class="row">{button("facebook/webhooks", "Next twice · 次を二重に", twice="1")}
{button("facebook/webhooks", "Next wrongly signed · 次の署名を誤らせる", wrong="1")}
{button("facebook/webhooks", "Hold back · 保留", hold="1")}{button("facebook/webhooks", "Release · 送る", release="kept")}
{button("facebook/webhooks", "Release reversed · 逆順で送る", release="reversed")}
{button("facebook/webhooks", "Release as one · まとめて送る", release="batch")}</div></section>"""
    order = card(
        "facebook/fault",
        "Trouble",
        "障害",
        f"""{select("kind", "Kind · 種類", kinds)}{entry("count", "How often · 回数", "1", more='type="number" min="1"')}
{entry("path_prefix", "Path begins with · 対象パス", "/v")}
{entry("seconds", "Seconds (slow) · 秒数", more=f'type="number" min="0" max="{faults.LONGEST_WAIT_S:.0f}" step="0.1"')}""",
        "Order · 予約",
    )
    return f"<div>{order}{hooks}</div>"


def _allowances(store: Store) -> str:
    what = options((("pages", "Page · ページ"), ("messenger", "Messenger"), ("app", "App · アプリ")))
    used = card(
        "facebook/exhaust",
        "Use an allowance up",
        "回数を使い切る",
        f"""{select("what", "Allowance · 対象", what, "5")}{_pages(store, "5")}
{entry("percent", "Per cent · パーセント", "100", more='type="number" min="1"')}
{entry("minutes", "Back in minutes · 回復までの分", "30", more='type="number" min="1"')}""",
        "Use up · 使い切る",
    )
    sized = card(
        "facebook/budget",
        "Resize an allowance",
        "上限を変更",
        f"""{select("what", "Allowance · 対象", what, "6")}{_pages(store, "6")}
{entry("calls", "Calls, 0 as documented · 回数(0は標準)", "0", more='type="number" min="0"')}""",
        "Set · 設定",
    )
    crowd = card(
        "facebook/crowd",
        "A crowd",
        "大量データ",
        f"""{entry("pages", "Pages · ページ数", "500", more='type="number" min="1"')}
{entry("posts", "Posts each · 各ページの投稿数", "2000", more='type="number" min="0"')}
{entry("gap_s", "Seconds between posts · 投稿の間隔(秒)", "60", more='type="number" min="0.001" step="any"')}""",
        "Make · 作成",
    )
    return f"<div>{used}{sized}{crowd}</div>"


def _account(store: Store) -> str:
    rows = store.all("SELECT * FROM fb_people ORDER BY id IN (SELECT person FROM fb_roles) DESC, id")
    names = options((str(row["id"]), f"{row['name']}{_tokens(store, row)}") for row in rows)
    why = options((name, name) for name in tokens.DEATHS if name != "removed")
    lost = f"""<form class="card" method="post" action="/control/do/facebook/revoke">
<h2>Losing access<span lang="ja">連携が切れる</span></h2>
{select("person", "Person · 利用者", names, "7")}{select("why", "Why · 理由", why, "7")}
<p class="row"><button>Remove the app · アプリを削除</button>
{_also("kill", "Kill tokens for the reason · 理由で無効に")}{_also("forget", "Ask to delete data · データ削除を依頼")}</p></form>"""
    role = card(
        "facebook/role",
        "Role on the page",
        "ページでの役割",
        f"""{select("person", "Person · 利用者", names, "8")}{_pages(store, "8")}
{entry("tasks", "Tasks, none to remove · 役割(空で削除)", "", more=f'placeholder="{" ".join(people.TASKS[2:5])}"')}""",
        "Set · 設定",
    )
    gone = f"""<form class="card" method="post" action="/control/do/facebook/unavailable">
<h2>Customer<span lang="ja">お客様</span></h2>
{_who("9")}<p class="row"><button name="unavailable" value="1" class="plain">Unavailable · 利用不可に</button>
<button name="unavailable" value="0" class="plain">Available · 利用可に</button>
{_also("read", "Read messages · 既読に")}</p></form>"""
    return f"<div>{lost}{role}{gone}</div>"


def _also(action: str, label: str) -> str:
    """A second thing that a form can do."""
    return f'<button class="plain" formaction="/control/do/facebook/{action}">{label}</button>'


def _tokens(store: Store, row: Row) -> str:
    alive = store.number("SELECT COUNT(*) FROM fb_tokens WHERE person = ? AND dead = ''", row["id"])
    return f" · {alive} tokens · トークン" if alive else ""


def _used(store: Store) -> str:
    budgets = [(row["name"], budget) for row in store.all("SELECT * FROM fb_pages ORDER BY place") for budget in _budgets(store, row)]
    budgets += [("app", usage.of_app(store, row["id"])) for row in store.all("SELECT id FROM fb_apps ORDER BY place")]
    lines = ""
    for name, budget in budgets:
        now = usage.state(store, budget)
        numbers = f"<td>{now.calls} %</td><td>{now.time} %</td><td>{now.cputime} %</td><td>{now.regain}</td>"
        lines += f"<tr><td>{escape(name)}</td><td>{budget.kind}</td><td>{budget.size:.0f} / {budget.span // 60} h</td>{numbers}</tr>"
    heads = ("Whose · 対象", "Kind · 種類", "Size · 上限", "call_count", "total_time", "total_cputime", "Regain, min · 回復")
    return table("Allowances", "利用枠", heads, lines)


def _budgets(store: Store, row: Row) -> tuple[usage.Budget, usage.Budget]:
    return usage.of_page(store, row), usage.of_messenger(store, row)


def _sent(store: Store) -> str:
    lines = "".join(
        f"<tr><td>{escape(one['kind'])}<br>{escape(one['url'])}</td><td>{escape(one['state'])} × {one['attempts']}</td>"
        f'<td>{one["status"] or ""}</td><td class="said"><code>{escape(one["body"][:240])}</code></td></tr>'
        for one in facebook_views.deliveries(store, {"limit": str(SENT)})["deliveries"]
    )
    return table("Sent out", "送信の記録", ("What · 種類", "State · 状態", "Status · 結果", "Body · 本文"), lines)
