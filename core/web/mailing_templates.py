"""Texts to begin a mail from, with the files that go with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.gate import rights
from core.access.models import User
from core.field.look import Look
from core.mail.enclosing import enclose
from core.mail.merge import names
from core.mail.models import Enclosure, MailTemplate
from core.module.registry import modules
from core.web.doors import door
from core.web.enclosing import Files, files_of, settled
from core.web.files import given_out
from core.web.mailing import form_token, templates_of

if TYPE_CHECKING:
    _TemplateForm = forms.ModelForm[MailTemplate]
else:
    _TemplateForm = forms.ModelForm


class TemplateForm(_TemplateForm):
    class Meta:
        model = MailTemplate
        fields = ("name", "subject", "body", "shared")
        widgets = {"body": forms.Textarea(attrs={"rows": 14})}


@door()
@require_GET
def templates_page(request: HttpRequest) -> HttpResponse:
    """The templates one may use; one's own can be changed."""
    rows = templates_of(request.user).prefetch_related("enclosures")  # type: ignore[arg-type]
    return render(request, "mail/templates.html", {"templates": rows, "look": Look.of(request.user)})  # type: ignore[arg-type]


@door()
@require_http_methods(["GET", "POST"])
def template_page(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Make or change a template. Others' templates, and those one may not see, are not there."""
    user: Any = request.user
    row = MailTemplate.objects.filter(pk=pk, owner=user).first() if pk else MailTemplate(owner=user)
    if row is None:
        raise Http404
    draft = form_token(request)
    files = files_of(request, draft, held=Q(template=row) if pk else None)
    form = TemplateForm(request.POST or None, instance=row)
    if request.method == "POST" and "attach" not in request.POST and form.is_valid() & files.check():
        _save(form, files, draft, user)
        messages.success(request, _("Saved: %(title)s") % {"title": form.instance.name})
        return HttpResponseRedirect(reverse("mail-templates"))
    if "attach" in request.POST:
        form = TemplateForm(initial=request.POST.dict() | {"shared": "shared" in request.POST}, instance=row)
    context = {"form": form, "row": row, "fields": _fields_of_people(user), "files": files, "once": draft}
    return render(request, "mail/template.html", context, status=422 if request.method == "POST" else 200)


@transaction.atomic
def _save(form: TemplateForm, files: Files, draft: str, user: User) -> None:
    """The text, and exactly the files that were ticked."""
    row, chosen = form.save(), files.chosen
    Enclosure.objects.filter(template=row).delete()
    enclose(chosen, template=row)
    settled(draft, user)


def _fields_of_people(user: User) -> list[tuple[str, str]]:
    """Merge fields of every module one can write to, each name once."""
    found: dict[str, str] = {}
    for one in modules():
        if rights(user).has_app(one.app) and any(f.kind.key == "email" for f in one.fields.values()):
            found |= {key: label for key, label in names(user, one) if key not in found}
    return list(found.items())


@door()
@require_GET
def template_file(request: HttpRequest, pk: int, file: int) -> HttpResponseBase:
    """A file of a template one may use."""
    rows = Enclosure.objects.filter(template__in=templates_of(request.user)).select_related("file")  # type: ignore[arg-type]
    row = rows.filter(pk=file, template_id=pk).first() if max(pk, file) < 2**63 else None
    if row is None:
        raise Http404
    return given_out(row.file.place, row.file.type, row.name, attachment=True)


@door()
@require_POST
def delete_template(request: HttpRequest, pk: int) -> HttpResponse:
    gone, _by = MailTemplate.objects.filter(pk=pk, owner=request.user).delete()  # type: ignore[misc]
    if not gone:
        raise Http404
    return HttpResponseRedirect(reverse("mail-templates"))
