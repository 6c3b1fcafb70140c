"""One text to many records (CRM-18): written, looked at as each would get it, with the numbers; sent; and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.gate import queryset
from core.field.look import Look
from core.mail import mass
from core.mail.enclosing import enclose
from core.mail.html import paragraphs
from core.mail.merge import Merger, names, reached
from core.mail.models import FAILED, SENDING, SENT, STATES, UNKNOWN, WAITING, Enclosure, Mailing
from core.mail.survey import REASONS, RIGHT, may_mail, survey
from core.module.listing import name_records
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.record.importing_words import sentence
from core.record.transfer_models import RowNote
from core.record.write import Refused
from core.text.numbers import whole
from core.web.doors import door
from core.web.enclosing import Files, files_of, settled
from core.web.files import given_out
from core.web.jobs import progress
from core.web.mailing import files_of_template, filled_in, form_token, template_named, templates_of
from core.work.models import CANCELLED, PARKED

SHOWN = 50
LEAFING = 300  # seconds
LEFT = "left"


class MassForm(forms.Form):
    subject = forms.CharField(label=lazy("Subject"), max_length=200)
    body = forms.CharField(label=lazy("Text"), max_length=20_000, widget=forms.Textarea(attrs={"rows": 14}))


def from_list(request: HttpRequest, module: Module, ids: list[int] | None, query: str) -> HttpResponse:
    """What was chosen in a list becomes a mass mail that is to be written."""
    user: Any = request.user
    if not may_mail(user, module):
        raise PermissionDenied
    try:
        row = mass.start(user, module, ids, query)
    except Refused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(f"{module.url()}?{query}")
    return HttpResponseRedirect(reverse("mailing-edit", args=[row.pk]))


def mailing_or_404(request: HttpRequest, pk: int) -> tuple[Mailing, Module]:
    """A mass mail is its writer's."""
    row = Mailing.objects.select_related("job").filter(pk=pk, user=request.user).first() if pk < 2**63 else None  # type: ignore[misc]
    try:
        module = find_module(row.module) if row else None
    except UnknownModule:
        module = None
    if row is None or module is None:
        raise Http404
    return row, module


def _may_write(request: HttpRequest, module: Module) -> None:
    if not may_mail(request.user, module):  # type: ignore[arg-type]
        raise PermissionDenied


@door()
@require_GET
def mailings_page(request: HttpRequest) -> HttpResponse:
    """One's own mass mails, the newest first, and how they stand."""
    rows = list(Mailing.objects.filter(user=request.user).exclude(subject="").select_related("job").order_by("-pk")[:SHOWN])  # type: ignore[misc]
    lines = [{"row": one, "count": f"{len(one.ids):,}", "state": state_of(one)} for one in rows]
    return render(request, "mail/mailings.html", {"lines": lines, "look": Look.of(request.user)})  # type: ignore[arg-type]


def state_of(row: Mailing) -> tuple[str, str]:
    """(tone, word) of a mass mail as a whole."""
    if row.begun_at is None:
        return "", _("Draft")
    if row.called_off_at:
        return "warn", _("Called off")
    if row.job is None or row.job.finished_at is None and row.job.state != PARKED:
        return "info", _("Being sent") if row.job else _("Sent")
    return ("ok", _("Sent")) if row.job.state == "done" else ("warn", _("Stopped"))


@door()
@require_http_methods(["GET", "POST"])
def edit_mailing(request: HttpRequest, pk: int) -> HttpResponse:
    """Subject, text and files of a mass mail; POST leads to where it is looked at."""
    row, module = mailing_or_404(request, pk)
    _may_write(request, module)
    if row.begun_at is not None:
        return HttpResponseRedirect(reverse("mailing", args=[pk]))
    draft, posted = form_token(request), request.POST
    template = template_named(request.user, posted.get("template", "")) if "fill" in posted else None  # type: ignore[arg-type]
    files = files_of(request, draft, held=Q(mailing=row), added=files_of_template(template))
    form = MassForm(posted) if request.method == "POST" else MassForm(initial={"subject": row.subject, "body": row.body})
    if "fill" in posted or "attach" in posted:
        files.check()
        typed = posted.dict()
        fresh = {"subject": template.subject, "body": template.body} if template else {}
        form = MassForm(initial=filled_in(typed, {}, fresh) if template else typed)
    elif request.method == "POST" and form.is_valid() & files.check() and _means_something(request, module, form):
        _save(request, row, form, files, draft)
        return HttpResponseRedirect(reverse("mailing", args=[pk]))
    context = {
        "row": row,
        "module": module,
        "form": form,
        "files": files,
        "once": draft,
        "count": f"{len(row.ids):,}",
        "kind": module.label if len(row.ids) == 1 else module.plural.lower(),
        "templates": templates_of(request.user),  # type: ignore[arg-type]
        "fields": names(request.user, module),  # type: ignore[arg-type]
    }
    return render(request, "mail/mailing_edit.html", context, status=422 if request.method == "POST" else 200)


