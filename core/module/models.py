"""Views that people save."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from core.access.models import Role
from core.watched import Watched


class SavedView(models.Model):
    """A list's columns, criteria and order under a name: one's own, for chosen people and roles, or for all (PLT-9)."""

    FOR: ClassVar = [("me", _("Only me")), ("some", _("Chosen people and roles")), ("all", _("Everyone"))]

    module = models.CharField(max_length=60)
    name = models.CharField(_("name"), max_length=80)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    shared = models.CharField(_("for whom"), max_length=5, choices=FOR, default="me")
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+", blank=True, verbose_name=_("people"))
    roles = models.ManyToManyField(Role, related_name="+", blank=True, verbose_name=_("roles"))
    columns = models.JSONField(default=list)
    criteria = models.JSONField(default=dict)
    order = models.CharField(max_length=80, blank=True)
    display = models.CharField(max_length=10, default="list")
    # What belongs to the display alone, as it stands in its address: {"by": "stage"} (core.web.displays).
    shown = models.JSONField(default=dict)

    objects = Watched.as_manager()

    class Meta:
        ordering: ClassVar = ["name", "pk"]

    def __str__(self) -> str:
        return self.name


class ViewChoice(models.Model):
    """What one person did with a view: pinned it, made it the one a module opens with. `view` is a key or `v<id>`."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    module = models.CharField(max_length=60)
    view = models.CharField(max_length=40)
    pinned = models.BooleanField(default=False)
    default = models.BooleanField(default=False)

    objects = Watched.as_manager()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "module", "view"], name="one_choice_per_view")]

    def __str__(self) -> str:
        return f"{self.module} {self.view}"
