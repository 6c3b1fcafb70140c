"""The database's own guard of the audit log: whoever writes past the application is refused, too."""

from __future__ import annotations

from typing import Any

from django.db import connections

TABLE = "core_auditentry"
_REFUSE = f"ON {TABLE} BEGIN SELECT RAISE(ABORT, 'audit log is only added to'); END"
_SQLITE = {
    "update": f"CREATE TRIGGER IF NOT EXISTS audit_no_update BEFORE UPDATE {_REFUSE}",
    "delete": f"CREATE TRIGGER IF NOT EXISTS audit_no_delete BEFORE DELETE {_REFUSE}",
}
_POSTGRES = (
    "CREATE OR REPLACE FUNCTION audit_only_added() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'audit log is only added to'; END $$",
    "DROP TRIGGER IF EXISTS audit_only_added ON core_auditentry",
    "CREATE TRIGGER audit_only_added BEFORE UPDATE OR DELETE ON core_auditentry FOR EACH ROW EXECUTE FUNCTION audit_only_added()",
)
_OFF = {
    "sqlite": ("DROP TRIGGER IF EXISTS audit_no_update", "DROP TRIGGER IF EXISTS audit_no_delete"),
    "postgresql": ("DROP TRIGGER IF EXISTS audit_only_added ON core_auditentry", "DROP FUNCTION IF EXISTS audit_only_added()"),
}


def guard(connection: Any) -> None:
    """Let the database refuse to change or delete a row of the audit log."""
    statements = tuple(_SQLITE.values()) if connection.vendor == "sqlite" else _POSTGRES
    _run(connection, statements)


def after_migrate(sender: Any, using: str, **_more: Any) -> None:
    """Called after every migrate, so that a database made in any way is guarded."""
    connection = connections[using]
    if sender.name == "core" and TABLE in connection.introspection.table_names():
        guard(connection)


def unguard(connection: Any) -> None:
    """Take the guard away: for a migration back, and for tests that empty all tables."""
    _run(connection, _OFF[connection.vendor])


def _run(connection: Any, statements: tuple[str, ...]) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
