"""What admins do to the table of exchange rates: the only code that writes it. Each act leaves an event for the audit log and
is seen by every process at its next request."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from core.actor import Actor
from core.event.emit import emit_one
from core.money.models import Rate
from core.organisation.settings import home_currency
from core.record.write import Refused
from core.stamps import bump


def _told(row: Rate, actor: Actor, changes: dict[str, list[Any]], act: str) -> None:
    emit_one("core.rate", row, "configured", actor, changes, act=act, label=row.currency)
    bump("rates")


def plain(value: Any) -> Any:
    """As it stands in an event: no needless zeros, dates as text."""
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return value.isoformat() if isinstance(value, date) else value


def _kept(row: Rate) -> None:
    """Save, or say that the day is taken. The savepoint keeps the transaction usable after a refusal."""
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as error:
        raise Refused(_("There is a rate of this currency from this day on already. Change that one.")) from error


@transaction.atomic
def add_rate(*, actor: Actor, **values: Any) -> Rate:
    """A new rate into the present home currency."""
    row = Rate(home=home_currency(), **values)
    _kept(row)
    _told(row, actor, {name: [None, plain(value)] for name, value in values.items() if name != "currency"}, "added")
    return row


@transaction.atomic
def change_rate(row: Rate, *, actor: Actor, **values: Any) -> None:
    """Another amount or day. The currency of a rate stays: a rate of another one is another row."""
    changes = {name: [plain(getattr(row, name)), plain(value)] for name, value in values.items() if getattr(row, name) != value}
    if not changes:
        return
    for name, value in values.items():
        setattr(row, name, value)
    _kept(row)
    _told(row, actor, changes, "changed")


@transaction.atomic
def delete_rate(row: Rate, *, actor: Actor) -> None:
    """Take a rate away; the one before it then holds on."""
    _told(row, actor, {name: [plain(getattr(row, name)), None] for name in ("rate", "valid_from")}, "deleted")
    row.delete()
