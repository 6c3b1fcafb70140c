"""The pieces that the control pages are made of. Plain forms, English and Japanese side by side."""

from collections.abc import Iterable
from html import escape

DO = "/control/do/"
# Every network's page, in the order of the links on top.
PAGES = {"/control": "X", "/control/facebook": "Facebook", "/control/linkedin": "LinkedIn"}


def head(here: str, title: str, japanese: str, note: str) -> str:
    """The top of a page: the other networks, what this one is, and what was just done."""
    links = " · ".join(
        f'<b aria-current="page">{name}</b>' if path == here else f'<a href="{path}">{name}</a>' for path, name in PAGES.items()
    )
    said = f'<p class="note" role="status">{escape(note)}</p>' if note else ""
    return f'<nav aria-label="Networks">{links}</nav><h1>{title}<span lang="ja">{japanese}</span></h1>{said}'


def card(action: str, title: str, japanese: str, fields: str, button: str) -> str:
    """A form that stands for itself."""
    return f"""<form class="card" method="post" action="{DO}{action}"><h2>{title}<span lang="ja">{japanese}</span></h2>
{fields}<p><button>{button}</button></p></form>"""


def button(action: str, label: str, **values: str) -> str:
    """A button that does one thing."""
    hidden = "".join(f'<input type="hidden" name="{name}" value="{escape(value)}">' for name, value in values.items())
    return f'<form method="post" action="{DO}{action}">{hidden}<button class="plain">{label}</button></form>'


def options(pairs: Iterable[tuple[str, str]], chosen: str = "") -> str:
    """The choices of a select."""
    return "".join(
        f'<option value="{escape(value)}"{" selected" if chosen and value == chosen else ""}>{escape(label)}</option>'
        for value, label in pairs
    )


def select(name: str, label: str, choices: str, number: str = "") -> str:
    """A labelled select."""
    place = name + number
    return f'<label for="{place}">{label}</label><select id="{place}" name="{name}">{choices}</select>'


def entry(name: str, label: str, value: str = "", *, number: str = "", more: str = "") -> str:
    """A labelled input."""
    place = name + number
    return f'<label for="{place}">{label}</label><input id="{place}" name="{name}" value="{escape(value)}" {more}>'


def table(title: str, japanese: str, heads: Iterable[str], lines: str) -> str:
    """A table with its name."""
    row = "".join(f"<th>{one}</th>" for one in heads)
    return f"""<section class="card wide"><h2>{title}<span lang="ja">{japanese}</span></h2>
<table><thead><tr>{row}</tr></thead><tbody>{lines}</tbody></table></section>"""


def requests(rows: Iterable[dict[str, object]]) -> str:
    """The log."""
    lines = "".join(
        f"<tr><td>{escape(str(one['at'])[11:19])}</td><td>{escape(str(one['method']))} {escape(str(one['path']))}</td>"
        f"<td>{escape(str(one['username']))}</td>"
        f"<td>{one['status']} {escape(str(one['fault']))}</td><td>${one['cost_usd']:.3f}</td></tr>"
        for one in rows
    )
    heads = ("Time · 時刻", "Request · 要求", "Token of · 利用者", "Status · 結果", "Cost · 費用")
    return table("Requests", "要求の記録", heads, lines)
