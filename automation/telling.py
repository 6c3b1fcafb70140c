"""Telling those who look after an app that one of its rules fails: once a day for each rule (PLT-19)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from core import clock
from core.access.gate import rights
from core.access.models import User
from core.field.look import Look
from core.notify.kinds import Place, places, say
from core.notify.models import DAILY
from core.notify.tell import notify

from .models import Rule

KIND = "automation.failed"


def rule_failed(rule: Rule) -> None:
    """Those who administer the app of the rule's records and may set rules."""
    admins = User.objects.entitled().filter(apps__app=rule.module.partition(".")[0], apps__is_admin=True, is_active=True)
    for user in admins.order_by("pk"):
        if rights(user).feature("rules"):
            notify(user, KIND, rule, key=f"rule:{rule.pk}:{clock.now():%Y%m%d}")


@places("automation.rule")
def _rules(user: User, ids: Collection[int]) -> dict[int, Place]:
    if not rights(user).feature("rules"):
        return {}
    return {row.pk: Place(str(row), reverse("edit-rule", args=[row.pk]), row) for row in Rule.objects.filter(pk__in=ids)}


def _words(data: Mapping[str, Any], look: Look, title: str) -> str:
    return _("A rule fails: %(rule)s") % {"rule": title}


say(KIND, lazy("A rule fails"), icon="triangle-alert", sentence=_words, mail=DAILY)
