"""Forms of the CRM that say more than a module's layout can."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _

from core import clock
from core.access.models import User
from core.field.choices import options
from core.module.module import Module
from core.module.registry import module
from core.web.forms import RecordForm

from .models import ties


class DealForm(RecordForm):
    """A deal belongs to an account; who has none yet is led to making one (CRM-5)."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "account" in self.fields:
            link = reverse("new", args=["crm", "accounts"])
            self.fields["account"].help_text = format_html(
                '{} <a href="{}">{}</a>', _("A deal belongs to an account."), link, _("Make the account first")
            )

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if "account" in self.fields and "account" in self.errors and not self.data.get(self.add_prefix("account"), "").strip():
            self.errors.pop("account", None)
            self.add_error("account", ValidationError(_("A deal belongs to an account. Choose one, or make the account first.")))
        return found


def needed(on: Module, given: Collection[str]) -> list[str]:
    """The fields that must be filled in, and that nothing fills: a short form asks for them, too, whoever requires them."""
    return [
        key
        for key, one in on.fields.items()
        if one.required and one.editable and not one.hidden and not one.parts and one.kind.is_empty(one.default) and key not in given
    ]


class _OnRecord(RecordForm):
    """A short form that makes an activity on the record whose page it was opened from."""

    shown: ClassVar[list[str]] = []

    def __init__(self, data: Any = None, *, record: Any, user: User) -> None:
        made = module("crm.activity")
        only = [*self.shown, *needed(made, {"kind", "status", "owner", *ties(record)})]
        super().__init__(made, user, data, initial=self.start(record), only=only)

    def start(self, record: Any) -> dict[str, Any]:
        return {}


class CallForm(_OnRecord):
    """What one writes down after a call."""

    shown: ClassVar[list[str]] = ["subject", "direction", "starts_at", "minutes", "result", "description"]

    def start(self, record: Any) -> dict[str, Any]:
        subject = _("Call with %(name)s") % {"name": record.title}
        return {"subject": subject[:200], "direction": "out", "starts_at": timezone.localtime(clock.now()).replace(second=0, microsecond=0)}

    def __init__(self, data: Any = None, *, record: Any, user: User) -> None:
        super().__init__(data, record=record, user=user)
        due = self.module.fields["due_on"]
        self.fields["next_subject"] = forms.CharField(
            label=_("Next task"), max_length=200, required=False, help_text=_("What is to be done after this call; empty for nothing.")
        )
        self.fields["next_due_on"] = due.kind.form_field(due)
        self.fields["next_due_on"].label, self.fields["next_due_on"].required = _("Next task is due"), False

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        try:
            found["next_due_on"] = self.module.fields["due_on"].clean(found.get("next_due_on"))
        except ValidationError as error:
            self.add_error("next_due_on", error)
        found["next_subject"] = " ".join(found.get("next_subject", "").split())
        if found.get("next_due_on") and not found["next_subject"]:
            self.add_error("next_subject", ValidationError(_("Say what is to be done next, or leave both empty.")))
        return found


class TaskForm(_OnRecord):
    """What is to be done next."""

    shown: ClassVar[list[str]] = ["subject", "due_on", "priority", "owner", "description"]


class RoleForm(RecordForm):
    """A contact and its part in a deal."""

    def __init__(self, data: Any = None, *, record: Any, user: User) -> None:
        super().__init__(module("crm.deal"), user, data, only=["contact"])
        self.initial.pop("owner", None)
        choices = [("", "—"), *((one.value, one.label) for one in options("crm.deal", "role").values() if one.active)]
        self.fields["role"] = forms.ChoiceField(label=_("Role in the deal"), choices=choices)

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if "contact" in found and not found["contact"]:
            self.add_error("contact", ValidationError(_("Please fill this in.")))
        return found


class DropRoleForm(forms.Form):
    """Which contact is taken off a deal."""

    contact = forms.IntegerField(min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, record: Any, user: User) -> None:
        super().__init__(data)
