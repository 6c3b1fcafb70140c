"""The only place that vouches for HTML: text built by our own code from parts that were escaped where they were made.

Who calls `built`, and why it is safe. Cells of fields, since the kinds in core.field escape every value: core.field.faces,
core.web.facts, core.web.inplace, core.web.pages, core.web.panels, crm.home, crm.panels, helpdesk.panels, helpdesk.triage,
helpdesk.views. Lines joined of parts that were escaped one by one: core.event.telling, core.mail.html, core.mail.telling,
core.record.mentions, core.web.board, core.web.cells, core.web.charts, core.web.drawing, core.web.inputs, crm.drawing,
automation.trying. What template nodes said, which escape for themselves: core.web.folding, core.web.shell. Icons, addresses, entries
of calendars and samples of our own: core.web.tags. A test
fails on a caller that is not named here, and on `mark_safe`, `|safe` or `autoescape off` (security H5).
"""

from html import escape as _escape
from typing import Any

from django.utils.safestring import SafeString


def built(html: str) -> SafeString:
    """`html` as it stands. Only for strings whose every foreign part went through `escape`."""
    return SafeString(html)


def escape(value: Any) -> str:
    """`value` as text in HTML. Django's own also takes lazy texts and vouches for the result, at five times the price: a
    list page asks a thousand times."""
    return _escape(value if value.__class__ is str else str(value))


def shown(value: Any) -> str:
    """`value` as a template shows it: what one of us vouched for as it stands, anything else escaped."""
    return value if isinstance(value, SafeString) else escape(value)


def with_breaks(html: str) -> str:
    """`html` with its line ends made visible."""
    return html.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "<br>") if "\n" in html or "\r" in html else html
