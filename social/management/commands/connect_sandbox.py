"""`manage.py connect_sandbox`: connect the demo organisation's accounts at the stand-in networks, by the real sign-in."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from core.access.models import User
from core.record.write import Refused
from core.remote.errors import RemoteError
from core.remote.network import networks
from core.remote.oauth import SignInRefused
from social.connecting import connect_sandbox
from social.models import Brand, Channel


class Command(BaseCommand):
    help = "Connect the brand to each sandbox network that runs and at which nothing is connected yet. Never to a real network."

    def handle(self, *args: Any, **options: Any) -> None:
        brand, owner = Brand.objects.order_by("pk").first(), User.objects.filter(level="account").order_by("pk").first()
        known = set(Channel.objects.values_list("network", flat=True))
        wanted = sorted(one.key for one in networks() if one.streams and one.client_id and one.key not in known)
        if not wanted or brand is None or owner is None:
            self.stdout.write("Nothing to connect.")
            return
        for key in wanted:
            try:
                connect_sandbox(owner, brand, key=key)
            except (Refused, RemoteError, SignInRefused) as error:
                # The channel can be connected by hand later; the demo is no worse otherwise.
                self.stderr.write(f"The sandbox could not be connected: {error}")
        for one in Channel.objects.filter(network__in=wanted):
            self.stdout.write(f"Connected @{one.handle}.")
