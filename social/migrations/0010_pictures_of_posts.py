"""What pictures posts have."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("social", "0009_names_to_look_for")]

    operations = [
        migrations.AddField("post", "pictures", models.JSONField(default=list, editable=False)),
    ]
