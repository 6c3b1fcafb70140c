"""The form of a score rule: what it is called, how many points, and for a signal how often and since when."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from .models import ScoreRule
from .signals import signals


class ScoreRuleForm(forms.ModelForm):
    """A rule with conditions has no signal, times and days; `by_signal` says which it is."""

    class Meta:
        model = ScoreRule
        fields = ("name_en", "name_ja", "signal", "points", "most", "days", "active")

    def __init__(self, *args: Any, by_signal: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not by_signal:
            for name in ("signal", "most", "days"):
                del self.fields[name]
            return
        known = [(one.key, one.label) for one in signals().values()]
        self.fields["signal"] = forms.ChoiceField(label=capfirst(ScoreRule._meta.get_field("signal").verbose_name), choices=known)

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if not (found.get("name_en") or found.get("name_ja")):
            self.add_error("name_en", _("Name the rule, in one language at least."))
        if found.get("points") == 0:
            self.add_error("points", _("A rule gives points or takes them: 0 does neither."))
        return found
