"""Saying no to mass mail, for those who get it: a link of their own, sealed, that works for as long as its key does (P2).

Who stops is remembered by address, and on the record the mail was written on. Mail that is written to them alone still goes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from cryptography.fernet import InvalidToken
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from core import clock
from core.actor import Actor
from core.module.registry import UnknownModule
from core.module.registry import module as find_module
from core.record import write
from core.remote.secrets import box

from .models import Mail, Suppression

_FOR = "mail-stop"


@dataclass(frozen=True)
class Stop:
    """Whom a link is for."""

    email: str
    module: str
    record_id: int


def sealed(mail: Mail) -> str:
    """What stands in the link of one receiver: sealed, so that no address is in a log, and nobody makes one for another."""
    return box().encrypt(json.dumps([_FOR, mail.to, mail.module, mail.record_id]).encode()).decode().rstrip("=")


def unsealed(text: str) -> Stop | None:
    """Whom a link is for; None for anything we did not make."""
    try:
        held = json.loads(box().decrypt(f"{text}{'=' * (-len(text) % 4)}".encode()))
    except (InvalidToken, ValueError, TypeError):
        return None
    return Stop(*held[1:]) if isinstance(held, list) and len(held) == 4 and held[0] == _FOR else None


def address_of(mail: Mail) -> str:
    """Where the receiver of a mail can stop it."""
    return f"{settings.BASE_URL.rstrip('/')}{reverse('mail-stop', args=[sealed(mail)])}"


def masked(email: str) -> str:
    """An address as its owner knows it again, and nobody else: t•••@example.co.jp."""
    local, _at, domain = email.rpartition("@")
    return f"{local[:1]}•••@{domain}"


@transaction.atomic
def stop(asked: Stop) -> None:
    """No more mass mail to this address, from now on. Asked again, nothing happens."""
    email = asked.email.casefold()
    Suppression.objects.get_or_create(email=email, defaults={"why": Suppression.ASKED, "at": clock.now()})
    try:
        module = find_module(asked.module)
    except UnknownModule:
        return
    if "email_opt_out" not in module.fields:
        return
    record = module.model._default_manager.select_for_update().filter(pk=asked.record_id, deleted_at__isnull=True).first()
    if record is None or module.fields["email_opt_out"].value(record):
        return
    if email in {str(getattr(record, key, "") or "").casefold() for key, one in module.fields.items() if one.kind.key == "email"}:
        write.update(record, actor=Actor.system(), kind="unsubscribed", email_opt_out=True)
