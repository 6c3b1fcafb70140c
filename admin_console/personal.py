"""One customer over all apps: what is kept, all of it as a file, and erasing it (ADM-8, E3). For account and suite admins who may
change settings; they see what a record's owner sees, since the law asks for everything."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.storage import default_storage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock
from core.actor import Actor
from core.field.look import Look
from core.identity.keys import MAIL, mail_key
from core.identity.models import IdentityKey
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.personal import erasing, exporting
from core.personal.held import KEEPS, all_of, circle, label_of, people
from core.search.query import find_in
from core.signin import audit
from core.signin.models import PersonalFile
from core.web.confirming import Confirmed
from core.web.doors import door
from core.web.once import once, token
from core.web.transfer import download
from core.work import jobs

_FOUND = 20


def _record(app: str, path: str, pk: int) -> tuple[Module, Any]:
    one = next((known for known in people() if (known.app, known.path) == (app, path)), None)
    if one is None or pk >= 2**63:
        raise Http404
    record = one.model._default_manager.filter(pk=pk).first()
    if record is None:
        raise Http404
    return one, record


def _url(name: str, one: Module, pk: int) -> str:
    return reverse(name, args=[one.app, one.path, pk])


@door(wide=True)
@require_GET
def find_page(request: HttpRequest) -> HttpResponse:
    """Find the customer by name or address."""
    text = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    found: list[tuple[str, str, str]] = []
    if text:
        for one in people():
            hits = find_in({one.key: one.model._default_manager.all()}, text, limit=_FOUND).get(one.key, [])
            ids = {hit.record_id for hit in hits}
            if address := mail_key(text):
                ids |= set(
                    IdentityKey.objects.filter(module=one.key, kind=MAIL, value=address).values_list("record_id", flat=True)[:_FOUND]
                )
            rows = one.model._default_manager.filter(pk__in=ids).order_by("pk")
            found += [(record.title, one.label, _url("console-customer", one, record.pk)) for record in rows]
    files = PersonalFile.objects.filter(user=request.user, expires_at__gt=clock.now()).order_by("-pk")[:_FOUND]  # type: ignore[misc]
    context = {"look": Look.of(request.user), "typed": text, "found": found, "files": [(one, _name(one)) for one in files]}  # type: ignore[arg-type]
    return render(request, "admin_console/customers.html", context)


def _name(row: PersonalFile) -> str:
    try:
        record = find_module(row.module).model._default_manager.filter(pk=row.record_id).first()
    except UnknownModule:
        record = None
    return record.title if record else f"#{row.record_id}"


def _kept(one: Module, record: Any) -> dict[str, Any]:
    """What is kept of a customer, by table, with what erasing does to it."""
    ids = circle(one.key, record.pk)
    records = [(label_of(key), list(find_module(key).model._default_manager.filter(pk__in=pks))) for key, pks in ids.items()]
    held = [(str(part.label), part.rows.count(), part.fate, str(part.why)) for part in all_of(ids)]
    return {
        "module": one,
        "record": record,
        "records": records,
        "count": sum(len(rows) for _label, rows in records),
        "held": [line for line in held if line[1]],
        "kept": [line for line in held if line[1] and line[2] == KEEPS],
    }


@door(wide=True)
@require_GET
def customer_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    one, record = _record(app, path, pk)
    context = {**_kept(one, record), "look": Look.of(request.user), "once": token()}  # type: ignore[arg-type]
    return render(request, "admin_console/customer.html", context)


@door(wide=True)
@require_POST
def export(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """Have a job write the file; sent twice, it is written once."""
    one, record = _record(app, path, pk)
    user: Any = request.user
    with once(request, f"personal:{one.key}:{pk}") as before:
        if not before.result:
            row = exporting.ask(one.key, pk, user)
            row.job = jobs.enqueue("core.personal_file", args={"file": row.pk}, user=user, total=1)
            row.save(update_fields=["job"])
            audit.note(Actor(user), erasing.EXPORTED, one.key, label=f"{one.key} #{pk}")
            before.result = str(row.pk)
    messages.success(request, _("The file is being written. It stands here for a day."))
    return HttpResponseRedirect(reverse("console-customers"))


class EraseForm(Confirmed):
    reason = forms.CharField(label=lazy("Why"), help_text=lazy("For the audit log. Name nobody: it is kept."), max_length=200)
    sure = forms.BooleanField(label=lazy("I know that this cannot be undone."))


@door(wide=True)
@require_http_methods(["GET", "POST"])
def erase_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """What will go and what stays, with numbers; then a sentence why, and the password again."""
    one, record = _record(app, path, pk)
    form = EraseForm(request.POST or None, request=request)
    if request.method == "POST" and form.is_valid():
        with once(request, f"erase:{one.key}:{pk}") as before:
            if not before.result:
                job = erasing.ask(one.key, pk, actor=Actor(request.user), reason=form.cleaned_data["reason"])  # type: ignore[arg-type]
                before.result = str(job.pk)
        return HttpResponseRedirect(reverse("job", args=[before.result]))
    given = request.POST.get("once") or token()
    context = {**_kept(one, record), "form": form, "once": given, "look": Look.of(request.user)}  # type: ignore[arg-type]
    return render(request, "admin_console/customer_erase.html", context, status=422 if form.is_bound else 200)


@door(wide=True)
@require_GET
def personal_file(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """A finished file, for the admin who asked, until its day is over (U4)."""
    row = PersonalFile.objects.filter(pk=pk, user=request.user, expires_at__gt=clock.now()).exclude(path="").first()  # type: ignore[misc]
    if row is None or not default_storage.exists(row.path):
        raise Http404
    source = default_storage.open(row.path)
    return download(source.chunks(65_536), f"customer-{row.record_id}.zip", "application/zip")
