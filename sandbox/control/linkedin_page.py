"""LinkedIn's control page: write as a member, see what comes back, make trouble."""

from html import escape

from ..linkedin import api, endpoints, levels, limits, members, talking, webhooks
from ..look import page
from ..store import Store
from . import linkedin_views as views
from .linkedin_actions import CHOICES
from .parts import button, card, entry, head, options, requests, select, table

DONE = {
    "post": "Posted. 投稿しました。",
    "comment": "Commented. コメントしました。",
    "edit-comment": "Changed. 変更しました。",
    "react": "Reacted. リアクションしました。",
    "delete": "Deleted. 削除しました。",
    "close": "Comments are closed or open. コメントの受付を変更しました。",
    "message": "Sent. 送信しました。",
    "accept": "Accepted. 承認しました。",
    "role": "The role is set. 役割を変更しました。",
    "connect": "Connected. つながりました。",
    "leave": "The account is closed or back. アカウントの状態を変更しました。",
    "level": "The access level is set. 契約レベルを変更しました。",
    "choose": "Set. 設定しました。",
    "fault": "The next requests will have this trouble. 次の要求から障害が起きます。",
    "clear-faults": "No more trouble. 障害を解除しました。",
    "exhaust": "Today’s limit is used up. 本日の上限に達しました。",
    "limit": "The limit is set. 上限を変更しました。",
    "revoke": "All tokens of the member are dead. 連携を解除しました。",
    "reset": "LinkedIn is back on its first day. LinkedInを初期状態に戻しました。",
    "clock": "The clock is set. 時計を変更しました。",
    "challenge": "The addresses were challenged. 確認の要求を送りました。",
}
NAMES = {
    "refresh": "Refresh tokens · 更新トークン",
    "scopes": "Scopes in answers · スコープの区切り",
    "locale": "Locale in userinfo · ロケールの形",
    "signature": "X-LI-Signature",
    "duplicate": "The same text again · 重複投稿の応答",
}
FIRST_SPEAKER, PAGE = "sato-hanako", "enishi-demo"
THREADS, LOG_LINES = 10, 25


def home(store: Store, params: dict[str, str], problem: str = "") -> str:
    """The whole page."""
    note = problem or DONE.get(params.get("done", ""), "")
    log = requests(views.requests(store, {"limit": str(LOG_LINES)})["requests"])
    speak = f"<div>{_post(store)}{_comment(store, params)}</div>"
    body = f"""{head("/control/linkedin", "Sandbox LinkedIn", "LinkedInの練習環境", note)}
<div class="desk">{speak}{_threads(store)}</div>
<div class="grid">{_state(store)}{_trouble()}{_limits(store)}{_account(store)}</div>{_counters(store)}{_sent(store)}{_hooks(store)}{log}"""
    return page("Sandbox LinkedIn · LinkedInの練習環境", body)


def _who(store: Store, number: str) -> str:
    """Who speaks: one of the list, or a new name."""
    return entry("member", "Member · 会員", FIRST_SPEAKER, number=number, more='list="members" required pattern="[A-Za-z0-9\\-]{3,100}"')


def _post(store: Store) -> str:
    names = "".join(
        f'<option value="{escape(row["vanity"])}">{escape(members.full_name(row))}</option>' for row in members.everybody(store)
    )
    pages = [("", "–"), *((row["vanity"], row["name"]) for row in members.organizations(store))]
    return card(
        "linkedin/post",
        "Post as a member",
        "会員として投稿",
        f"""{_who(store, "1")}<datalist id="members">{names}</datalist>{entry("name", "Name, when new · 氏名(新規の場合)")}
{select("mention", "Mentions · メンション", options(pages, PAGE))}
<label for="text1">Text · 本文</label><textarea id="text1" name="text" rows="3" required></textarea>""",
        "Post · 投稿",
    )


def _comment(store: Store, params: dict[str, str]) -> str:
    of, answered = params.get("post", ""), params.get("comment", "")
    if not of and not answered:
        newest = store.one(
            "SELECT * FROM li_posts WHERE author = ? AND deleted_ms IS NULL ORDER BY id DESC LIMIT 1",
            f"urn:li:organization:{_page_id(store)}",
        )
        of = f"urn:li:share:{newest['id']}" if newest else ""
    return card(
        "linkedin/comment",
        "Comment as a member",
        "会員としてコメント",
        f"""{_who(store, "2")}{entry("post", "Post · 投稿のURN", of)}{entry("comment", "Answers comment · 返信先のURN", answered)}
<label for="text2">Text · 本文</label><textarea id="text2" name="text" rows="3" required></textarea>""",
        "Comment · コメント",
    )


