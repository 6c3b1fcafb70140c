"""Long work as people see it: what runs, what is done, what failed and why; to stop it or try it again (PLT-20)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy
from django.views.decorators.http import require_GET, require_POST

from core import clock
from core.field.look import Look
from core.mail.models import Mailing
from core.module.listing import name_records
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.personal import erasing
from core.record.importing_words import reasons, sentence
from core.record.transfer_models import BulkRun, ExportFile, ImportRun, RowNote
from core.web.doors import door
from core.web.menu import app_label
from core.work import jobs
from core.work.models import CANCELLED, DONE, FAILED, PARKED, RUNNING, WAITING, Job

SHOWN, NOTES = 100, 200
HUES = {WAITING: 3, RUNNING: 1, DONE: 2, FAILED: 4, PARKED: 4, CANCELLED: 10}
FIGURES = {
    "added": lazy("Added"),
    "updated": lazy("Updated"),
    "changed": pgettext_lazy("count", "Changed"),
    "same": lazy("Unchanged"),
    "skipped": lazy("Skipped"),
    "failed": lazy("Not imported"),
    "binned": lazy("Moved to the bin"),
    "restored": lazy("Old values restored"),
    "sent": pgettext_lazy("count", "Sent"),
    "kept": lazy("Left as they are"),
    "rows": lazy("Rows"),
}


def visible(user: Any) -> QuerySet[Job]:
    """The jobs this person may see: their own, and for account and suite admins all that are for people's eyes."""
    rows = Job.objects.filter(shown=True).select_related("user")
    return rows if user.level in {"account", "suite"} and user.is_active else rows.filter(user=user)


def job_or_404(request: HttpRequest, pk: int) -> Job:
    found = visible(request.user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def progress(job: Job) -> dict[str, Any]:
    """How far a job is, in numbers and in words."""
    left = ""
    if job.is_open and job.started_at and job.total and job.done:
        seconds = (clock.now() - job.started_at).total_seconds() * (job.total - job.done) / job.done
        left = (
            _("about %(count)d seconds left") % {"count": max(1, round(seconds))}
            if seconds < 90
            else _("about %(count)d minutes left") % {"count": round(seconds / 60)}
        )
    return {
        "done": f"{job.done:,}",
        "total": f"{job.total:,}" if job.total else "",
        "percent": job.percent,
        "left": left,
        "stopping": job.cancel_asked,
    }


def _line(job: Job) -> dict[str, Any]:
    problems = job.result.get("failed", 0) + job.result.get("kept", 0)
    return {
        "job": job,
        "hue": 3 if job.state == DONE and problems else HUES[job.state],
        "problems": problems,
        "progress": progress(job),
        "result": job.result,
    }


@door()
@require_GET
def jobs_page(request: HttpRequest) -> HttpResponse:
    """The newest jobs; the page asks for itself while one is running."""
    user: Any = request.user
    lines = [_line(job) for job in visible(user).order_by("-created_at", "-pk")[:SHOWN]]
    files = {
        row.job_id: row for row in ExportFile.objects.filter(user=user, job__in=[one["job"] for one in lines], expires_at__gt=clock.now())
    }
    for one in lines:
        one["file"] = files.get(one["job"].pk) if one["job"].state == DONE else None
    context = {"lines": lines, "running": any(one["job"].is_open for one in lines), "look": Look.of(user)}
    return render(request, "jobs/list.html", context)


@door()
@require_GET
def job_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One job: how far it is, what came of it, and where its result stands."""
    job = job_or_404(request, pk)
    look = Look.of(request.user)  # type: ignore[arg-type]
    row = ImportRun.objects.filter(job=job, user=request.user).first() or ImportRun.objects.filter(undo=job, user=request.user).first()  # type: ignore[misc]
    context: dict[str, Any] = {
        **_line(job),
        "look": look,
        "file": ExportFile.objects.filter(job=job, user=request.user, expires_at__gt=clock.now()).first() if job.state == DONE else None,  # type: ignore[misc]
        "import": row,
        "mailing": Mailing.objects.filter(job=job, user=request.user).first(),  # type: ignore[misc]
        "import_module": _module(row.module) if row else None,
        "figures": [(label, f"{job.result[name]:,}") for name, label in FIGURES.items() if isinstance(job.result.get(name), int)],
    }
    if job.kind == erasing.KIND and not job.is_open:
        erased = erasing.told(job.result.get("erased", {}))
        context["erased"] = [(app and app_label(app), label, f"{count:,}") for app, label, count in erased]
    bulk = BulkRun.objects.filter(job=job).first()
    module = _module(bulk.module if bulk else row.module if row else "")
    if module is not None and not job.is_open:
        context["reasons"] = reasons(RowNote.objects.filter(job=job).order_by("pk").iterator(2_000), module)
        context["notes"] = _notes(job, module, look) if bulk else []
        context["back"] = f"{module.url()}?{bulk.query}" if bulk and bulk.user_id == request.user.pk else ""
    return render(request, "jobs/job.html", context)


def _module(key: str) -> Any:
    try:
        return find_module(key)
    except UnknownModule:
        return None


def _notes(job: Job, module: Any, look: Look) -> list[dict[str, Any]]:
    """Each record that was left as it is, if the reader may see it, and why."""
    notes = list(RowNote.objects.filter(job=job, record_id__isnull=False).order_by("pk")[:NOTES])
    name_records(look, {module.key: {note.record_id for note in notes if note.record_id}})
    made = []
    for note in notes:
        title = look.names.get((module.key, note.record_id or 0))
        if title:
            made.append({"title": title, "url": module.url(note.record_id), "reason": sentence(note.code, note.values, module)})
    return made


def _back(request: HttpRequest, job: Job) -> HttpResponse:
    """To where the button was: the import's own page, or the job's."""
    back = request.POST.get("back", "")
    safe = back.startswith("/") and not back.startswith("//") and "\\" not in back
    return HttpResponseRedirect(back if safe else reverse("job", args=[job.pk]))


@door()
@require_POST
def cancel_job(request: HttpRequest, pk: int) -> HttpResponse:
    """Ask to stop. What is done stays done."""
    job = job_or_404(request, pk)
    if not jobs.cancel(job):
        messages.info(request, _("This job has already ended."))
    return _back(request, job)


@door()
@require_POST
def job_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Go on where a stopped or failed job was."""
    job = job_or_404(request, pk)
    if job.state not in {PARKED, FAILED, CANCELLED}:
        raise PermissionDenied
    if ImportRun.objects.filter(job=job, undo__isnull=False).exists():
        messages.error(request, _("This import was undone. Upload the file again to import it anew."))
        return _back(request, job)
    jobs.try_again(job)
    return _back(request, job)
