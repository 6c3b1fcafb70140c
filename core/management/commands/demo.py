"""`manage.py demo`: a small company with a past, to look around in. Only in a database without people; asks nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import transaction
from django.utils import timezone, translation
from django.utils.module_loading import autodiscover_modules

from core import demo_people, stamps
from core.access.models import User
from core.defaults import install
from core.demo import Story, tell


class Command(BaseCommand):
    help = "Make the demo organisation: twelve people, their customers and two years of work. Does nothing where there are people."

    def handle(self, *args: Any, **options: Any) -> None:
        autodiscover_modules("demo")
        with transaction.atomic(), stamps.held(), translation.override("en"), timezone.override(settings.TIME_ZONE):
            if User.objects.exists():
                self.stdout.write("There are people in this database already; the demo organisation is for an empty one.")
                return
            install()
            tell(Story())
        text = demo_people.logins()
        (settings.VAR / "demo-logins.txt").write_text(text)
        self.stdout.write(text)
