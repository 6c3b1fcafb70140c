"""The Monitor is narrowed to a kind of posts, and to ours, by indexes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("social", "0010_pictures_of_posts")]

    operations = [
        migrations.AddIndex(
            "post",
            models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["kind", "-said_at", "-id"], name="post_kindsaidat"),
        ),
        migrations.AddIndex(
            "post",
            models.Index(
                condition=models.Q(("deleted_at__isnull", True), ("ours", True)), fields=["-said_at", "-id"], name="post_ours"
            ),
        ),
    ]
