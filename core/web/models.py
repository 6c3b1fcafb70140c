"""Machine rows of the web floor."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class Sent(models.Model):
    """A form that was sent, by the token it carried: sent twice, it acts once (double click, Back, a client's retry)."""

    token = models.CharField(max_length=64)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    purpose = models.CharField(max_length=120)
    result = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(auto_now_add=True, db_index=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "purpose", "token"], name="one_effect_per_form")]

    def __str__(self) -> str:
        return self.purpose