def _page_id(store: Store) -> int:
    row = members.organization_by_vanity(store, PAGE)
    return int(row["id"]) if row else 0


def _threads(store: Store) -> str:
    lines: list[str] = []
    for one in views.posts(store, {"limit": str(THREADS)})["posts"]:
        like = _like(store, "post", one["urn"])
        do = "" if one["deleted"] else f"{_answer('post', one['urn'])}{like}{button('linkedin/delete', 'Delete · 削除', post=one['urn'])}"
        do += "" if one["deleted"] else _close(one["urn"], one["closed"])
        extra = f" ♥{one['reactions']}" + (" 🔒" if one["visibility"] != "PUBLIC" else "")
        lines.append(_line(one, "root", do, one["urn"], extra))
        for said in one["comments"]:
            do = (
                ""
                if said["deleted"]
                else f"{_answer('comment', said['urn'])}{button('linkedin/delete', 'Delete · 削除', comment=said['urn'])}"
            )
            lines.append(_line(said, "reply", do, said["id"], ""))
    return table("Posts", "投稿とコメント", ("Time · 時刻", "Who · 投稿者", "Text · 本文", "Do · 操作"), "".join(lines))


def _line(one: dict[str, str], kind: str, do: str, name: str, extra: str) -> str:
    return (
        f'<tr class="{kind}"><td>{one["at"][:16].replace("T", " ")}<br><code>{escape(name)}</code></td>'
        f"<td><b>{escape(one['name'])}</b></td>"
        f'<td class="said{" gone" if one["deleted"] else ""}">{escape(one["text"])}{extra}</td><td>{do}</td></tr>'
    )


def _answer(kind: str, urn: str) -> str:
    return f'<a href="/control/linkedin?{kind}={escape(urn)}">Answer · 返信</a>'


def _like(store: Store, kind: str, urn: str) -> str:
    return button("linkedin/react", "Like · いいね", member=FIRST_SPEAKER, **{kind: urn})


def _close(urn: str, closed: bool) -> str:
    if closed:
        return button("linkedin/close", "Open · コメント再開", post=urn, open="1")
    return button("linkedin/close", "Close · コメント停止", post=urn)


def _state(store: Store) -> str:
    now = views.state(store, {})
    waiting = "".join(
        f"<li>{escape(one['kind'])} × {one['remaining']} <code>{escape(one['path_prefix'])}</code></li>" for one in now["faults"]
    )
    chosen = "".join(select(name, NAMES[name], options(((one, one) for one in values), now[name])) for name, values in CHOICES.items())
    level = select("level", "Level · 契約レベル", options(((one, one) for one in levels.LEVELS), now["level"]))
    return f"""<section class="card"><h2>State<span lang="ja">状態</span></h2>
<p>Time · 時刻 <b>{now["now"]}</b><br>Level · 契約 <b>{escape(now["level"])}</b><br>
Application · アプリ <b>{escape(now["client_id"])}</b> <code>{now["application_id"]}</code></p><ul>{waiting}</ul>
<form method="post" action="/control/do/linkedin/level" class="row">
{level}<button class="plain">Set · 設定</button></form>
<form method="post" action="/control/do/linkedin/choose">{chosen}<p><button class="plain">Set · 設定</button></p></form>
<form method="post" action="/control/do/linkedin/clock" class="row"><label for="advance">Advance, seconds · 進める秒数</label>
<input id="advance" name="advance_seconds" type="number" value="3600"><button class="plain">Advance · 進める</button></form>
<div class="row">{button("linkedin/clock", "Clock back to now · 時計を戻す", reset="1")}
{button("linkedin/clear-faults", "Clear trouble · 障害を解除")}
{button("linkedin/challenge", "Challenge webhooks · Webhookを確認")}{button("linkedin/reset", "Reset LinkedIn · 初期化")}</div></section>"""


