"""Changing many records from a list: what is meant, how many, one question, and then the work (PLT-8, CRM-18)."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Max
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from core import clock
from core.access.gate import can
from core.field.look import Look
from core.module import listing
from core.module.module import Module
from core.record import bulk
from core.record.transfer_models import BulkRun
from core.web import refused
from core.web.doors import door
from core.web.forms import RecordForm
from core.web.mailing_mass import from_list
from core.web.once import once, token
from core.web.pages import module_or_404
from core.work import jobs
from core.work.models import DONE

COUNTED = 10_000
OWN = ("do", "pk", "all")
DONE_HERE = timedelta(seconds=60)


@door()
@require_http_methods(["GET", "POST"])
def bulk_page(request: HttpRequest, app: str, path: str) -> HttpResponse:
    """The list posts what was ticked and is led to a page that asks; that page posts back what is to be done."""
    module = module_or_404(request, app, path, "bulk")
    if request.method == "POST" and "confirm" not in request.POST:
        return _to_question(request, module)
    user: Any = request.user
    do = request.GET.get("do", "")
    if not bulk.allowed(user, module, do):
        raise PermissionDenied
    ids = list(listing.ticked(request.GET.get("pk", "")))
    query = _query(request)
    if not ids and not request.GET.get("all"):
        messages.error(request, _("Choose at least one record first."))
        return HttpResponseRedirect(f"{module.url()}?{query}")
    found = bulk.chosen(user, module, bulk.right_of(module, do), ids, query)
    count = found.order_by()[: COUNTED + 1].count()
    form, values = _asked(request, module, do)
    if request.method == "POST" and count < len(ids):
        refused.unseen_among(user, module, ids)
    if request.method == "POST" and values is not None and count:
        return _do(request, module, do, list(ids), query, values, count)
    return _question(request, module, do, form, count, len(ids) - count if ids else 0)


def _posted(request: HttpRequest) -> list[int]:
    return list(listing.ticked(".".join(request.POST.getlist("pk"))))


def _query(request: HttpRequest) -> str:
    """The address of the list alone."""
    kept = request.GET.copy()
    for name in OWN:
        kept.pop(name, None)
    return kept.urlencode()


def _to_question(request: HttpRequest, module: Module) -> HttpResponse:
    do = request.POST.get("do", "")
    if do == "merge" and module.identity is not None:
        return HttpResponseRedirect(f"{reverse('merge', args=[module.app, module.path])}?pk={'.'.join(request.POST.getlist('pk')[:50])}")
    if do == "mail":
        ids = None if request.POST.get("all") else _posted(request)
        refused.unseen_among(request.user, module, ids or ())  # type: ignore[arg-type]
        return from_list(request, module, ids, _query(request))
    if do == "export" and can(request.user, module, "export"):  # type: ignore[arg-type]
        return _to_export(request, module)
    if not bulk.label_of(module, do):
        messages.error(request, _("Choose what to do with the records."))
        return HttpResponseRedirect(f"{module.url()}?{_query(request)}")
    asked = request.GET.copy()
    for name in OWN:
        asked.pop(name, None)
    asked["do"] = do
    if request.POST.get("all"):
        asked["all"] = "1"
    else:
        asked["pk"] = ".".join(map(str, _posted(request)))
    return HttpResponseRedirect(f"{request.path}?{asked.urlencode(safe='.')}")


def _to_export(request: HttpRequest, module: Module) -> HttpResponse:
    """The page that makes a file, of those that were ticked or of all that the list stands for."""
    query, ids = _query(request), _posted(request)
    if not ids and not request.POST.get("all"):
        messages.error(request, _("Choose at least one record first."))
        return HttpResponseRedirect(f"{module.url()}?{query}")
    chosen = "" if request.POST.get("all") else f"&pk={'.'.join(map(str, ids))}"
    return HttpResponseRedirect(f"{module.url(page='export')}?{query}{chosen}")


def _asked(request: HttpRequest, module: Module, do: str) -> tuple[RecordForm | None, dict[str, Any] | None]:
    """The form of the question and, if it was answered well, the plain values to write."""
    user: Any = request.user
    if do == "delete" or do not in bulk.DOES:
        return None, {}
    if do == "tag":
        words, problem = _tags(request, module)
        return None, words if any(words.values()) and not problem else None
    only = ["owner"] if do == "owner" else _inline(user, module)
    ticked = {"owner"} if do == "owner" else set(request.POST.getlist("set")) & set(only)
    if request.method == "GET":
        return RecordForm(module, user, only=only), None
    form = RecordForm(module, user, request.POST, only=only)
    form.is_valid()
    for key in set(form.errors) - ticked:  # what was not ticked is not meant, whatever stands in it
        form.errors.pop(key)
    if not ticked or form.errors:
        return form, None
    values = {key: form.known[key].kind.plain(form.cleaned_data[key]) for key in sorted(ticked)}
    if do == "owner":
        values["with"] = "with" in request.POST
    return form, values


def _tags(request: HttpRequest, module: Module) -> tuple[dict[str, Any], str]:
    """The tags to add and to remove, and what is wrong with them."""
    try:
        return {name: module.fields["tags"].clean(request.POST.get(name, "")) for name in ("add", "remove")}, ""
    except ValidationError as error:
        return {}, " ".join(error.messages)


def _inline(user: Any, module: Module) -> list[str]:
    """Fields that make sense for many records at once."""
    return [
        key
        for key, one in RecordForm(module, user).known.items()
        if one.kind.inline and one.key not in {"family_name", "given_name", "family_kana", "given_kana"}
    ]


def _question(request: HttpRequest, module: Module, do: str, form: RecordForm | None, count: int, kept: int) -> HttpResponse:
    answered = request.method == "POST"
    problem = ""
    if answered:
        problem = _("No record is left that you may change.") if not count else _("Say what is to be changed.")
        if form is not None and form.errors:
            problem = " ".join(str(message) for messages_ in form.errors.values() for message in messages_)
        if do == "tag":
            problem = _tags(request, module)[1] or problem
    context = {
        "module": module,
        "do": do,
        "title": bulk.label_of(module, do),
        "acts": do not in bulk.DOES,
        "kind": module.label if count == 1 else module.plural.lower(),
        "form": form,
        "groups": form.groups() if form else [],
        "ticked": request.POST.getlist("set"),
        "count": f"{COUNTED:,}+" if count > COUNTED else f"{count:,}",
        "any": count > 0,
        "kept": kept,
        "related": bool(module.related),
        "problem": problem,
        "query": _query(request),
        "once": request.POST.get("once") or token(),
        "look": Look.of(request.user),  # type: ignore[arg-type]
    }
    return render(request, "record/bulk.html", context, status=422 if answered else 200)


def _do(request: HttpRequest, module: Module, do: str, ids: list[int], query: str, values: dict[str, Any], count: int) -> HttpResponse:
    """Note what is wanted; do it here if it is little, else let a worker do it."""
    user: Any = request.user
    with once(request, f"bulk:{module.key}") as before:
        if before.result:
            return HttpResponseRedirect(reverse("job", args=[before.result]))
        newest = module.model._default_manager.aggregate(newest=Max("pk"))["newest"] or 0
        act = uuid.uuid4() if do == "delete" else None
        row = BulkRun.objects.create(
            user=user, module=module.key, do=do, values=values, ids=ids, query=query, upto=newest, act=act, created_at=clock.now()
        )
        little = count <= (bulk.AT_ONCE if do in bulk.DOES else bulk.ACTION_AT_ONCE)
        # Due a little later: nobody is told of it, since it is done here; should this process die, the sweep finds it.
        due = clock.now() + DONE_HERE if little else None
        label = bulk.label_of(module, do)
        job = jobs.enqueue(
            "core.bulk", args={"bulk": row.pk}, user=user, total=len(ids) or (count if count <= COUNTED else None), label=label, due_at=due
        )
        BulkRun.objects.filter(pk=row.pk).update(job=job)
        before.result = str(job.pk)
    if not little or jobs.work(job.pk, job.due_at) != DONE:
        return HttpResponseRedirect(reverse("job", args=[job.pk]))
    job.refresh_from_db()
    return _done(request, module, row, job.result, query, job.pk)


def _done(request: HttpRequest, module: Module, row: BulkRun, result: dict[str, Any], query: str, job: int) -> HttpResponse:
    changed = result.get("changed", 0)
    if result.get("kept"):
        return HttpResponseRedirect(reverse("job", args=[job]))
    if row.do == "delete" and changed:
        title = ngettext("%(count)d record", "%(count)d records", changed) % {"count": changed}
        request.session["undo"] = {"act": str(row.act), "title": title}
    else:
        messages.success(
            request, ngettext("%(count)d record was changed.", "%(count)d records were changed.", changed) % {"count": changed}
        )
    return HttpResponseRedirect(f"{module.url()}?{query}")
