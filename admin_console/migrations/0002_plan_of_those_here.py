"""Whoever ran Enishi before there were plans goes on without a limit (ADM-7)."""

from django.db import migrations
from django.utils import timezone


def keep(apps, schema_editor):
    if apps.get_model("core", "User").objects.exists():
        apps.get_model("admin_console", "Subscription").objects.get_or_create(pk=1, defaults={"plan": "own", "since": timezone.now()})


class Migration(migrations.Migration):
    dependencies = [("admin_console", "0001_console"), ("core", "0015_console")]
    operations = [migrations.RunPython(keep, migrations.RunPython.noop)]
