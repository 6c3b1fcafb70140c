"""Private messages, and their streams for channels that are connected already."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone

import core.field.columns


def listen(apps: Any, _editor: Any) -> None:
    """Channels that are connected already read their private messages from now on, too."""
    channel, stream = apps.get_model("social", "Channel"), apps.get_model("social", "Stream")
    for one in channel.objects.filter(network__in=["x", "facebook"]):
        stream.objects.get_or_create(channel=one, kind="messages", argument="", defaults={"next_due": timezone.now(), "interval": 900})


class Migration(migrations.Migration):
    dependencies = [
        ("social", "0006_talk"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Conversation",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("network", models.CharField(max_length=30, verbose_name="network")),
                ("account", models.CharField(max_length=120)),
                ("outside_id", models.CharField(blank=True, default="", max_length=120)),
                ("heard_at", models.DateTimeField(null=True)),
                ("last_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField(null=True)),
                ("older", models.CharField(blank=True, default="", max_length=400)),
                ("closed", models.BooleanField(default=False)),
                ("last_error", models.CharField(blank=True, default="", max_length=30)),
                ("facts", models.JSONField(default=dict)),
                (
                    "channel",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversations",
                        to="social.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversations",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="conversations",
                        to="social.profile",
                        verbose_name="social profile",
                    ),
                ),
            ],
            options={
                "verbose_name": "conversation",
                "verbose_name_plural": "conversations",
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("created_at", models.DateTimeField(editable=False, verbose_name="created")),
                ("changed_at", models.DateTimeField(editable=False, verbose_name="changed")),
                ("version", models.PositiveIntegerField(default=1, editable=False)),
                ("deleted_at", models.DateTimeField(editable=False, null=True)),
                ("deleted_with", models.UUIDField(editable=False, null=True)),
                ("extra", models.JSONField(default=dict, editable=False)),
                (
                    "network",
                    core.field.columns.PicklistColumn(blank=True, default="", editable=False, max_length=60, verbose_name="network"),
                ),
                (
                    "outside_id",
                    core.field.columns.TextColumn(blank=True, default="", editable=False, max_length=120, verbose_name="id at the network"),
                ),
                (
                    "author_name",
                    core.field.columns.TextColumn(blank=True, default="", editable=False, max_length=200, verbose_name="author"),
                ),
                (
                    "author_handle",
                    core.field.columns.HandleColumn(blank=True, default="", editable=False, max_length=120, verbose_name="handle"),
                ),
                ("text", core.field.columns.LongTextColumn(blank=True, default="", editable=False, verbose_name="text")),
                ("attachments", models.JSONField(default=list, editable=False)),
                ("said_at", models.DateTimeField(editable=False, verbose_name="said")),
                (
                    "thread",
                    core.field.columns.TextColumn(
                        blank=True, default="", editable=False, max_length=120, verbose_name="conversation at the network"
                    ),
                ),
                ("ours", models.BooleanField(default=False, editable=False, verbose_name="ours")),
                ("deleted_on_network", models.BooleanField(default=False, editable=False, verbose_name="deleted on the network")),
                (
                    "changed_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="changed by",
                    ),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.channel",
                        verbose_name="channel",
                    ),
                ),
                (
                    "conversation",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.conversation",
                        verbose_name="conversation",
                    ),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="created by",
                    ),
                ),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
                (
                    "profile",
                    models.ForeignKey(
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="social.profile",
                        verbose_name="social profile",
                    ),
                ),
                (
                    "written_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="written by",
                    ),
                ),
            ],
            options={
                "verbose_name": "private message",
                "verbose_name_plural": "private messages",
            },
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(condition=models.Q(("owner", None)), fields=["-last_at", "-id"], name="conversation_last"),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("owner", None)), fields=("network", "account", "profile"), name="one_conversation"
            ),
        ),
        migrations.AddConstraint(
            model_name="conversation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("owner__isnull", False)), fields=("network", "account", "profile", "owner"), name="one_own_conversation"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["-changed_at", "-id"], name="message_changedat"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["-created_at", "-id"], name="message_createdat"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True)), fields=["owner", "-changed_at", "-id"], name="message_ownerchangedat"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("deleted_at__isnull", True)), fields=["-said_at", "-id"], name="message_saidat"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True)), fields=["profile", "-said_at", "-id"], name="message_profile"
            ),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("conversation", "outside_id"), name="one_message"),
        ),
        migrations.RunPython(listen, migrations.RunPython.noop),
    ]