def _trouble() -> str:
    kinds = {**api.KINDS, **webhooks.KINDS}
    return card(
        "linkedin/fault",
        "Trouble",
        "障害",
        f"""{select("kind", "Kind · 種類", options(kinds.items()))}
{entry("count", "How often · 回数", "1", more='type="number" min="1"')}
{entry("path_prefix", "Path begins with · 対象パス", more='placeholder="/rest/"')}
{entry("seconds", "Seconds (slow) · 秒数", more='type="number" min="0" step="0.1"')}""",
        "Order · 予約",
    )


def _limits(store: Store) -> str:
    names = (*limits.FIVE, *(one.id for one in endpoints.ENDPOINTS if not one.bucket))
    people = [("", "The app · アプリ全体"), *((row["vanity"], members.full_name(row)) for row in members.everybody(store))]
    return card(
        "linkedin/exhaust",
        "Use today’s limit up",
        "本日の上限に達した状態にする",
        f"""{select("bucket", "Of what · 対象", options((name, name) for name in names))}
{select("member", "Whose · 誰の", options(people), "3")}""",
        "Use up · 使い切る",
    )


def _account(store: Store) -> str:
    people = options((row["vanity"], members.full_name(row)) for row in members.everybody(store))
    roles = options((one, one) for one in members.ROLES)
    states = options((one, one) for one in members.STATES)
    taken = card("linkedin/revoke", "Revoke access", "連携を解除", select("member", "Member · 会員", people, "4"), "Revoke · 解除")
    role = card(
        "linkedin/role",
        "Role on the page",
        "ページの役割",
        select("member", "Member · 会員", people, "5") + select("role", "Role · 役割", roles) + select("state", "State · 状態", states),
        "Set · 設定",
    )
    kinds = options((one, one) for one in talking.REACTIONS)
    react = card(
        "linkedin/react",
        "React",
        "リアクション",
        select("member", "Member · 会員", people, "6")
        + select("kind", "Kind · 種類", kinds, "2")
        + entry("post", "Post · 投稿のURN", number="2", more="required"),
        "React · リアクション",
    )
    return f"<div>{taken}{role}</div>{react}"


def _counters(store: Store) -> str:
    told = views.counters(store, {})
    lines = "".join(
        f"<tr><td>{escape(one['bucket'])}</td><td>{escape(one['subject'])}</td><td>{one['used']} / {one['limit']}</td></tr>"
        for one in told["counters"]
    )
    heads = ("Counted · 対象", "Whose · 誰の", "Used today · 本日の回数")
    return table("Silent counters, until 00:00 UTC", "相手には見えない回数(UTC 0時まで)", heads, lines)


def _sent(store: Store) -> str:
    told = views.sent(store, {})
    lines = "".join(
        f"<tr><td>Message · メッセージ</td><td>{escape(one['from'])} → {escape(', '.join(one['to']))}</td>"
        f'<td class="said">{escape(one["body"])}</td><td></td></tr>'
        for one in told["messages"][:LOG_LINES]
    )
    for one in told["invitations"][:LOG_LINES]:
        do = button("linkedin/accept", "Accept · 承認", invitation=one["id"]) if one["state"] == "PENDING" else escape(one["state"])
        lines += (
            f"<tr><td>Invitation · つながり申請</td><td>{escape(one['from'])} → {escape(one['to'])}</td>"
            f'<td class="said">{escape(one["text"])}</td><td>{do}</td></tr>'
        )
    return table("Messages and invitations", "メッセージと申請", ("Kind · 種類", "Who · 誰から誰へ", "Text · 本文", "Do · 操作"), lines)


def _hooks(store: Store) -> str:
    told = views.hooks(store, {})
    lines = "".join(
        f"<tr><td>{escape(one['organization'])}</td><td>{escape(one['url'])}</td>"
        f"<td>{'blocked · 停止' if one['blocked'] else 'live · 有効'} ({one['failures']})</td></tr>"
        for one in told["subscriptions"]
    )
    lines += "".join(
        f"<tr><td>#{one['id']}</td><td>{escape(one['url'])}</td>"
        f"<td>{escape(one['state'])}, {one['status'] or '–'}, × {one['attempts']}</td></tr>"
        for one in told["deliveries"][:LOG_LINES]
    )
    return table("Webhooks", "Webhook", ("What · 対象", "Address · 宛先", "State · 状態"), lines)
