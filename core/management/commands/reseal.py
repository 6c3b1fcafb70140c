"""After a key was put in front of FIELD_KEYS: seal everything with it, so that the old key may go."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core.remote import secrets
from core.signin import factor


class Command(BaseCommand):
    help = "Seal all secrets with the newest of FIELD_KEYS."

    def handle(self, *args: Any, **options: Any) -> None:
        told = [secrets.reseal(), factor.reseal()]
        self.stdout.write(f"{sum(done for done, _broken in told)} resealed, {sum(broken for _done, broken in told)} that no key opens.")
