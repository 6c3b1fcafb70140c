"""What somebody asked a network to have us delete."""

from __future__ import annotations

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("social", "0003_reviews_edits_keywords")]

    operations: ClassVar = [
        migrations.CreateModel(
            name="DeletionRequest",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=30)),
                ("person", models.CharField(blank=True, default="", max_length=120)),
                ("digest", models.CharField(max_length=64, unique=True)),
                ("code", models.CharField(max_length=40, unique=True)),
                ("asked_at", models.DateTimeField()),
                ("done_at", models.DateTimeField(null=True)),
            ],
        ),
    ]
