"""What a person sees of a page: where the addresses of posts and pages lead."""

import re
from html import escape

from ..look import page as whole_page
from ..store import Row, Store
from ..web import Answer, Request, as_page
from . import content, people

PREFIX = "/facebook/"
POST = re.compile(r"/facebook/(\d{1,18})/posts/(\d{1,18})")
NUMBER = re.compile(r"/(\d{1,18})_(\d{1,18})")
SHOWN_POSTS = 30


def by_number(store: Store, request: Request) -> Answer | None:
    """`/<id>` of a post or a comment, as Graph names it, leads to where it stands; None for any other address."""
    match = NUMBER.fullmatch(request.path)
    if match is None or request.method != "GET":
        return None
    first, second = int(match.group(1)), int(match.group(2))
    comment = content.comment(store, second)
    post = content.post(store, comment["post"] if comment is not None and comment["post"] == first else second)
    where = f"{PREFIX}{post['owner']}/posts/{post['id']}" if post is not None else f"{PREFIX}gone"
    return Answer(302, b"", [("Location", where)])


def answer(store: Store, request: Request) -> Answer:
    """GET of a post or of a page."""
    match = POST.fullmatch(request.path)
    if match:
        post = content.post(store, int(match.group(2)))
        found = [post] if post and str(post["owner"]) == match.group(1) else []
        page = content.page_of(store, post) if post else None
    else:
        name = request.path.removeprefix(PREFIX).strip("/")
        page = people.page(store, int(name)) if name.isdigit() and len(name) <= 18 else people.page_called(store, name)
        where = "owner = ? AND deleted_ms IS NULL AND (shows_ms IS NULL OR shows_ms <= ?)"
        select = f"SELECT * FROM fb_posts WHERE {where} ORDER BY created_ms DESC, id DESC LIMIT ?"  # noqa: S608 (no value in it)
        found = store.all(select, page["id"], store.now_ms(), SHOWN_POSTS) if page else []
    if page is None or request.method != "GET":
        text = '<main class="narrow"><h1>This content isn’t available<span lang="ja">このコンテンツは表示できません</span></h1></main>'
        return as_page(whole_page("Sandbox Facebook", text), 404)
    head = f"<h1>{escape(page['name'])}<span>{escape(page['about'])}</span></h1>"
    posts = "".join(_post(store, one) for one in found if not one["deleted_ms"])
    gone = '<p class="card">This post was deleted. この投稿は削除されました。</p>'
    return as_page(whole_page(f"{page['name']} · Sandbox Facebook", f'<main class="narrow">{head}{posts or gone}</main>'))


def _post(store: Store, row: Row) -> str:
    comments = store.all(
        "SELECT * FROM fb_comments WHERE post = ? AND deleted_ms IS NULL AND hidden = 0 ORDER BY created_ms, id", row["id"]
    )
    lines = "".join(
        f'<li id="{one["id"]}"{" class=answer" if one["parent"] else ""}><b>{_author(store, one)}</b> '
        f'<span class="said">{escape(one["message"])}</span></li>'
        for one in comments
    )
    reactions = store.number("SELECT COUNT(*) FROM fb_reactions WHERE object = ? AND of_comment = 0", row["id"])
    link = f'<p><a href="{escape(row["link"])}" rel="noreferrer">{escape(row["link"])}</a></p>' if row["link"].startswith("http") else ""
    return f"""<article class="card"><p><b>{_author(store, row)}</b></p><p class="said">{escape(row["message"])}</p>{link}
<p class="quiet">Reactions · リアクション {reactions} / Comments · コメント {len(comments)}</p><ul class="plain">{lines}</ul></article>"""


def _author(store: Store, row: Row) -> str:
    known = people.page(store, row["page"]) if row["page"] is not None else people.person(store, row["person"])
    return escape(known["name"] if known else "?")
