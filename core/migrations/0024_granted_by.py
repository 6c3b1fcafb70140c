"""Who agreed at a network, where that is another than the account."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("core", "0023_hooks")]

    operations: ClassVar = [migrations.AddField("tokenchain", "granted_by", models.CharField(blank=True, default="", max_length=120))]
