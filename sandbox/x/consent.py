"""The page where a fictitious person lets an app speak for their account, or does not."""

from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from .. import apps, people
from ..look import page
from ..store import Row, Store
from ..web import Answer, Request, as_page, moved
from . import tokens

PATH = "/i/oauth2/authorize"
NAMES = ("response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge", "code_challenge_method")
SCOPES = {
    "tweet.read": "Read posts · 投稿を読む",
    "tweet.write": "Post and delete posts · 投稿と削除",
    "tweet.moderate.write": "Hide replies · 返信を非表示にする",
    "users.read": "See profiles · プロフィールを見る",
    "follows.read": "See followers · フォロワーを見る",
    "follows.write": "Follow people · フォローする",
    "offline.access": "Stay connected · 接続を維持する",
    "space.read": "See Spaces · スペースを見る",
    "mute.read": "See muted accounts · ミュートを見る",
    "mute.write": "Mute accounts · ミュートする",
    "like.read": "See likes · いいねを見る",
    "like.write": "Like posts · いいねする",
    "list.read": "See lists · リストを見る",
    "list.write": "Change lists · リストを変更する",
    "block.read": "See blocked accounts · ブロックを見る",
    "block.write": "Block accounts · ブロックする",
    "bookmark.read": "See bookmarks · ブックマークを見る",
    "bookmark.write": "Change bookmarks · ブックマークを変更する",
    "dm.read": "Read messages · メッセージを読む",
    "dm.write": "Send messages · メッセージを送る",
    "media.write": "Upload pictures · 画像を送る",
    "timeline.read": "Read the timeline · タイムラインを読む",
}


@dataclass(frozen=True)
class Wish:
    """What the app asks for, once it is found in order."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str
    challenge: str


def ask(store: Store, request: Request) -> Answer:
    """GET: show the page."""
    wish = _wish(store, request.params)
    if isinstance(wish, str):
        return _broken(wish)
    return as_page(_question(wish, request.params, people.everybody(store)))


def decide(store: Store, request: Request) -> Answer:
    """POST of the page's form: back to the app, with a code or with access_denied."""
    form = request.form()
    wish = _wish(store, form)
    if isinstance(wish, str):
        return _broken(wish)
    if form.get("decision") != "agree":
        return moved(_back(wish, {"error": "access_denied", "state": wish.state}))
    person = people.by_username(store, form.get("username", ""))
    if person is None or person["suspended"]:
        return _broken("This account cannot sign in.")
    grant = tokens.Grant(wish.client_id, person["id"], wish.redirect_uri, wish.scope, wish.challenge)
    return moved(_back(wish, {"state": wish.state, "code": tokens.write_code(store, grant)}))


def _wish(store: Store, values: dict[str, str]) -> Wish | str:
    """The wish, or the reason why it is none. Nothing is ever sent to an address that is not registered."""
    app = apps.find(store, values.get("client_id", ""))
    scope, state = values.get("scope", "").split(), values.get("state", "")
    unknown = [name for name in scope if name not in SCOPES]
    checks = (
        (app is not None, "client_id is not known."),
        (app is not None and values.get("redirect_uri", "") in app.redirect_uris, "redirect_uri is not one of the registered ones."),
        (values.get("response_type") == "code", "response_type must be code."),
        (bool(scope) and not unknown, f"scope is empty or not known: {' '.join(unknown)}"),
        (0 < len(state) <= 500, "state must have 1 to 500 characters."),
        (values.get("code_challenge_method") == "S256", "code_challenge_method must be S256."),
        (len(values.get("code_challenge", "")) == 43, "code_challenge must be the 43 characters of an S256 challenge."),
    )
    for good, reason in checks:
        if not good:
            return reason
    return Wish(values["client_id"], values["redirect_uri"], " ".join(scope), state, values["code_challenge"])


def _back(wish: Wish, answer: dict[str, str]) -> str:
    joint = "&" if "?" in wish.redirect_uri else "?"
    return wish.redirect_uri + joint + urlencode(answer)


def _broken(reason: str) -> Answer:
    body = f"""<h1>Something went wrong<span lang="ja">エラーが発生しました</span></h1>
<p>You weren’t able to give access to the app. アプリへのアクセスを許可できませんでした。</p><p class="quiet">{escape(reason)}</p>"""
    return as_page(page("Sandbox X", body), 400)


def _question(wish: Wish, values: dict[str, str], everybody: list[Row]) -> str:
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(values.get(name, ""))}">' for name in NAMES)
    choices = "".join(
        f'<option value="{escape(person["username"])}">{escape(person["name"])} @{escape(person["username"])}</option>'
        for person in everybody
        if not person["suspended"]
    )
    rights = "".join(f"<li>{escape(SCOPES[name])} <code>{name}</code></li>" for name in wish.scope.split())
    return page(
        "Sandbox X",
        f"""<main class="narrow"><h1>{escape(wish.client_id)} wants to access your account
<span lang="ja">{escape(wish.client_id)} がアカウントへのアクセスを求めています</span></h1>
<form method="post" action="{PATH}" class="card">{hidden}
<label for="username">Signed in as · ログイン中のアカウント</label>
<select id="username" name="username">{choices}</select>
<p>The app may · 許可される操作</p><ul>{rights}</ul>
<p class="row"><button name="decision" value="agree">Authorize app · アプリを許可</button>
<button name="decision" value="cancel" class="plain">Cancel · キャンセル</button></p></form>
<p class="quiet">This is the sandbox. No real account is touched. これは練習用の環境です。実在のアカウントには影響しません。</p></main>""",
    )
