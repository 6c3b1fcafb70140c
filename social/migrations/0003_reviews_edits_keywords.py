"""Reviews with their verdict, when a post was changed, keywords that can be paused; pages that are connected read their reviews, too."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations, models
from django.utils import timezone

import core.field.columns


def read_reviews(apps: Any, _editor: Any) -> None:
    stream = apps.get_model("social", "Stream")
    for channel in apps.get_model("social", "Channel").objects.filter(network="facebook"):
        stream.objects.get_or_create(channel=channel, kind="ratings", argument="", defaults={"next_due": timezone.now()})


class Migration(migrations.Migration):
    dependencies: ClassVar = [("social", "0002_own_posts")]

    operations: ClassVar = [
        migrations.AddField("post", "edited_at", models.DateTimeField("changed on the network", editable=False, null=True)),
        migrations.AddField(
            "post",
            "verdict",
            core.field.columns.PicklistColumn("recommendation", blank=True, default="", editable=False, max_length=60),
        ),
        migrations.AddField("stream", "paused", models.BooleanField(default=False)),
        migrations.AddField("stream", "weekly", models.PositiveIntegerField(null=True)),
        migrations.RunPython(read_reviews, migrations.RunPython.noop),
    ]
