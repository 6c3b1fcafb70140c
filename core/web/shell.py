"""The shell's HTML, remembered: for one reader it is the same on every page, but for a few places that are filled in anew.

What is remembered belongs to everything it was made of (`core.web.menu.shell` gives the key): the person, their rights, the
language, the app, and the stamps of all configuration. Whoever's rights change has another key with the next request. The
token of the forms, the address of the page, what was searched for and the bell are no part of it: where they belong, the
template is given a mark while it is rendered, and the value of each page is put there, escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from threading import Lock
from typing import Any

from django import template
from django.template import Context
from django.utils.safestring import SafeString

from core.html import built, escape

register = template.Library()
# Some ten kB each.
_MOST = 500
_kept: dict[tuple[Any, ...], list[str]] = {}
_lock = Lock()
_MARK = "\x02{}\x03"
_MARKS = re.compile("\x02(token|address|asked|bell)\x03")


class _Request:
    """Stands for the request while the shell is made."""

    get_full_path = _MARK.format("address")


@register.simple_tag(takes_context=True)
def remembered(context: Any, name: str) -> SafeString:
    """The part `name` of the shell as this page shows it."""
    engine, key = context.template.engine, context.get("shell_key")
    if key is None:  # nobody is signed in, or only a part of a page is answered
        with context.push(bell=_bell(context)):
            return built(engine.get_template(name).render(context))
    parts = _kept.get((name, key))
    if parts is None:
        parts = _MARKS.split(engine.get_template(name).render(Context(_marked(context))))
        with _lock:
            if len(_kept) >= _MOST:
                _kept.clear()
            _kept[name, key] = parts
    if len(parts) == 1:
        return built(parts[0])
    live: dict[str, Callable[[], str]] = {
        "token": lambda: escape(context.get("csrf_token") or ""),
        "address": lambda: escape(context["request"].get_full_path()),
        "asked": lambda: escape(context.get("q") or ""),
        "bell": lambda: _bell(context),
    }
    # Every second part is the name of a mark.
    return built("".join([live[part]() if place % 2 else part for place, part in enumerate(parts)]))


def _marked(context: Any) -> dict[str, Any]:
    names = ("apps", "app_here", "side", "pins", "create_menu", "is_admin", "other_language", "user")
    marks = {"csrf_token": _MARK.format("token"), "q": _MARK.format("asked"), "bell": built(_MARK.format("bell")), "request": _Request()}
    return {name: context.get(name) for name in names} | marks


def _bell(context: Any) -> SafeString:
    user = context.get("user")
    if not getattr(user, "is_authenticated", False):
        return SafeString("")
    return built(context.template.engine.get_template("ui/_bell.html").render(Context({"unread": context.get("unread")})))
