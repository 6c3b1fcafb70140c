from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


# Switches that code asks for from now on, and what a profile must have held to keep what it could do.
NEW = {"export": "", "social": "", "views_all": "reports_all"}


def keep(apps: Any, schema_editor: Any) -> None:
    """Nobody loses what they could do: switches that decide from now on are on where their holders could do it before."""
    for profile in apps.get_model("core", "Profile").objects.filter(built_in=False):
        held = list(profile.features)
        held += [new for new, before in NEW.items() if new not in held and (not before or before in held)]
        if held != profile.features:
            profile.features = held
            profile.save(update_fields=["features"])


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0012_mailings'),
    ]

    operations = [
        migrations.CreateModel(
            name='Group',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=100, unique=True, verbose_name='name')),
                ('note', models.CharField(blank=True, max_length=200, verbose_name='what it is for')),
            ],
            options={
                'verbose_name': 'group',
                'verbose_name_plural': 'groups',
                'ordering': ['name'],
            },
        ),
        migrations.AddField(
            model_name='role',
            name='peers',
            field=models.CharField(blank=True, choices=[('', 'Each sees their own'), ('read', "They read one another's"), ('write', "They read and edit one another's")], default='', max_length=5, verbose_name='records of the same role'),
        ),
        migrations.CreateModel(
            name='SharingRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('module', models.CharField(max_length=60)),
                ('source', models.CharField(blank=True, default='', max_length=24, verbose_name='owned by')),
                ('criteria', models.JSONField(blank=True, default=dict, verbose_name='that meet')),
                ('target', models.CharField(max_length=24, verbose_name='shared with')),
                ('level', models.CharField(choices=[('read', 'Read'), ('write', 'Read and edit')], default='read', max_length=5, verbose_name='may')),
            ],
            options={
                'verbose_name': 'sharing rule',
                'verbose_name_plural': 'sharing rules',
                'ordering': ['module', 'pk'],
                'constraints': [models.CheckConstraint(condition=models.Q(('level__in', ['read', 'write'])), name='rule_level_known')],
            },
        ),
        migrations.CreateModel(
            name='GroupMember',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('party', models.CharField(max_length=24)),
                ('group', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='members', to='core.group')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('group', 'party'), name='one_member_per_party')],
            },
        ),
        migrations.CreateModel(
            name='Share',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('module', models.CharField(max_length=60)),
                ('record_id', models.BigIntegerField()),
                ('whom', models.CharField(max_length=24, verbose_name='with whom')),
                ('level', models.CharField(choices=[('read', 'Read'), ('write', 'Read and edit')], default='read', max_length=5, verbose_name='may')),
                ('at', models.DateTimeField(verbose_name='shared')),
                ('until', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL, verbose_name='shared by')),
            ],
            options={
                'verbose_name': 'share',
                'verbose_name_plural': 'shares',
                'indexes': [models.Index(fields=['whom', 'module', 'record_id'], name='share_by_party'), models.Index(condition=models.Q(('until__isnull', False)), fields=['until'], name='share_that_ends')],
                'constraints': [models.UniqueConstraint(fields=('module', 'record_id', 'whom'), name='one_share_per_party'), models.CheckConstraint(condition=models.Q(('level__in', ['read', 'write'])), name='share_level_known')],
            },
        ),
        migrations.RunPython(keep, migrations.RunPython.noop),
    ]
