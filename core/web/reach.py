"""Who finds what somebody saved (a view, a report): oneself, chosen people and roles, or everyone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from django import forms

from core.access.gate import rights
from core.access.models import Role, User
from core.module.models import SavedView

if TYPE_CHECKING:
    _Choice = forms.ModelMultipleChoiceField[Any]
else:
    _Choice = forms.ModelMultipleChoiceField


class Chosen(_Choice):
    """Some of the rows offered. A number that no table reaches is none of them (O3)."""

    def clean(self, value: Any) -> Any:
        if any(one.isdigit() and int(one) >= 2**63 for one in map(str, value or ())):
            raise forms.ValidationError(self.error_messages["invalid_choice"], code="invalid_choice", params={"value": ""})
        return super().clean(value)


class Reach:
    """The Meta of a form that asks for it: its columns, and how they are asked for."""

    fields = ("name", "shared", "users", "roles")
    field_classes: ClassVar = {"users": Chosen, "roles": Chosen}
    widgets: ClassVar = {"users": forms.CheckboxSelectMultiple, "roles": forms.CheckboxSelectMultiple, "shared": forms.RadioSelect}


def offer(fields: Mapping[str, Any], user: User, for_all: str) -> None:
    """Put into these fields whom `user` can choose; everyone is a choice for who has the right `for_all` (ADM-10)."""
    fields["users"].queryset = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("family_name")
    fields["roles"].queryset = Role.objects.all()
    if not rights(user).feature(for_all):
        fields["shared"].choices = [c for c in SavedView.FOR if c[0] != "all"]
