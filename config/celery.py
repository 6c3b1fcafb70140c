"""The Celery application. Messages carry row ids only; the rows know what is left (docs/architecture.md)."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("enishi")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["core.work"], related_name="tasks")
