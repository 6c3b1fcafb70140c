"""Writing a mail from a record, what became of it, and the templates to begin from (CRM-16)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core import clock
from core.access.gate import queryset, rights
from core.access.models import User
from core.actor import Actor
from core.field.look import Look
from core.mail.merge import merge, names, reached
from core.mail.models import Mail, MailTemplate, Suppression, TrayMail
from core.mail.outgoing import addresses, call_off, confirm_sent, send_again, write_mail
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.record.write import Refused
from core.text.numbers import whole
from core.web.doors import door
from core.web.once import once, token
from core.web.pages import module_or_404, record_or_404

TRAY_SHOWN = 100


class MailForm(forms.Form):
    to = forms.CharField(label=lazy("To"), max_length=254)
    cc = forms.CharField(label=lazy("Cc"), max_length=600, required=False, help_text=lazy("Addresses separated by commas."))
    subject = forms.CharField(label=lazy("Subject"), max_length=200)
    body = forms.CharField(label=lazy("Text"), max_length=100_000, widget=forms.Textarea(attrs={"rows": 14}))


class TemplateForm(forms.ModelForm):
    class Meta:
        model = MailTemplate
        fields = ("name", "subject", "body", "shared")
        widgets = {"body": forms.Textarea(attrs={"rows": 14})}


def templates_of(user: User) -> Any:
    return MailTemplate.objects.filter(Q(owner=user) | Q(shared=True)).order_by("name", "pk")


@door()
@require_http_methods(["GET", "POST"])
def write_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """A mail to the person of a record. A template fills it in with the record's values before it is sent, so that what
    one reads is what goes out."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    user: Any = request.user
    if not any(one.kind.key == "email" for one in module.fields.values()):
        raise Http404
    context: dict[str, Any] = {"module": module, "record": record, "templates": templates_of(user), "fields": names(user, module)}
    if request.method == "GET":
        form = MailForm(initial=_start(request, user, module, record, context))
        return render(request, "mail/write.html", context | {"form": form, "once": token()})
    form, given = MailForm(request.POST), request.POST.get("once") or token()
    if form.is_valid():
        try:
            with once(request, f"mail:{module.key}:{pk}") as before:
                if not before.result:
                    mail = write_mail(record, actor=Actor(user), key=f"{user.pk}:{given}", **form.cleaned_data)
                    before.result = str(mail.pk)
        except Refused as error:
            form.add_error("to", str(error))
        else:
            messages.success(request, _("The mail is on its way."))
            return HttpResponseRedirect(f"{module.url(record.pk)}#timeline")
    return render(request, "mail/write.html", context | {"form": form, "once": given}, status=422)


def _start(request: HttpRequest, user: User, module: Module, record: Any, context: dict[str, Any]) -> dict[str, str]:
    """What the form begins with: the usual address, and the chosen template with the record's values in it."""
    known = reached(user, module, record)
    asked = request.GET.get("to", "")
    start = {"to": asked if asked in known else known[0] if known else ""}
    chosen = templates_of(user).filter(pk=whole(request.GET.get("template", "")) or 0).first()
    if chosen is None:
        return start
    look = Look.of(user)
    subject, body = (merge(text, user, module, record, look) for text in (chosen.subject, chosen.body))
    context |= {
        "chosen": chosen.pk,
        "unknown": [*subject.unknown, *body.unknown],
        "empty": list(dict.fromkeys([*subject.empty, *body.empty])),
    }
    return start | {"subject": subject.text, "body": body.text}


def mail_or_404(request: HttpRequest, pk: int, right: str = "view") -> tuple[Mail, Module, Any]:
    """A mail is seen by who sees the record it is about."""
    row = Mail.objects.select_related("user").filter(pk=pk).first() if pk < 2**63 else None
    try:
        module = find_module(row.module) if row else None
    except UnknownModule:
        module = None
    record = queryset(request.user, module, right, aside=True).filter(pk=row.record_id).first() if row and module else None  # type: ignore[arg-type]
    if row is None or module is None or record is None:
        raise Http404
    return row, module, record


