"""Those who were known before names were looked for are found by theirs, too. A part a transaction: a million of them hold up nobody."""

from django.db import migrations, transaction

from core.identity.keys import name_forms

PART = 500


def spell(apps, editor):
    """Whoever has a key already keeps it. Cut, it is begun again and goes on with those that are left."""
    alias, last = editor.connection.alias, 0
    profiles = apps.get_model("social", "Profile").objects.using(alias)
    waiting = profiles.filter(name_key="").exclude(name="").order_by("pk")
    while True:
        with transaction.atomic(using=alias):
            rows = list(waiting.filter(pk__gt=last).select_for_update().only("name")[:PART])
            for row in rows:
                row.name_key = next(iter(name_forms(row.name, "")), "")[:200]
            profiles.bulk_update(rows, ["name_key"])
        if not rows:
            return
        last = rows[-1].pk


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("social", "0012_places_of_any_length")]

    operations = [migrations.RunPython(spell, migrations.RunPython.noop, elidable=True)]
