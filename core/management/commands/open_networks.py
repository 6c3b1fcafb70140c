"""Let people in from everywhere again: for whoever runs the machine, when the allowed networks lock everybody out."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core.actor import Actor
from core.signin import policy


class Command(BaseCommand):
    help = "Empty the list of allowed networks (admin console, Security)."

    def handle(self, *args: Any, **options: Any) -> None:
        policy.change(Actor.system(), address="", networks=[])
        self.stdout.write("People may come in from every network.")
