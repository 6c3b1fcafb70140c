"""Records that somebody was given and has not opened yet."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("core", "0018_twin_turn")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="Unopened",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("module", models.CharField(max_length=60)),
                ("record_id", models.BigIntegerField()),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [models.Index(fields=["module", "record_id"], name="unopened_record")],
                "constraints": [models.UniqueConstraint(fields=("user", "module", "record_id"), name="one_unopened")],
            },
        ),
    ]
