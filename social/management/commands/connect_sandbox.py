"""`manage.py connect_sandbox`: connect the demo organisation's X account at the stand-in network, by the real sign-in."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from core.access.models import User
from core.record.write import Refused
from core.remote.errors import RemoteError
from core.remote.oauth import SignInRefused
from social.connecting import connect_sandbox
from social.models import Brand, Channel


class Command(BaseCommand):
    help = "Connect the brand to the sandbox network, if it runs and nothing is connected yet. Never to a real network."

    def handle(self, *args: Any, **options: Any) -> None:
        brand, owner = Brand.objects.order_by("pk").first(), User.objects.filter(level="account").order_by("pk").first()
        if not settings.X_CLIENT_ID or brand is None or owner is None or Channel.objects.exists():
            self.stdout.write("Nothing to connect.")
            return
        try:
            channel = connect_sandbox(owner, brand)
        except (Refused, RemoteError, SignInRefused) as error:
            # The channel can be connected by hand later; the demo is no worse otherwise.
            self.stderr.write(f"The sandbox could not be connected: {error}")
            return
        self.stdout.write(f"Connected @{channel.handle}.")
