"""Adding many people from a file: looked at first, then all that fit are added, or nobody (ADM-3)."""

from __future__ import annotations

import csv
import io
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from core.access.levels import may
from core.access.models import LANGUAGES, User
from core.actor import Actor
from core.field.look import Look
from core.record.reading import UnreadableFile, open_table
from core.record.write import Refused
from core.record.writing import csv_pieces, undefuse
from core.web.doors import door
from core.web.menu import app_label
from core.web.once import once, token

from . import adding, licences
from .pages import to
from .users import RightsForm, offered_apps, usual_start


class FileForm(RightsForm):
    """The file, and what lines that name none of it get."""

    file = forms.FileField(label=lazy("File"), required=False, widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.xlsx"}))
    language = forms.ChoiceField(label=lazy("Language"), choices=LANGUAGES)
    apps = forms.MultipleChoiceField(label=lazy("Apps"), widget=forms.CheckboxSelectMultiple, required=False)
    field_order = ("file", "language", "profile", "role", "apps")

    def __init__(self, *args: Any, by: User, **more: Any) -> None:
        super().__init__(*args, by=by, **more)
        self.fields["apps"].choices = [(app, app_label(app)) for app in offered_apps(by)]  # type: ignore[attr-defined]


def _plain(upload: Any, name: str) -> str:
    """The file as CSV in UTF-8, as it is kept in the page between looking and adding. No spreadsheet opens it: nothing is put
    before a cell, which would make an address of `@example.com`; what an export of ours put there is taken away."""
    table, out = open_table(upload, name, adding.LIMITS), io.StringIO()
    csv.writer(out).writerows([table.headers, *([undefuse(cell) for cell in cells] for _line, cells in table.rows())])
    return out.getvalue()


@door(admin=True)
@require_http_methods(["GET", "POST"])
def import_page(request: HttpRequest) -> HttpResponse:
    """GET asks for the file, POST shows what it would do, and the second POST does it (row 5)."""
    user: User = request.user  # type: ignore[assignment]
    if not may(user, "add_users"):
        raise PermissionDenied
    start = usual_start(user)
    form = FileForm(
        request.POST if request.method == "POST" else None, request.FILES if request.method == "POST" else None, by=user, initial=start
    )
    context: dict[str, Any] = {"form": form, "look": Look.of(user), "once": request.POST.get("once") or token()}
    if request.method == "GET":
        return render(request, "admin_console/users_import.html", context)
    try:
        preview = _looked(request, form, user, context)
        if request.POST.get("do") == "add" and preview is not None:
            count = _added(request, preview, user)
            messages.success(request, ngettext("%(count)d person was invited.", "%(count)d people were invited.", count) % {"count": count})
            return to("console-users")
    except (UnreadableFile, Refused) as error:
        context["problem"] = str(error)
    return render(request, "admin_console/users_import.html", context, status=422 if context.get("problem") or form.errors else 200)


def _looked(request: HttpRequest, form: FileForm, user: User, context: dict[str, Any]) -> adding.Preview | None:
    """The preview, which is put into the context with what it was made of."""
    if not form.is_valid():
        return None
    upload, text = form.cleaned_data.pop("file"), request.POST.get("text", "")
    if upload is None and not text:
        form.add_error("file", _("Choose a file first."))
        return None
    if upload is not None:
        text = _plain(upload, upload.name)
    preview = adding.read(io.BytesIO(text.encode()), "users.csv", user, form.cleaned_data)
    if preview.problem:
        raise Refused(preview.problem)
    now = licences.standing()
    short = max(0, len(preview.good) - now.left) if now.left is not None else 0
    context |= {"preview": preview, "text": text, "left": now.left, "short": short}
    return preview


def _added(request: HttpRequest, preview: adding.Preview, user: User) -> int:
    with once(request, "console:users") as before:
        if not before.result:
            before.result = str(len(adding.add(preview.good, actor=Actor(user))))
    return int(before.result)


@door(admin=True)
@require_GET
def sample(request: HttpRequest) -> HttpResponse:
    """A file that shows how one looks."""
    head = ["E-mail", "Family name", "Given name", "Title", "Language", "Apps", "Profile", "Role"]
    rows = [
        ["taro.suzuki@example.com", "鈴木", "太郎", "営業", "ja", "crm", "Standard", ""],
        ["jane.doe@example.com", "Doe", "Jane", "Sales", "en", "crm, social", "", ""],
    ]
    answer = HttpResponse(b"".join(csv_pieces(head, rows, bom=True)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="users-sample.csv"'
    return answer
