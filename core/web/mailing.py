"""Writing a mail from a record, and what became of it (CRM-16)."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from core.access.gate import fields, queryset
from core.access.models import User
from core.actor import Actor
from core.field.look import Look
from core.mail.enclosing import files_with
from core.mail.html import paragraphs
from core.mail.merge import Merged, Merger, names, reached
from core.mail.models import Mail, MailTemplate
from core.mail.outgoing import addresses, call_off, confirm_sent, send_again, write_mail
from core.mail.stopping import masked
from core.module.module import Module
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.record.models import Tie
from core.record.write import Refused
from core.text.numbers import whole
from core.web.doors import door
from core.web.enclosing import Files, files_of, settled
from core.web.files import given_out
from core.web.once import once, token
from core.web.pages import module_or_404, record_or_404


class MailForm(forms.Form):
    """One mail. Addresses are read here already, so that everything that is wrong is said at once."""

    to = forms.CharField(label=lazy("To"), max_length=254)
    cc = forms.CharField(label=lazy("Cc"), max_length=600, required=False, help_text=lazy("Addresses separated by commas."))
    subject = forms.CharField(label=lazy("Subject"), max_length=200)
    body = forms.CharField(label=lazy("Text"), max_length=100_000, widget=forms.Textarea(attrs={"rows": 14}))

    def clean_to(self) -> str:
        return self._read("to")

    def clean_cc(self) -> str:
        return self._read("cc")

    def _read(self, name: str) -> str:
        try:
            addresses(self.cleaned_data[name])
        except Refused as error:
            raise forms.ValidationError(str(error)) from error
        return str(self.cleaned_data[name])


def templates_of(user: User) -> Any:
    return MailTemplate.objects.filter(Q(owner=user) | Q(shared=True)).order_by("name", "pk")


def template_named(user: User, text: str) -> MailTemplate | None:
    """The template a form or an address names, if this person may use it."""
    found: MailTemplate | None = templates_of(user).filter(pk=whole(text) or 0).first()
    return found


def files_of_template(one: MailTemplate | None) -> Q | None:
    return Q(template=one) if one is not None else None


def form_token(request: HttpRequest) -> str:
    """The form's token: it acts once, and what it sent before is found by it."""
    return request.POST.get("once", "").replace("\x00", "")[:64] or token()


def filled_in(typed: dict[str, str], before: dict[str, str], fresh: dict[str, str]) -> dict[str, str]:
    """A template in a form that may hold words already: what the template `before` put there makes room, what was typed stays."""
    made = dict(typed)
    if typed.get("subject", "").strip() in {"", before.get("subject", "").strip()}:
        made["subject"] = fresh["subject"]
    body = typed.get("body", "").replace("\r\n", "\n")
    own = body if body.strip() and body.strip() != before.get("body", "").strip() else ""
    made["body"] = f"{fresh['body'].rstrip()}\n\n{own}" if own else fresh["body"]
    return made


@door()
@require_http_methods(["GET", "POST"])
def write_page(request: HttpRequest, app: str, path: str, pk: int) -> HttpResponse:
    """A mail to the person of a record. A template fills it in with the record's values before it is sent, so that what
    one reads is what goes out."""
    module = module_or_404(request, app, path)
    record = record_or_404(request, module, pk)
    if not any(one.kind.key == "email" for one in module.fields.values()):
        raise Http404
    return Writing(request, module, record).answer()


