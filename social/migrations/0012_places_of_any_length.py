"""Where a reading goes on is as long as the network makes it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("social", "0011_monitor_indexes")]

    operations = [
        migrations.AlterField("stream", "page_token", models.TextField(blank=True, default="")),
        migrations.AlterField("reading", "older", models.TextField(blank=True, default="")),
        migrations.AlterField("conversation", "older", models.TextField(blank=True, default="")),
    ]
