"""The page where a fictitious member signs in and lets an app in: all it asks for, or nothing."""

from dataclasses import dataclass
from html import escape
from urllib.parse import urlencode

from .. import apps
from ..look import page
from ..store import Row, Store
from ..web import Answer, Request, as_page, moved
from . import levels, members, tokens

PATH = "/oauth/v2/authorization"
NAMES = ("response_type", "client_id", "redirect_uri", "state", "scope")
CANCELLED = {
    "user_cancelled_login": "The user cancelled LinkedIn login",
    "user_cancelled_authorize": "The user cancelled the authorization",
}


@dataclass(frozen=True)
class Wish:
    """What the app asks for, once it is found in order."""

    client_id: str
    redirect_uri: str
    scope: str
    state: str


def ask(store: Store, request: Request) -> Answer:
    """GET: show the page."""
    wish = _wish(store, request.params)
    if isinstance(wish, str):
        return _broken(wish)
    return _unauthorized(store, wish) or as_page(_question(wish, request.params, members.everybody(store)))


def decide(store: Store, request: Request) -> Answer:
    """POST of the page's form: back to the app, with a code or with an error."""
    form = request.form()
    wish = _wish(store, form)
    if isinstance(wish, str):
        return _broken(wish)
    refused = _unauthorized(store, wish)
    if refused:
        return refused
    decision = form.get("decision", "")
    if decision != "allow":
        error = decision if decision in CANCELLED else "user_cancelled_authorize"
        return _back(wish, {"error": error, "error_description": CANCELLED[error]})
    member = members.by_vanity(store, form.get("member", ""))
    if member is None or member["gone"]:
        return _broken("This member cannot sign in.")
    return _back(wish, {"code": tokens.agree(store, tokens.Grant(wish.client_id, member["id"], wish.redirect_uri, wish.scope))})


def _wish(store: Store, values: dict[str, str]) -> Wish | str:
    """The wish, or the reason why it is none. Nothing is ever sent to an address that is not registered."""
    app = apps.find(store, values.get("client_id", ""))
    checks = (
        (app is not None and app.secret != "", "The client_id is not known."),
        (app is not None and values.get("redirect_uri", "") in app.redirect_uris, "The redirect_uri does not match the registered value."),
        (values.get("response_type") == "code", "The response_type must be code."),
        (bool(values.get("state")), "The state is missing."),
        (bool(values.get("scope", "").split()), "The scope is missing."),
    )
    for good, reason in checks:
        if not good:
            return reason
    return Wish(values["client_id"], values["redirect_uri"], " ".join(dict.fromkeys(values["scope"].split())), values["state"])


def _unauthorized(store: Store, wish: Wish) -> Answer | None:
    """Back at once where the app lacks the product for a scope."""
    level = levels.current(store)
    for scope in wish.scope.split():
        if not levels.opens(level, scope):
            said = f'Scope "{scope}" is not authorized for your application'
            return _back(wish, {"error": "unauthorized_scope_error", "error_description": said})
    return None


def _back(wish: Wish, answer: dict[str, str]) -> Answer:
    joint = "&" if "?" in wish.redirect_uri else "?"
    return moved(wish.redirect_uri + joint + urlencode({**answer, "state": wish.state}))


def _broken(reason: str) -> Answer:
    body = f"""<main class="narrow"><h1>Bummer, something went wrong.<span lang="ja">問題が発生しました</span></h1>
<p class="quiet">{escape(reason)}</p></main>"""
    return as_page(page("Sandbox LinkedIn", body), 400)


def _question(wish: Wish, values: dict[str, str], everybody: list[Row]) -> str:
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(values.get(name, ""))}">' for name in NAMES)
    choices = "".join(
        f'<option value="{escape(member["vanity"])}">{escape(members.full_name(member))}, {escape(member["headline"])}</option>'
        for member in everybody
    )
    rights = "".join(f"<li>{levels.SCOPES[name][1]} · {levels.SCOPES[name][2]} <code>{name}</code></li>" for name in wish.scope.split())
    return page(
        "Sandbox LinkedIn",
        f"""<main class="narrow"><h1>{escape(wish.client_id)} would like to
<span lang="ja">{escape(wish.client_id)} が次の許可を求めています</span></h1>
<form method="post" action="{PATH}" class="card">{hidden}
<label for="member">Signed in as · サインイン中の会員</label>
<select id="member" name="member">{choices}</select>
<p>All of this, or nothing · すべて許可するか、許可しないか</p><ul>{rights}</ul>
<p class="row"><button name="decision" value="allow">Allow · 許可する</button>
<button name="decision" value="user_cancelled_authorize" class="plain">Cancel · キャンセル</button>
<button name="decision" value="user_cancelled_login" class="plain">Leave the sign-in · サインインをやめる</button></p></form>
<p class="quiet">This is the sandbox. No real account is touched. これは練習用の環境です。実在のアカウントには影響しません。</p></main>""",
    )
