"""Every component in each of its states, for those who build pages."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.html import strip_tags
from django.utils.translation import gettext as _

from core.web.doors import door

PEOPLE = [
    {"name": "清水 一郎", "state": ("Qualified", "見込みあり"), "hue": 2, "score": 82},
    {"name": "Harriet Okafor", "state": ("New", "新規"), "hue": 1, "score": 64},
    {"name": "田中 さくら", "state": ("Contacted", "連絡済み"), "hue": 6, "score": 71},
]


@door()
def gallery(request: HttpRequest) -> HttpResponse:
    ja = request.LANGUAGE_CODE == "ja"
    parts = [
        ("type", _("Type")),
        ("button", _("Button")),
        ("menu", _("Menu")),
        ("badge", _("State and badge")),
        ("person", _("People, addresses, money")),
        ("field", _("Fields")),
        ("tabs", _("Tabs and chips")),
        ("notice", _("Notices")),
        ("table", _("Table")),
        ("timeline", _("Timeline")),
        ("progress", _("Progress")),
        ("empty", _("Empty state")),
        ("dialog", _("Dialog")),
    ]
    states = [(hue, strip_tags(_("Colour %(n)s") % {"n": hue})) for hue in range(1, 11)]
    rows = [{**one, "state": one["state"][ja]} for one in PEOPLE]  # type: ignore[index]
    return render(request, "ui/gallery.html", {"parts": parts, "rows": rows, "states": states})
