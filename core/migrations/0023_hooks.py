"""What networks told by themselves and was not worked off yet."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("core", "0022_email_change")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="HookEvent",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=30)),
                ("kind", models.CharField(max_length=60)),
                ("subject", models.CharField(blank=True, default="", max_length=120)),
                ("payload", models.JSONField(default=dict)),
                ("at", models.DateTimeField()),
            ],
        ),
    ]
