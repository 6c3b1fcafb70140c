"""What a merge wrote to the record that stays: an undo puts back just that."""

from __future__ import annotations

from typing import ClassVar

from django.core.serializers.json import DjangoJSONEncoder
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies: ClassVar = [("core", "0016_view_display")]

    operations: ClassVar = [
        migrations.AddField("merge", "changed", models.JSONField(default=dict, encoder=DjangoJSONEncoder)),
    ]
