"""What Django's migrations cannot say of the index: grams, their index, the sorted heads of the keys."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.signals import post_migrate

from core.search.backends import backend

_TABLE = "core_searchentry"


def ensure(connection: BaseDatabaseWrapper) -> None:
    """Add what is missing. Safe to call again and again; does nothing before the table itself is there."""
    with connection.cursor() as cursor:
        names = connection.introspection.table_names(cursor)
    if _TABLE in names:
        backend(connection).ensure(connection)


def clear(connection: BaseDatabaseWrapper) -> None:
    """Empty the index, before all is stored anew."""
    backend(connection).clear(connection)


def connect() -> None:
    """Have `ensure` called after every migrate; tests without migrations get the index that way."""
    post_migrate.connect(_after_migrate, dispatch_uid="core.search.schema")


def _after_migrate(sender: AppConfig, using: str, **_: Any) -> None:
    if sender.name == "core":
        ensure(connections[using])
