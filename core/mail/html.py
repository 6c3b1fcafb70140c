"""A text as HTML: its paragraphs, its line ends and the links in it. Nothing else of it means anything (security H1)."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from django.utils.safestring import SafeString

from core.html import built, escape

# To the next blank, quote or bracket; what ends a sentence is not part of the link (taken off below).
_LINK = re.compile(r"https?://[^\s<>\"'`（）「」『』【】〈〉《》、。，！？　]{1,2000}")
_AFTER = ".,;:!?)]}"
_STYLE = "font-family:sans-serif;font-size:15px;line-height:1.6;color:#1f2328"


def paragraphs(text: str) -> SafeString:
    """`text` as paragraphs with its links to be pressed."""
    parts = [part for part in re.split(r"\n[ \t]*\n", text.strip("\n")) if part.strip()]
    # Every piece is escaped in `_linked`.
    return built("\n".join(f"<p>{_linked(part)}</p>" for part in parts))


def document(text: str, foot: str = "", language: str = "en") -> str:
    """The HTML part of a mail that was written as text; `foot` is another text, set small below a line."""
    small = (
        f'\n<div style="margin-top:24px;padding-top:8px;border-top:1px solid #d0d7de;font-size:12px;color:#59636e">{paragraphs(foot)}</div>'
    )
    return (
        f'<!doctype html>\n<html lang="{escape(language)}"><head><meta charset="utf-8"></head>\n'
        f'<body style="{_STYLE}">\n{paragraphs(text)}{small if foot else ""}\n</body></html>\n'
    )


def _linked(text: str) -> str:
    made, at = [], 0
    for found in _LINK.finditer(text):
        address = found.group().rstrip(_AFTER)
        if not _has_host(address):
            continue
        made += [_lines(text[at : found.start()]), f'<a href="{escape(address)}" rel="noopener noreferrer">{escape(address)}</a>']
        at = found.start() + len(address)
    return "".join([*made, _lines(text[at:])])


def _has_host(address: str) -> bool:
    try:
        return bool(urlsplit(address).hostname)
    except ValueError:
        return False


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>\n")