def _means_something(request: HttpRequest, module: Module, form: MassForm) -> bool:
    """Nobody gets a mail that says {{ nonsense }}."""
    user: Any = request.user
    for name in ("subject", "body"):
        if unknown := Merger([form.cleaned_data[name]], user, module, Look.of(user)).unknown:
            words = _("This has no meaning here and would be sent as it stands: %(names)s") % {"names": " ".join(unknown)}
            form.add_error(name, words)
    return not form.errors


@transaction.atomic
def _save(request: HttpRequest, row: Mailing, form: MassForm, files: Files, draft: str) -> None:
    held = Mailing.objects.select_for_update().get(pk=row.pk)
    if held.begun_at is not None:
        return
    held.subject, held.body = " ".join(form.cleaned_data["subject"].split()), form.cleaned_data["body"].replace("\r\n", "\n")
    held.save(update_fields=["subject", "body"])
    chosen = files.chosen
    Enclosure.objects.filter(mailing=held).delete()
    enclose(chosen, mailing=held)
    settled(draft, request.user)


@door()
@require_http_methods(["GET", "POST"])
def mailing_page(request: HttpRequest, pk: int) -> HttpResponse:
    """Before it is sent: the numbers, and each mail as it would be read. POST sends. Afterwards: how far it is, and to whom."""
    row, module = mailing_or_404(request, pk)
    if row.begun_at is not None:
        return HttpResponseRedirect(request.path) if request.method == "POST" else _result(request, row, module)
    _may_write(request, module)
    if not row.subject:
        return HttpResponseRedirect(reverse("mailing-edit", args=[pk]))
    if request.method == "GET":
        return _review(request, row, module, _glance(request, row, module, leafing="at" in request.GET), "")
    found = _glance(request, row, module)
    if not found.ids:
        return _review(request, row, module, found, _("There is nobody left to write to."))
    if request.POST.get("count", "") != str(len(found.ids)):  # somebody changed records meanwhile
        return _review(request, row, module, found, _("The number has changed by now. Look once more, then send."))
    mass.begin(row)
    return HttpResponseRedirect(request.path)


@dataclass(frozen=True)
class Glance:
    """Who gets it, and how many do not, by reason."""

    ids: list[int]
    counts: dict[str, int]


def _glance(request: HttpRequest, row: Mailing, module: Module, *, leafing: bool = False) -> Glance:
    """Thousands of records are looked at for the numbers; who leafs from mail to mail sees those of the last look."""
    key = f"mailing:{row.pk}:{row.created_at.timestamp()}:{request.session.session_key}"
    held = cache.get(key) if leafing else None
    if held is None:
        plan = survey(request.user, module, row.ids)  # type: ignore[arg-type]
        held = (list(plan.to), plan.counts)
        cache.set(key, held, LEAFING)
    return Glance(*held)


def _review(request: HttpRequest, row: Mailing, module: Module, plan: Glance, problem: str) -> HttpResponse:
    total = len(plan.ids)
    at = min(max(whole(request.GET.get("at", "")) or 1, 1), max(total, 1))
    context = {
        "row": row,
        "module": module,
        "chosen": f"{len(row.ids):,}",
        "total": total,
        "mails": ngettext("Send %(count)s mail", "Send %(count)s mails", total) % {"count": f"{total:,}"},
        "left": [(f"{number:,}", sentence(reason, {}, module)) for reason in REASONS if (number := plan.counts[reason])],
        "one": _example(request, row, module, plan, at) if total else None,
        "files": list(row.enclosures.select_related("file").order_by("pk")),
        "problem": problem,
        "look": Look.of(request.user),  # type: ignore[arg-type]
    }
    return render(request, "mail/mailing_review.html", context, status=422 if problem else 200)


