"""The displays of a view: list, board, calendar and chart of the same records (PLT-9). Each has an address of its own; what is
its alone (the picklist of a board, the groups of a chart) stands there and is saved with the view."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from core.module.listing import State, date_fields
from core.module.module import Module
from core.module.saved import ListView

# What stands in the address of every display, and what in that of one only.
SHARED = ("view", "filter", "q", "sort", "columns", "size")
OWN: dict[str, tuple[str, ...]] = {
    "list": (),
    "board": ("by", "within"),
    "calendar": ("by", "span"),
    "chart": ("by", "show", "chart", "order"),
}
_WORDS: dict[str, tuple[Any, str]] = {
    "list": (_("List"), "table-2"),
    "board": (_("Board"), "kanban"),
    "calendar": (_("Calendar"), "calendar-days"),
    "chart": (_("Chart"), "chart-column"),
}
LONGEST = 200


@dataclass(frozen=True)
class Link:
    """A view or a display to go to."""

    url: str
    label: Any
    icon: str = ""
    current: bool = False
    pinned: bool = False


def words(display: str) -> Any:
    """What a display is called; nothing for the list, which every view is anyway."""
    return _WORDS[display][0] if display in _WORDS and display != "list" else ""


def _page(display: str) -> str:
    return "" if display == "list" else display


def offered(asked: State) -> list[str]:
    """The displays these records can have."""
    board = asked.fields.get(asked.module.board)
    may = {"list": True, "board": board is not None, "calendar": bool(date_fields(asked.module, asked.fields)), "chart": True}
    return [display for display in OWN if may[display]]


def saved_address(module: Module, view: ListView) -> str:
    """Where a saved view opens: in the display it was saved with."""
    shown = view.saved
    if shown is None or shown.display == "list" or shown.display not in OWN:
        return f"{module.url()}?{urlencode({'view': view.key})}"
    own = {key: value for key, value in shown.shown.items() if key in OWN[shown.display]}
    return f"{module.url(page=shown.display)}?{urlencode({'view': view.key, **own})}"


def opens_elsewhere(request: HttpRequest, asked: State) -> str:
    """Where a list without any wish of its own leads: to the display its view was saved with. Empty: here."""
    if request.GET.keys() - {"view"} or not opens_as_other(asked.view):
        return ""
    return saved_address(asked.module, asked.view)


def own_of(asked: Any, display: str) -> dict[str, str]:
    """What an address says that belongs to one display alone, as it is saved with a view."""
    return {key: asked[key][:LONGEST] for key in OWN.get(display, ()) if asked.get(key)}


def around(request: HttpRequest, asked: State, display: str) -> dict[str, Any]:
    """What every display has above its records: the views, the other displays, and what saving the view takes along."""
    kept = {key: request.GET[key] for key in SHARED if request.GET.get(key)}
    own = own_of(request.GET, display)
    switch = []
    for one in offered(asked):
        label, icon = _WORDS[one]
        # The list of a view that opens as a chart says that it is the list that is wanted.
        more = own if one == display else {"display": "list"} if one == "list" and opens_as_other(asked.view) else {}
        query = urlencode({**kept, **more})
        switch.append(Link(f"{asked.module.url(page=_page(one))}{'?' + query if query else ''}", label, icon, one == display))
    views = []
    for view in asked.views:
        here = f"{asked.module.url(page=_page(display))}?{urlencode({'view': view.key, **own})}"
        url = here if view.saved is None else saved_address(asked.module, view)
        views.append(Link(url, view.label, current=view.key == asked.view.key, pinned=view.pinned))
    save = urlencode({**kept, "display": display, **own})
    return {"tabs": views, "displays": switch, "display": display, "save_query": f"?{save}"}


def opens_as_other(view: ListView) -> bool:
    """Whether a view was saved as another display than the list."""
    return view.saved is not None and view.saved.display != "list"
