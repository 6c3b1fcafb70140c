"""`manage.py setup_link`: print the address at which the first person of an empty installation sets it up."""

from typing import Any

from django.core.management.base import BaseCommand

from core.access import setup


class Command(BaseCommand):
    help = "Print the one-time set-up address of an empty installation."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(setup.link() if setup.is_empty() else "This installation is set up already.")
