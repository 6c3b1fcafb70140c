"""Converting a lead: the page that shows what would happen, and the one that undoes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from core.access.gate import can, fields, queryset
from core.action.registry import Forbidden, Refused, allowed, find, run
from core.actor import Actor
from core.field.choices import options
from core.field.look import Look
from core.module.registry import module
from core.record.write import Invalid
from core.text.numbers import whole
from core.web import refused
from core.web.doors import door
from core.web.forms import RecordForm
from core.web.once import once, token
from core.web.pages import record_or_404

from .actions_conversion import NEW, NONE, AlreadyConverted, InTheWay, conversion_of, wait_for
from .conversion import Plan, plan
from .models import Lead
from .queries import Matches, matches, obstacles
from .views_convert_words import options_of

OTHER = "other"
_DEAL = ("name", "amount", "closing_on", "stage")


@dataclass
class Asked:
    """What the page was asked: the lead, what exists for it, and what was chosen or typed so far."""

    request: HttpRequest
    lead: Lead

    @property
    def user(self) -> Any:
        return self.request.user

    @property
    def data(self) -> Any:
        return self.request.POST if self.request.method == "POST" else None

    @cached_property
    def found(self) -> Matches:
        named = self.request.GET.get("account", "")
        return matches(self.lead, self.user, also=whole(named) or None)

    def _chosen(self, name: str, default: str) -> str:
        return self.data.get(name, default) if self.data is not None else default

    @property
    def account(self) -> str:
        named = self.request.GET.get("account", "")
        best = next((m for m in self.found.accounts if str(m.record.pk) == named), None) or next(
            (m for m in self.found.accounts if m.sure), None
        )
        return self._chosen("account", str(best.record.pk) if best else NEW if self.lead.company else NONE)

    @property
    def contact(self) -> str:
        best = next((m for m in self.found.contacts if m.sure), None)
        return self._chosen("contact", str(best.record.pk) if best else NEW)

    @property
    def deal(self) -> str:
        return self._chosen("deal", NONE)

    @property
    def role(self) -> str:
        given = self._chosen("role", "")
        return given if given in options("crm.deal", "role") else ""

    @cached_property
    def other(self) -> RecordForm:
        """The picker of an account that nothing pointed to."""
        return RecordForm(module("crm.contact"), self.user, self.data, only=["account"], prefix="other")

    @cached_property
    def forms(self) -> dict[str, RecordForm]:
        """What has to be typed: the deal, and fields an admin requires that the lead cannot fill."""
        made = {}
        for key in ("crm.account", "crm.contact", "crm.deal"):
            one = module(key)
            side = next((side for side in self.full_plan.sides if side.module.key == key), None)
            held = set(side.values) if side is not None else set()
            missing = [
                f.key
                for f in one.fields.values()
                if f.required and not f.hidden and f.key not in held | {"account", "owner"} and f.kind.is_empty(f.default)
            ]
            only = list(dict.fromkeys([*_DEAL, *missing])) if key == "crm.deal" else missing
            if key == "crm.account" and not self.lead.company:
                only = [name for name in only if name != "name"]
            initial = (
                {"name": (self.lead.company if "company" in fields(self.user, module("crm.lead")) else "") or self.lead.title}
                if key == "crm.deal"
                else {}
            )
            made[key] = RecordForm(one, self.user, self.data, only=only, prefix=key.split(".")[1], initial=initial)
        return made

    @cached_property
    def full_plan(self) -> Plan:
        """Everything made anew: whose values these are, whatever is chosen."""
        return plan(self.lead, new_deal=True)

    def needed(self) -> list[str]:
        """The forms that count for what was chosen."""
        wanted = {"crm.account": self.account, "crm.contact": self.contact, "crm.deal": self.deal}
        return [key for key, choice in wanted.items() if choice == NEW]


@door(app="crm")
@require_http_methods(["GET", "POST"])
def convert_page(request: HttpRequest, pk: int) -> HttpResponse:
    """GET shows what converting would make, fill and lose; POST does it once (CRM-10)."""
    lead = _lead(request, pk, "crm.convert_lead")
    if lead.converted_at is not None:
        return _already(request, lead)
    asked = Asked(request, lead)
    if request.method == "GET":
        return _page(asked)
    problems = _problems(asked)
    if problems:
        return _page(asked, problems, 422)
    try:
        with once(request, f"crm.convert_lead:{pk}") as before:
            if not before.result:
                wait_for(lead)
                if said := _overtaken(Asked(request, lead)):  # by somebody who was ahead of us by less than a page
                    raise Refused(" ".join(said))
                contact = run("crm.convert_lead", lead, actor=Actor(asked.user), **_choices(asked))
                before.result = module("crm.contact").url(contact.pk)
    except AlreadyConverted as error:
        return _already(request, error.lead)
    except Forbidden as error:
        raise PermissionDenied from error
    except Invalid as error:
        return _page(asked, list(error.errors.values()), 422)
    except Refused as error:
        return _page(Asked(request, lead), [str(error)], 409)
    lead.refresh_from_db()
    request.session["undo"] = {
        "url": reverse("crm-undo-conversion", args=[pk]),
        "said": _("%(title)s was converted.") % {"title": lead.title},
    }
    return HttpResponseRedirect(before.result)


def _lead(request: HttpRequest, pk: int, key: str) -> Lead:
    """The lead, for those who may do this to it: 404 for one they may not see, 403 for what is not theirs to do."""
    lead: Lead = record_or_404(request, module("crm.lead"), pk, "edit")
    one = find(key)
    if one is None or not allowed(one, request.user, lead):
        raise PermissionDenied
    return lead


def _already(request: HttpRequest, lead: Lead) -> HttpResponse:
    """Lead whoever came second to what the first one made."""
    lead = Lead.objects.get(pk=lead.pk)
    user: Any = request.user
    by = Look.of(user).person(lead.converted_by_id) or _("Enishi")
    messages.info(request, _("%(title)s was already converted by %(who)s. This is what became of it.") % {"title": lead.title, "who": by})
    for key in ("contact", "account"):
        pk = getattr(lead, f"{key}_id")
        if pk is not None and queryset(user, f"crm.{key}").filter(pk=pk).exists():
            return HttpResponseRedirect(module(f"crm.{key}").url(pk))
    return HttpResponseRedirect(module("crm.lead").url(lead.pk))


def _problems(asked: Asked) -> list[str]:
    """What has to be set right before this can be done; chosen records one may not reach end it here (A2)."""
    said = []
    if asked.account == OTHER:
        if not asked.other.is_valid() or not asked.other.cleaned_data.get("account"):
            said.append(_("Choose the account by its name."))
        elif not can(
            asked.user, "crm.account", "edit", module("crm.account").model._default_manager.get(pk=asked.other.cleaned_data["account"])
        ):
            said.append(_("You may not change this account, so nobody can be added to it by you."))
    for key, choice in (("crm.account", asked.account), ("crm.contact", asked.contact), ("crm.deal", asked.deal)):
        if choice not in {NEW, NONE, OTHER} or (key == "crm.contact" and choice != NEW):
            _reachable(asked, key, choice)
    if asked.account == NEW and not asked.lead.company:
        said.append(_("This lead names no company, so no account can be made. Choose one, or convert without an account."))
    if asked.deal not in {NONE} and asked.account == NONE:
        said.append(_("A deal belongs to an account. Choose an account, or convert without a deal."))
    for key in asked.needed():
        form = asked.forms[key]
        if not form.is_valid():
            said += [f"{capfirst(module(key).label)}: {label}: {message}" for _id, label, message in form.problems()]
    return said + _overtaken(asked)


def _reachable(asked: Asked, key: str, choice: str) -> None:
    """The id in the form stands for a record the reader may see (else 404) and change (else 403)."""
    pk = whole(choice)
    record = queryset(asked.user, key).filter(pk=pk).first()
    if record is None:
        refused.unseen(module(key), [pk])
        raise Http404
    home = key == "crm.account" and any(
        match.record.account_id == pk for match in asked.found.contacts if str(match.record.pk) == asked.contact
    )
    if not home and not can(asked.user, key, "edit", record):
        raise PermissionDenied


def _overtaken(asked: Asked) -> list[str]:
    """Someone made the same company or person since the page was opened: it is shown before a second one is made."""
    seen = asked.request.POST.get("seen", "").split()
    said = []
    for key, choice, found in (("a", asked.account, asked.found.accounts), ("c", asked.contact, asked.found.contacts)):
        fresh = [match for match in found if match.sure and f"{key}{match.record.pk}" not in seen]
        if choice == NEW and fresh and "seen" in asked.request.POST:
            said.append(
                _("%(title)s was made in the meantime. Choose it, or convert again to make another one.") % {"title": fresh[0].record.title}
            )
    return said


def _choices(asked: Asked) -> dict[str, Any]:
    """What was chosen, as the action takes it."""
    account: int | str = asked.other.cleaned_data["account"] if asked.account == OTHER else asked.account
    typed = {key: {k: v for k, v in asked.forms[key].cleaned_data.items() if v not in (None, "")} for key in asked.needed()}
    return {
        "account": account if account in {NEW, NONE} else int(account),
        "contact": asked.contact if asked.contact == NEW else int(asked.contact),
        "deal": asked.deal if asked.deal in {NEW, NONE} else int(asked.deal),
        "role": asked.role,
        "typed": typed,
    }


def _page(asked: Asked, problems: list[str] | None = None, status: int = 200) -> HttpResponse:
    look = Look.of(asked.user)
    seen = " ".join([f"a{m.record.pk}" for m in asked.found.accounts] + [f"c{m.record.pk}" for m in asked.found.contacts])
    context = {
        "lead": asked.lead,
        "asked": asked,
        "look": look,
        "module": module("crm.lead"),
        "problems": problems or [],
        "seen": seen,
        "once": asked.request.POST.get("once") or token(),
        "roles": [one for one in options("crm.deal", "role").values() if one.active],
        **options_of(asked, look),
    }
    return render(asked.request, "crm/convert.html", context, status=status)


@door(app="crm")
@require_http_methods(["GET", "POST"])
def undo_page(request: HttpRequest, pk: int) -> HttpResponse:
    """GET says what undoing would bring back and bin, or what stands in the way; POST undoes (CRM-13)."""
    lead = _lead(request, pk, "crm.undo_conversion")
    row = conversion_of(lead) if lead.converted_at is not None else None
    context: dict[str, Any] = {"lead": lead, "row": row, "module": module("crm.lead"), "obstacles": [], "refused": ""}
    user: Any = request.user
    if request.method == "GET":
        context["obstacles"] = obstacles(row, user) if row else []
        context["made"] = _made(row, user)
        return render(request, "crm/convert_undo.html", context)
    try:
        with once(request, f"crm.undo_conversion:{pk}") as before:
            if not before.result:
                run("crm.undo_conversion", lead, actor=Actor(user))
                before.result = module("crm.lead").url(pk)
    except Forbidden as error:
        raise PermissionDenied from error
    except InTheWay as error:
        return render(request, "crm/convert_undo.html", context | {"obstacles": error.obstacles}, status=409)
    except Refused as error:
        return render(request, "crm/convert_undo.html", context | {"refused": str(error)}, status=409)
    messages.success(request, _("The conversion was undone. %(title)s is a lead again.") % {"title": lead.title})
    return HttpResponseRedirect(before.result)


def _made(row: Any, user: Any) -> list[tuple[Any, str]]:
    """(module, title) of what undoing puts into the bin."""
    made = []
    for key in row.made if row else {}:
        record = getattr(row, key.split(".")[1])
        if record is not None and queryset(user, key).filter(pk=record.pk).exists():
            made.append((module(key), record.title))
    return made