class Writing:
    """The page that writes one mail: its form may be looked at, filled from a template, given files, and sent."""

    def __init__(self, request: HttpRequest, module: Module, record: Any) -> None:
        self.request, self.module, self.record = request, module, record
        self.user: Any = request.user
        self.draft = form_token(request)
        self.context: dict[str, Any] = {}

    def answer(self) -> HttpResponse:
        posted = self.request.POST
        template = template_named(self.user, self.request.GET.get("template", "") or posted.get("filled", ""))
        if self.request.method == "GET":
            files = self._files(template)
            return self._page(MailForm(initial=self._start(template)), files, template, 200)
        if "fill" in posted:
            return self._fill(template)
        files = self._files(template)
        if "look" in posted or "attach" in posted:
            files.check()
            if "look" in posted:
                self.context["preview"] = paragraphs(posted.get("body", ""))
            return self._page(MailForm(initial=posted.dict()), files, template)
        return self._send(files, template)

    def _files(self, template: MailTemplate | None, added: MailTemplate | None = None) -> Files:
        return files_of(
            self.request,
            self.draft,
            module=self.module,
            record=self.record,
            held=files_of_template(template),
            added=files_of_template(added),
        )

    def _start(self, template: MailTemplate | None) -> dict[str, str]:
        """What the form begins with: the usual address, and the chosen template with the record's values in it."""
        known = reached(self.user, self.module, self.record)
        asked = self.request.GET.get("to", "")
        start = {"to": asked if asked in known else known[0] if known else ""}
        return start | self._merged(template, tell=True) if template else start

    def _merged(self, template: MailTemplate, *, tell: bool = False) -> dict[str, str]:
        subject, body = self._values(template.subject, template.body)
        if tell:
            unknown, empty = [*subject.unknown, *body.unknown], [*subject.empty, *body.empty]
            self.context |= {"unknown": list(dict.fromkeys(unknown)), "empty": list(dict.fromkeys(empty))}
        return {"subject": subject.text, "body": body.text}

    def _values(self, *texts: str) -> list[Merged]:
        merger = Merger(texts, self.user, self.module, Look.of(self.user))
        merger.prepare([self.record])
        return merger.merged(self.record)

    def _fill(self, before: MailTemplate | None) -> HttpResponse:
        """Put a template in. Words that were typed stay, below it."""
        chosen = template_named(self.user, self.request.POST.get("template", ""))
        typed = self.request.POST.dict()
        if chosen is None:
            return self._page(MailForm(initial=typed), self._files(before), before)
        was = self._merged(before) if before else {}
        initial = filled_in(typed, was, self._merged(chosen, tell=True))
        files = self._files(chosen, added=chosen)
        files.check()
        return self._page(MailForm(initial=initial), files, chosen)

    def _send(self, files: Files, template: MailTemplate | None) -> HttpResponse:
        form = MailForm(self.request.POST)
        if not (form.is_valid() & files.check()):
            return self._page(form, files, template)
        values = form.cleaned_data
        subject, body = self._values(values["subject"], values["body"])
        if unknown := [*subject.unknown, *body.unknown]:
            words = _("This has no meaning here and would be sent as it stands: %(names)s") % {"names": " ".join(dict.fromkeys(unknown))}
            form.add_error("body" if body.unknown else "subject", words)
            return self._page(form, files, template)
        if (subject.text, body.text) != (values["subject"], values["body"]):
            self.context |= {"merged": True, "empty": list(dict.fromkeys([*subject.empty, *body.empty]))}
            return self._page(MailForm(initial=values | {"subject": subject.text, "body": body.text}), files, template)
        try:
            with once(self.request, f"mail:{self.module.key}:{self.record.pk}") as before:
                if not before.result:
                    key = f"{self.user.pk}:{self.draft}"
                    mail = write_mail(self.record, actor=Actor(self.user), key=key, files=files.chosen, **values)
                    before.result = str(mail.pk)
                    settled(self.draft, self.user)
        except Refused as error:
            form.add_error("to", str(error))
            return self._page(form, files, template)
        messages.success(self.request, _("The mail is on its way."))
        return HttpResponseRedirect(f"{self.module.url(self.record.pk)}#timeline")

    def _page(self, form: MailForm, files: Files, template: MailTemplate | None, status: int = 422) -> HttpResponse:
        context = {
            "module": self.module,
            "record": self.record,
            "templates": templates_of(self.user),
            "fields": names(self.user, self.module),
            "form": form,
            "files": files,
            "filled": template.pk if template else "",
            "once": self.draft,
            "opted_out": getattr(self.record, "email_opt_out", False),
        }
        return render(self.request, "mail/write.html", context | self.context, status=status)


def mail_or_404(request: HttpRequest, pk: int) -> tuple[Mail, Module, Any]:
    """A mail is seen by who sees the record it is about, or the person whom that record became (CRM-12)."""
    row = Mail.objects.select_related("user", "mailing").filter(pk=pk).first() if pk < 2**63 else None
    try:
        module = find_module(row.module) if row else None
    except UnknownModule:
        module = None
    record = queryset(request.user, module, aside=True).filter(pk=row.record_id).first() if row and module else None  # type: ignore[arg-type]
    if row and module and record is None:
        module, record = _became(request.user, row, module)  # type: ignore[arg-type]
    if row is None or module is None or record is None:
        raise Http404
    return row, module, record


def _became(user: User, row: Mail, module: Module) -> tuple[Module, Any]:
    """The person on whose page the mails of a record go on, as its history does (core.event.telling.origins)."""
    if "family_name" in module.built_in:
        ties = Tie.objects.filter(kind="became", module=module.key, record_id=row.record_id)
        for key, pk in ties.values_list("other_module", "other_id"):
            other = find_module(key)
            if "family_name" in other.built_in and (found := queryset(user, other, aside=True).filter(pk=pk).first()):
                return other, found
    return module, None


def without_hidden(user: User, module: Module, record: Any, text: str) -> str:
    """What a mail says of addresses, with those of fields that this reader may not see made unreadable (PLT-25)."""
    shut = [one for one in module.fields.values() if one.kind.key == "email" and one.key not in fields(user, module)]
    for value in filter(None, (str(one.value(record) or "") for one in shut)):
        text = re.sub(re.escape(value), masked(value), text, flags=re.IGNORECASE)
    return text


@door()
@require_GET
def mail_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One mail as it was written, and how it stands."""
    row, module, record = mail_or_404(request, pk)
    user: Any = request.user
    context = {
        "mail": row,
        **{name: without_hidden(user, module, record, getattr(row, name)) for name in ("to", "cc", "reason")},
        "module": module,
        "record": record,
        "mine": row.user_id == request.user.pk,
        "body": paragraphs(row.body),
        "files": files_with(row),
        "look": Look.of(request.user),  # type: ignore[arg-type]
    }
    return render(request, "mail/mail.html", context)


@door()
@require_GET
def mail_file(request: HttpRequest, pk: int, file: int) -> HttpResponseBase:
    """What went with a mail, for who sees its record (U2, U4)."""
    row, _module, _record = mail_or_404(request, pk)
    found = next((one for one in files_with(row) if one.pk == file), None)
    if found is None:
        raise Http404
    return given_out(found.file.place, found.file.type, found.name, attachment=True)


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
