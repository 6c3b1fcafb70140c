"""What the actions on activities ask for."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import clock
from core.access.models import User
from core.access.people import active_choices
from core.field.look import Look
from core.module.registry import module
from core.web.forms import RecordForm

from . import series
from .models import Activity

OFFERED = 30
# A time written to the minute.
_MINUTES = re.compile(r"^[^:]+:\d{1,2}$")


class ParticipantForm(RecordForm):
    """One of us, or a contact."""

    def __init__(self, data: Any = None, *, record: Any, user: User) -> None:
        super().__init__(module("crm.activity"), user, data, only=["contact"])
        self.initial.pop("owner", None)
        self.initial.pop("contact", None)
        people = [("", "—"), *active_choices()]
        self.fields = {
            "user": forms.TypedChoiceField(label=_("One of us"), choices=people, coerce=int, empty_value=None, required=False),
            **self.fields,
        }

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if not self.errors and bool(found.get("user")) == bool(found.get("contact")):
            self.add_error("user", ValidationError(_("Choose one of us, or a contact.")))
        return found


class LeaveForm(forms.Form):
    """Which participant goes."""

    participant = forms.IntegerField(label=gettext_lazy("Participants"), min_value=1, max_value=2**63 - 1, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, record: Any, user: User) -> None:
        super().__init__(data)


class DateForm(forms.Form):
    """Which date of a series: one of the next, as they are."""

    def __init__(self, data: Any = None, *, record: Activity, user: User) -> None:
        super().__init__(data)
        self.look = Look.of(user)
        self.fields["occurs_on"] = forms.DateField(label=_("Which date"), widget=forms.Select(choices=_offered(record, self.look)))


def _offered(record: Activity, look: Look) -> list[tuple[str, str]]:
    now = clock.now()
    found = series.dates(record, list(record.moves.all()), now - timedelta(days=31), now + timedelta(days=366 * 3), most=OFFERED)
    return [(one.occurs_on.isoformat(), look.moment(one.starts_at)) for one in islice(found, OFFERED) if one.occurs_on]


class MoveForm(DateForm):
    """Which date, and when it takes place instead. An input asks for no seconds: those there were stay."""

    def __init__(self, data: Any = None, *, record: Activity, user: User) -> None:
        super().__init__(data, record=record, user=user)
        self.record = record
        known = module("crm.activity").fields
        for key in ("starts_at", "ends_at"):
            self.fields[key] = known[key].kind.form_field(known[key])
            self.fields[key].label, self.fields[key].required = known[key].label, key == "starts_at"

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        known = module("crm.activity").fields
        for key in ("starts_at", "ends_at"):
            typed = found.get(key)
            try:
                found[key] = known[key].clean(typed)
            except ValidationError as error:
                self.add_error(key, error)
                continue
            if found[key] is not None and _MINUTES.search(str(typed).strip()):
                held = self._held(key, found.get("occurs_on"))
                found[key] = found[key].replace(second=held.second, microsecond=held.microsecond) if held else found[key]
        return found

    def _held(self, key: str, occurs_on: date | None) -> datetime | None:
        """When that date begins or ends until now: as it was moved before, else as its series does."""
        moved = self.record.moves.filter(occurs_on=occurs_on).first() if occurs_on else None
        return (moved and getattr(moved, key)) or getattr(self.record, key)