def _example(request: HttpRequest, row: Mailing, module: Module, plan: Glance, at: int) -> dict[str, Any] | None:
    """The mail number `at` as its receiver would read it."""
    user: Any = request.user
    record = queryset(user, module, RIGHT, aside=True).filter(pk=plan.ids[at - 1]).first()
    if record is None:
        return None
    merger = Merger([row.subject, row.body], user, module, Look.of(user))
    merger.prepare([record])
    subject, body = merger.merged(record)
    return {
        "at": at,
        "before": at - 1,
        "after": at + 1 if at < len(plan.ids) else 0,
        "record": record,
        "to": next(iter(reached(user, module, record)), ""),
        "subject": subject.text,
        "body": paragraphs(body.text),
        "empty": list(dict.fromkeys([*subject.empty, *body.empty])),
    }


def _result(request: HttpRequest, row: Mailing, module: Module) -> HttpResponse:
    look = Look.of(request.user)  # type: ignore[arg-type]
    counts: dict[str, int] = {one["state"]: one["n"] for one in row.mails.order_by().values("state").annotate(n=Count("pk"))}
    counts[LEFT] = RowNote.objects.filter(job=row.job, record_id__isnull=False).count() if row.job else 0
    labels = [(SENT, _("Sent")), *((key, label) for key, label in STATES if key != SENT), (LEFT, _("Left out"))]
    tabs = [(key, str(label), f"{counts[key]:,}") for key, label in labels if counts.get(key)]
    show = request.GET.get("show", "")
    show = show if show in {key for key, _label, _count in tabs} else (tabs[0][0] if tabs else "")
    lines, older = _lines(row, module, show, whole(request.GET.get("after", "")) or 0, look)
    job = row.job
    context = {
        "row": row,
        "module": module,
        "job": job,
        "state": state_of(row),
        "progress": progress(job) if job else None,
        "open": bool(job and job.is_open and not row.called_off_at),
        "stopped": bool(job and job.state in {CANCELLED, PARKED, FAILED} and not row.called_off_at),
        "waits": bool(job and job.is_open and counts.get(WAITING) and not counts.get(SENDING)),
        "tabs": tabs,
        "show": show,
        "lines": lines,
        "older": older,
        "body": paragraphs(row.body),
        "files": list(row.enclosures.select_related("file").order_by("pk")),
        "back": f"{module.url()}?{row.query}" if row.query else module.url(),
        "unclear": counts.get(UNKNOWN, 0),
        "look": look,
    }
    return render(request, "mail/mailing.html", context)


def _lines(row: Mailing, module: Module, show: str, after: int, look: Look) -> tuple[list[dict[str, Any]], int]:
    """Fifty receivers of one kind behind an id, with what became of each, and the id the next fifty begin behind."""
    after = min(after, 2**63 - 1)
    rows: list[Any]
    if show == LEFT:
        notes = RowNote.objects.filter(job=row.job, record_id__isnull=False, pk__gt=after)
        rows = list(notes.order_by("pk")[: SHOWN + 1])
    else:
        rows = list(row.mails.filter(state=show, pk__gt=after).order_by("pk")[: SHOWN + 1])
    shown = rows[:SHOWN]
    name_records(look, {module.key: {one.record_id for one in shown}})
    lines = []
    for one in shown:
        title = look.names.get((module.key, one.record_id), "")
        line: dict[str, Any] = {"title": title, "url": module.url(one.record_id) if title else ""}
        if show == LEFT:
            line["reason"] = sentence(one.code, one.values, module)
        else:
            line |= {"mail": one if title else None, "to": one.to if title else "", "reason": one.reason, "at": one.sent_at}
        lines.append(line)
    return lines, shown[-1].pk if len(rows) > SHOWN else 0


@door()
@require_POST
def call_off_mailing(request: HttpRequest, pk: int) -> HttpResponse:
    """What has not left stays here, for good; before anything was sent, the draft goes."""
    row, module = mailing_or_404(request, pk)
    if row.begun_at is None:
        gone, _by = Mailing.objects.filter(pk=pk, begun_at=None).delete()
        return HttpResponseRedirect(f"{module.url()}?{row.query}" if gone else reverse("mailing", args=[pk]))
    count = mass.call_off(row)
    said = ngettext("%(count)d mail was called off.", "%(count)d mails were called off.", count) % {"count": count}
    messages.success(request, said)
    return HttpResponseRedirect(reverse("mailing", args=[pk]))


@door()
@require_GET
def mailing_file(request: HttpRequest, pk: int, file: int) -> HttpResponseBase:
    """A file of one's own mass mail."""
    row, _module = mailing_or_404(request, pk)
    found = row.enclosures.filter(pk=file).select_related("file").first()
    if found is None:
        raise Http404
    return given_out(found.file.place, found.file.type, found.name, attachment=True)
