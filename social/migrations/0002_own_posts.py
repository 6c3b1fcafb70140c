"""A kind for posts of our own that answer nobody, in installations that have the list of kinds already."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import migrations


def add(apps: Any, _editor: Any) -> None:
    choice = apps.get_model("core", "Choice")
    kinds = choice.objects.filter(module="social.post", field="kind")
    if kinds.exists() and not kinds.filter(value="post").exists():
        last = max(kinds.values_list("position", flat=True))
        like = kinds.order_by("pk").first()
        like.pk, like.value, like.label_en, like.label_ja, like.hue, like.position = None, "post", "Post", "投稿", 3, last + 1
        like.save()


class Migration(migrations.Migration):
    dependencies: ClassVar = [("social", "0001_initial"), ("core", "0021_networks")]

    operations: ClassVar = [migrations.RunPython(add, migrations.RunPython.noop)]
