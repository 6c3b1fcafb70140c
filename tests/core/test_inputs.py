"""Inputs drawn in Python say what Django's templates say."""

from __future__ import annotations

from typing import Any

import pytest
from django import forms
from django.forms.renderers import TemplatesSetting
from django.utils.translation import override

from core.access.models import User
from core.module.registry import modules
from core.web.forms import form_of
from core.web.inputs import Renderer

pytestmark = pytest.mark.django_db
HOSTILE = "\"><script>alert(1)</script>&'\n二行目"


class Every(forms.Form):
    """One of each widget that is drawn, and some that are not."""

    word = forms.CharField(
        max_length=20, help_text="Say something.", required=False, widget=forms.TextInput({"class": 'a"b', "data-x": False})
    )
    amount = forms.IntegerField(min_value=0)
    mail = forms.EmailField()
    place = forms.URLField(assume_scheme="https")
    secret = forms.CharField(widget=forms.PasswordInput)
    hidden = forms.CharField(widget=forms.HiddenInput)
    on = forms.BooleanField()
    day = forms.DateField()
    moment = forms.DateTimeField()
    text = forms.CharField(widget=forms.Textarea)
    one = forms.ChoiceField(choices=[("", "—"), (1000, 1000), ("<a>", "<b>"), ("Group", [("x", "X & Y")])])
    some = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")])
    ticks = forms.MultipleChoiceField(choices=[("a", "A"), ("b", "B")], widget=forms.CheckboxSelectMultiple)


def drawn(form: Any, renderer: Any) -> dict[str, str]:
    form.renderer = renderer
    return {bound.name: str(bound) for bound in form}


@pytest.mark.parametrize(
    "data", [None, {}, dict.fromkeys(Every.base_fields, HOSTILE), {"one": "1000", "some": "b", "on": "1", "day": "2026-11-21"}]
)
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_input_is_letter_for_letter_what_its_template_makes(data: Any, language: str) -> None:
    with override(language):
        ours, theirs = drawn(Every(data), Renderer()), drawn(Every(data), TemplatesSetting())

    assert ours == theirs
    assert "<script>" not in "".join(ours.values())


def test_the_forms_of_all_modules_are_letter_for_letter_what_templates_make(admin: User) -> None:
    """PLT-11: whatever a module asks for, in both ways of drawing."""
    for module in (one for one in modules() if one.by_hand):
        ours, theirs = drawn(form_of(module, admin), Renderer()), drawn(form_of(module, admin), TemplatesSetting())

        assert ours == theirs
        assert ours
