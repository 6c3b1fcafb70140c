"""What an admin enters for a network, what calls cost, and why a delivery is not sent as facts for each reader."""

from __future__ import annotations

from typing import ClassVar

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import core.remote.secrets


class Migration(migrations.Migration):
    dependencies: ClassVar = [("core", "0020_time_of_day")]

    operations: ClassVar = [
        migrations.AddField(model_name="delivery", name="facts", field=models.JSONField(default=dict)),
        migrations.CreateModel(
            name="NetworkApp",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=30, unique=True, verbose_name="network")),
                ("client_id", models.CharField(blank=True, default="", max_length=120, verbose_name="client id")),
                ("client_secret", core.remote.secrets.EncryptedTextField(blank=True, default="")),
                ("app_key", models.CharField(blank=True, default="", max_length=200)),
                ("app_secret", core.remote.secrets.EncryptedTextField(blank=True, default="")),
                ("level", models.CharField(blank=True, default="", max_length=60, verbose_name="access level")),
                ("day_limit", models.BigIntegerField(null=True)),
                ("month_limit", models.BigIntegerField(null=True)),
                ("people_go_on", models.BooleanField(default=True)),
                ("warned", models.CharField(blank=True, default="", max_length=20)),
                ("changed_at", models.DateTimeField(null=True)),
                (
                    "changed_by",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={"verbose_name": "network", "verbose_name_plural": "networks"},
        ),
        migrations.CreateModel(
            name="Spending",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=30)),
                ("day", models.DateField()),
                ("feature", models.CharField(max_length=60)),
                ("argument", models.CharField(blank=True, default="", max_length=100)),
                ("connection", models.BigIntegerField(default=0)),
                ("calls", models.PositiveIntegerField(default=0)),
                ("units", models.PositiveIntegerField(default=0)),
                ("micros", models.BigIntegerField(default=0)),
                ("worst", models.BigIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("network", "day", "feature", "argument", "connection"), name="one_spending")
                ]
            },
        ),
    ]