@door()
@require_GET
def mail_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail as it was written, and how it stands."""
    row, module, record = mail_or_404(request, pk)
    context = {"mail": row, "module": module, "record": record, "mine": row.user_id == request.user.pk, "look": Look.of(request.user)}  # type: ignore[arg-type]
    return render(request, "mail/mail.html", context)


@door()
@require_POST
def settle(request: HttpRequest, pk: int) -> HttpResponse:
    """What its writer decides of a mail: send it again, it did arrive, call it off."""
    row, _module, _record = mail_or_404(request, pk)
    if row.user_id != request.user.pk:
        raise PermissionDenied
    acts = {"again": send_again, "arrived": confirm_sent, "off": call_off}
    act = acts.get(request.POST.get("do", ""))
    if act is None or not act(row):
        messages.info(request, _("Nothing was changed: the mail stands differently by now."))
    return HttpResponseRedirect(reverse("mail", args=[pk]))


@door()
@require_GET
def templates_page(request: HttpRequest) -> HttpResponse:
    """The templates one may use; one's own can be changed."""
    return render(request, "mail/templates.html", {"templates": templates_of(request.user), "look": Look.of(request.user)})  # type: ignore[arg-type]


@door()
@require_http_methods(["GET", "POST"])
def template_page(request: HttpRequest, pk: int = 0) -> HttpResponse:
    """Make or change a template. Others' templates, and those one may not see, are not there."""
    user: Any = request.user
    row = MailTemplate.objects.filter(pk=pk, owner=user).first() if pk else MailTemplate(owner=user)
    if row is None:
        raise Http404
    form = TemplateForm(request.POST or None, instance=row)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("Saved: %(title)s") % {"title": row.name})
        return HttpResponseRedirect(reverse("mail-templates"))
    known = _fields_of_people(user)
    return render(request, "mail/template.html", {"form": form, "row": row, "fields": known}, status=422 if form.is_bound else 200)


def _fields_of_people(user: User) -> list[tuple[str, str]]:
    """Merge fields of every module one can write to, each name once."""
    from core.module.registry import modules

    found: dict[str, str] = {}
    for one in modules():
        if rights(user).has_app(one.app) and any(f.kind.key == "email" for f in one.fields.values()):
            found |= {key: label for key, label in names(user, one) if key not in found}
    return list(found.items())


@door()
@require_POST
def delete_template(request: HttpRequest, pk: int) -> HttpResponse:
    gone, _by = MailTemplate.objects.filter(pk=pk, owner=request.user).delete()  # type: ignore[misc]
    if not gone:
        raise Http404
    return HttpResponseRedirect(reverse("mail-templates"))


@door(wide=True)
@require_GET
def tray_page(request: HttpRequest) -> HttpResponse:
    """What would have gone out, where no mail server is set. Admins alone: reset links are among it."""
    rows = TrayMail.objects.order_by("-pk")[:TRAY_SHOWN]
    context = {"mails": rows, "server": "tray" not in settings.EMAIL_BACKEND, "look": Look.of(request.user)}  # type: ignore[arg-type]
    return render(request, "mail/tray.html", context | {"stopped": Suppression.objects.order_by("-at", "-pk")[:TRAY_SHOWN]})


@door(wide=True, feature="settings")
@require_POST
def suppress(request: HttpRequest) -> HttpResponse:
    """Stop mail to an address, or allow it again: a mailbox may have been full of trouble for a week only."""
    try:
        emails = addresses(request.POST.get("email", "")[:254])
    except Refused as error:
        messages.error(request, str(error))
        return HttpResponseRedirect(reverse("mail-tray"))
    for email in (one.casefold() for one in emails[:1]):
        if "allow" in request.POST:
            Suppression.objects.filter(email=email).delete()
            messages.success(request, _("%(email)s gets mail again.") % {"email": email})
        else:
            Suppression.objects.get_or_create(email=email, defaults={"why": Suppression.BY_HAND, "at": clock.now()})
            messages.success(request, _("%(email)s gets no mail any more.") % {"email": email})
    return HttpResponseRedirect(reverse("mail-tray"))
