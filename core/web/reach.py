"""Who finds what somebody saved (a view, a report): oneself, chosen people and roles, or everyone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from core.access.gate import rights
from core.access.models import Role, User
from core.module.models import SavedView


class Reach:
    """The Meta of a form that asks for it: its columns, and how they are asked for."""

    fields = ("name", "shared", "users", "roles")
    widgets: ClassVar = {"users": forms.CheckboxSelectMultiple, "roles": forms.CheckboxSelectMultiple, "shared": forms.RadioSelect}


def offer(fields: Mapping[str, Any], user: User, for_all: str) -> None:
    """Put into these fields whom `user` can choose; everyone is a choice for who has the right `for_all` (ADM-10)."""
    fields["users"].queryset = User.objects.filter(is_active=True).exclude(pk=user.pk).order_by("family_name")
    fields["roles"].queryset = Role.objects.all()
    if not rights(user).feature(for_all):
        fields["shared"].choices = [c for c in SavedView.FOR if c[0] != "all"]
