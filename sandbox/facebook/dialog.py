"""The dialog in which a fictitious person lets an app have pages and permissions, some of them, or none."""

import re
from dataclasses import dataclass
from html import escape
from urllib.parse import parse_qs, urlencode

from ..look import page as whole_page
from ..store import Row, Store
from ..web import Answer, Request, as_page, moved
from . import apps, people, settings, tokens
from .apps import ALWAYS, PERMISSIONS, App
from .tokens import Grant

PATH = re.compile(r"/v\d+\.\d+/dialog/oauth")
NAMES = ("response_type", "client_id", "redirect_uri", "scope", "config_id", "state", "auth_type")
CANCELLED = {
    "error": "access_denied",
    "error_code": "200",
    "error_description": "Permissions error",
    "error_reason": "user_denied",
}


@dataclass(frozen=True)
class Wish:
    """What the app asks for, once it is found in order."""

    app: App
    redirect_uri: str
    permissions: tuple[str, ...]
    state: str
    again: bool


def ask(store: Store, request: Request) -> Answer:
    """GET: show the page."""
    wish = _wish(store, request.params)
    if isinstance(wish, str):
        return _broken(wish)
    return as_page(_question(store, wish, request))


def decide(store: Store, request: Request) -> Answer:
    """POST of the page's form: back to the app with a code, or with access_denied."""
    form = request.form()
    wish = _wish(store, form)
    if isinstance(wish, str):
        return _broken(wish)
    if form.get("decision") != "agree":
        return moved(_back(wish, CANCELLED))
    number = form.get("person", "")
    person = people.person(store, int(number)) if number.isdigit() and len(number) < 10 else None
    if person is None:
        return _broken("Nobody is signed in.")
    if settings.level(store) == "standard" and not person["app_role"]:
        return _broken("App not active: this app is in development mode, and this account has no role in it.")
    lists = parse_qs(request.body.decode("utf-8", "replace"))
    tokens.agree(store, _grant(store, wish, person, lists))
    return moved(_back(wish, {"code": tokens.write_code(store, wish.app.id, person["id"], wish.redirect_uri)}))


def _grant(store: Store, wish: Wish, person: Row, lists: dict[str, list[str]]) -> Grant:
    """What was ticked is granted. A permission that was declined before is asked for again only with auth_type=rerequest."""
    before = tokens.decisions(store, wish.app.id, person["id"])
    asked = [name for name in wish.permissions if wish.again or before.get(name) != "declined"]
    ticked = {ALWAYS, *lists.get("permission", [])}
    managed = {row["page"] for row in store.all("SELECT page FROM fb_roles WHERE person = ?", person["id"])}
    chosen = {int(one) for one in lists.get("page", []) if one.isdigit()}
    return Grant(
        wish.app.id,
        person["id"],
        frozenset(name for name in asked if name in ticked),
        frozenset(name for name in asked if name not in ticked),
        frozenset(managed & chosen),
    )


def _wish(store: Store, values: dict[str, str]) -> Wish | str:
    """The wish, or the reason why it is none. Nothing is ever sent to an address that is not registered."""
    app = apps.find(store, values.get("client_id", ""))
    if app is None:
        return "Invalid App ID: the provided app ID does not look like a valid app ID."
    config, scope = values.get("config_id", ""), values.get("scope", "")
    # "A comma or space separated list", says the manual of the login flow.
    names = app.configs.get(config, []) if config else scope.replace(",", " ").split()
    unknown = [name for name in names if name not in PERMISSIONS]
    checks = (
        (
            values.get("redirect_uri", "") in app.redirect_uris,
            "URL blocked: this redirect failed because the redirect URI is not in the app’s client OAuth settings.",
        ),
        (values.get("response_type", "code") == "code", "response_type must be code."),
        (0 < len(values.get("state", "")) <= 500, "state must have 1 to 500 characters."),
        (not config or bool(names), "config_id is not known."),
        (not unknown, f"Invalid scopes: {', '.join(unknown)}. This message is only shown to developers."),
    )
    for good, reason in checks:
        if not good:
            return reason
    again = values.get("auth_type") == "rerequest"
    return Wish(app, values["redirect_uri"], tuple(dict.fromkeys((ALWAYS, *names))), values["state"], again)


def _back(wish: Wish, answer: dict[str, str]) -> str:
    joint = "&" if "?" in wish.redirect_uri else "?"
    # Facebook ends every way back with this fragment.
    return f"{wish.redirect_uri}{joint}{urlencode({**answer, 'state': wish.state})}#_=_"


def _broken(reason: str) -> Answer:
    body = f"""<main class="narrow"><h1>Something went wrong<span lang="ja">エラーが発生しました</span></h1>
<p class="card">{escape(reason)}</p></main>"""
    return as_page(whole_page("Sandbox Facebook", body), 400)


def _question(store: Store, wish: Wish, request: Request) -> str:
    values = request.params
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(values[name])}">' for name in NAMES if name in values)
    roles = _managers(store)
    choices = "".join(
        f'<option value="{row["id"]}">{escape(row["name"])}{" · app role · アプリの役割あり" if row["app_role"] else ""}</option>'
        for row in store.all("SELECT * FROM fb_people ORDER BY id IN (SELECT person FROM fb_roles) DESC, id")
    )
    pages = "".join(
        f'<li><label class="tick"><input type="checkbox" name="page" value="{row["id"]}" checked><span>{escape(row["name"])}'
        f'<span class="quiet"> {escape(", ".join(roles.get(row["id"], [])))}</span></span></label></li>'
        for row in store.all("SELECT * FROM fb_pages WHERE id IN (SELECT page FROM fb_roles) ORDER BY place")
    )
    rights = "".join(
        f'<li><label class="tick"><input type="checkbox" name="permission" value="{name}" checked>'
        f"<span>{escape(PERMISSIONS[name])} <code>{name}</code></span></label></li>"
        for name in wish.permissions
        if name != ALWAYS
    )
    declined = "" if wish.again else "<br>What you declined before stays declined. 以前に拒否したものは拒否のままです。"
    return whole_page(
        "Sandbox Facebook",
        f"""<main class="narrow"><h1>{escape(wish.app.name)} wants to access your pages
<span lang="ja">{escape(wish.app.name)} がページへのアクセスを求めています</span></h1>
<form method="post" action="{escape(request.path)}" class="card">{hidden}
<label for="person">Signed in as · ログイン中のアカウント</label><select id="person" name="person">{choices}</select>
<fieldset><legend>Pages · ページ</legend><p class="quiet">Of those you manage · 管理しているもののうち</p>
<ul class="plain">{pages}</ul></fieldset>
<fieldset><legend>The app may · 許可される操作</legend>
<p class="quiet">{escape(PERMISSIONS[ALWAYS])} <code>{ALWAYS}</code>{declined}</p><ul class="plain">{rights}</ul></fieldset>
<p class="row"><button name="decision" value="agree">Continue · 続行</button>
<button name="decision" value="cancel" class="plain">Cancel · キャンセル</button></p></form>
<p class="quiet">This is the sandbox. No real account is touched. これは練習用の環境です。実在のアカウントには影響しません。</p></main>""",
    )


def _managers(store: Store) -> dict[int, list[str]]:
    found: dict[int, list[str]] = {}
    for row in store.all("SELECT page, name FROM fb_roles JOIN fb_people ON fb_people.id = person ORDER BY page, person"):
        found.setdefault(row["page"], []).append(row["name"])
    return found
