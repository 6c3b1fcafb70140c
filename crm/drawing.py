"""The activities on a record page, drawn in Python: as template loops their lines were the dearest part of the page. Every
foreign value is escaped here."""

from __future__ import annotations

from typing import Any

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.html import built, escape
from core.module.registry import module
from core.web.drawing import token_input
from core.web.tags import icon

from .agenda import KEY


def open_and_closed(context: Any, held: dict[str, Any]) -> SafeString:
    """Two blocks: open activities, the next first; then those that are closed. `held` is what `panels_activity.upcoming` found."""
    lines, more, every = held["lines"], "+" if held["more"] else "", escape(_("Show all"))
    count = f'<span class="count">{held["count"]}{more}</span>' if lines else ""
    title = escape(_("Open activities"))
    head = f"<h2>{title}</h2>{count}{_makers(held['may'], held['do'])}"
    made = [f'<section class="block next" id="next"><header>{head}</header>\n']
    if lines:
        drawn = "".join([f"<li>{one_activity(context, line, held['back'])}</li>" for line in lines])
        rest = f'<footer><a href="{escape(held["open_url"])}">{every}</a></footer>' if held["more_open"] else ""
        made.append(f'<ul class="items">{drawn}</ul>{rest}\n</section>')
    else:
        none = escape(_("Nothing is planned."))
        made.append(f'<p class="none">{none}</p>\n</section>')
    if held["closed"]:
        title = escape(_("Closed activities"))
        rest = f'<footer><a href="{escape(held["closed_url"])}">{every}</a></footer>' if held["more_closed"] else ""
        made.append(
            f'\n<section class="block" id="closed-activities"><header><h2>{title}</h2></header>\n'
            f'<ul class="items">{"".join([_closed(line) for line in held["closed"]])}</ul>{rest}</section>'
        )
    return built("".join(made))


def the_next(context: Any, held: dict[str, Any]) -> SafeString:
    """The one activity that comes next, above everything."""
    late = " is-late" if held["line"]["late"] else ""
    word = escape(pgettext("activity", "Next"))
    return built(f'<div class="next-line{late}" id="next-one"><b>{word}</b>{one_activity(context, held["line"], held["back"])}</div>')


def one_activity(context: Any, line: dict[str, Any], back: str) -> str:
    """An open activity with the button that does it, for those who may; `back` is the page that is shown again then."""
    one, when, who, title = line["activity"], line["when"], line["who"], escape(line["activity"].title)
    if line["may"]:
        said, tip = escape(_("Mark as done: %(title)s")) % {"title": title}, escape(_("Mark as done"))
        mark = (
            f'<form method="post" action="{module(KEY).url(one.pk)}do/crm.complete">{token_input(context)}'
            f'<input type="hidden" name="back" value="{escape(back)}"><button class="btn quiet small only" aria-label="{said}" '
            f'title="{tip}">{icon("circle-check")}</button></form>'
        )
    else:
        mark = icon(line["icon"])
    overdue, repeats = escape(_("Overdue")), escape(_("repeats"))
    late, warned = (" late", f"{overdue}: ") if line["late"] else ("", "")
    between = " · " if when and who else ""
    again = f" · {repeats}" if one.is_series else ""
    said = f"{warned}{escape(when)}{between}{escape(who)}{again}"
    return f'{mark}<div><a class="first" href="{escape(line["url"])}">{title}</a><div class="sub{late}">{said}</div></div>'


def _makers(may: dict[str, bool], do: str) -> str:
    """The links that log a call and add a task; the first of them begins at the end of the line."""
    made, end = "", " end"
    for name, symbol, word in (("log_call", "phone", _("Log a call")), ("add_task", "plus", _("Task"))):
        if may[name]:
            made += f'<a class="btn quiet small{end}" href="{do}crm.{name}">{icon(symbol)}{escape(word)}</a>'
            end = ""
    return made


def _closed(line: dict[str, Any]) -> str:
    when, who, result = line["when"], line["who"], line["result"]
    said = f"{escape(when)}{' · ' if when and who else ''}{escape(who)}{f' · {escape(result)}' if result else ''}"
    title = escape(line["activity"].title)
    return f'<li>{icon(line["icon"])}<div><a class="first" href="{escape(line["url"])}">{title}</a><div class="sub">{said}</div></div></li>'
