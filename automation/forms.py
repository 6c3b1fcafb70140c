"""The form of a keyword rule: which messages, which words, what is done with them."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core.action.registry import Action
from core.module.module import Module
from core.text.fold import fold

from .models import MODES, Rule

MOST_WORDS, LONGEST = 2_000, 100


class RuleForm(forms.Form):
    """A rule over the messages of one module. The action's own form stands beside it, with the prefix `do`."""

    name_en = forms.CharField(label=lazy("Name in English"), max_length=100, required=False)
    name_ja = forms.CharField(label=lazy("Name in Japanese"), max_length=100, required=False)
    keywords = forms.CharField(
        label=lazy("Keywords"),
        help_text=lazy(
            "One on each line, or with commas. One of them is enough. Width, case and kana do not matter. Empty: every message."
        ),
        widget=forms.Textarea(attrs={"rows": 5}),
        required=False,
    )
    excluded = forms.CharField(
        label=lazy("Not when it contains"),
        help_text=lazy("A message with one of these is left alone."),
        widget=forms.Textarea(attrs={"rows": 2}),
        required=False,
    )
    mode = forms.ChoiceField(label=lazy("Find"), choices=MODES, help_text=lazy("Japanese is found either way."))
    order = forms.IntegerField(label=lazy("Order"), min_value=1, max_value=100_000, help_text=lazy("The smallest number is asked first."))
    last = forms.BooleanField(label=lazy("Stop after this rule"), required=False)
    active = forms.BooleanField(label=lazy("The rule is on"), required=False)

    def __init__(self, module: Module, action: Action, data: Any = None, *, rule: Rule | None = None, user: Any = None) -> None:
        self.module, self.action, self.rule = module, action, rule
        super().__init__(data, initial=_start(rule))
        self.kinds = _choosable(module)
        chosen = _chosen(rule)
        for key, one in self.kinds.items():
            choices = [(option.value, option.label) for option in one.options.values() if option.active]
            self.fields[f"if_{key}"] = forms.MultipleChoiceField(
                label=one.label,
                choices=choices,
                required=False,
                widget=forms.CheckboxSelectMultiple,
                initial=chosen.get(key, [value for value, _label in choices]),
            )
        self.doing = action.form(data, record=None, user=user, prefix="do", initial=rule.params if rule else None) if action.form else None  # type: ignore[call-arg]

    def is_valid(self) -> bool:
        return super().is_valid() and (self.doing is None or self.doing.is_valid())

    def clean_keywords(self) -> list[str]:
        return words(self.cleaned_data["keywords"])

    def clean_excluded(self) -> list[str]:
        return words(self.cleaned_data["excluded"])

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if not found.get("name_en") and not found.get("name_ja"):
            self.add_error("name_en", _("A rule needs a name in one language."))
        return found

    def fill(self, rule: Rule) -> Rule:
        """Put what was typed into a rule, saved or not."""
        for name in ("name_en", "name_ja", "keywords", "excluded", "mode", "order", "last", "active"):
            setattr(rule, name, self.cleaned_data[name])
        rule.module, rule.action, rule.event = self.module.key, self.action.key, "arrived"
        rule.params = dict(self.doing.cleaned_data) if self.doing else {}
        rule.criteria = self._criteria()
        return rule

    def _criteria(self) -> dict[str, Any]:
        leaves = []
        for key, one in self.kinds.items():
            wanted = self.cleaned_data[f"if_{key}"]
            if wanted and len(wanted) < sum(option.active for option in one.options.values()):
                leaves.append({"field": key, "op": "is", "value": wanted})
        return {"all": leaves} if leaves else {}


def words(text: str) -> list[str]:
    """Keywords as typed, one a line or with commas (、 too), each once. Raises ValidationError."""
    found: dict[str, str] = {}
    for word in re.split(r"[\n,、，]", text.replace("\x00", "")):
        if fold(word.strip()):
            found.setdefault(fold(word.strip()), word.strip())
    if len(found) > MOST_WORDS:
        raise ValidationError(_("Use at most %(limit)d keywords in one rule.") % {"limit": MOST_WORDS})
    if any(len(word) > LONGEST for word in found.values()):
        raise ValidationError(_("Use at most %(limit)d characters.") % {"limit": LONGEST})
    return list(found.values())


def _start(rule: Rule | None) -> dict[str, Any]:
    if rule is None:
        return {"order": 100, "mode": "word", "active": True}
    made = {name: getattr(rule, name) for name in ("name_en", "name_ja", "mode", "order", "last", "active")}
    return {**made, "keywords": "\n".join(rule.keywords), "excluded": "\n".join(rule.excluded)}


def _choosable(module: Module) -> dict[str, Any]:
    """The picklists that say which messages: those people do not change, with a choice to make."""
    return {key: one for key, one in module.fields.items() if one.kind.key == "picklist" and not one.editable and len(one.options) > 1}


def _chosen(rule: Rule | None) -> dict[str, list[str]]:
    leaves = (rule.criteria.get("all", []) if rule else []) or []
    return {leaf["field"]: leaf["value"] for leaf in leaves if "field" in leaf}
