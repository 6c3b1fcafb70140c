"""The bench's own database: made, filled with people and load, used again when it holds just that."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench import organisation

NAME = "enishi_bench"
# What runs add to a kept database: the activities of the stories, and the leads they import.
ADDED = {"activities": 3_000, "leads": 500_000}


def shares(size: int, activities: int | None = None) -> dict[str, int]:
    """How much of everything stands beside `size` leads: three activities to a lead unless told."""
    activities = size * 3 if activities is None else activities
    return {"leads": size, "contacts": size, "accounts": size // 5, "deals": size // 2, "activities": activities}


def address(kind: str, given: str, var: Path, name: str = NAME) -> str:
    """The URL of the bench's database beside the one given."""
    if kind == "sqlite":
        return f"sqlite:///{var / 'bench.sqlite3'}"
    return urlsplit(given)._replace(path=f"/{name}").geturl()


def drop(url: str) -> None:
    if url.startswith("sqlite"):
        for ending in ("", "-wal", "-shm"):
            Path(f"{urlsplit(url).path}{ending}").unlink(missing_ok=True)
        return
    _server(url, f'DROP DATABASE IF EXISTS "{_named(url)}" WITH (FORCE)')


def create(url: str) -> None:
    """Make the database unless it is there."""
    if not url.startswith("sqlite") and not _there(url):
        _server(url, f'CREATE DATABASE "{_named(url)}"')


def _named(url: str) -> str:
    return urlsplit(url).path.lstrip("/")


def _there(url: str) -> bool:
    import psycopg2

    try:
        psycopg2.connect(url).close()
    except psycopg2.OperationalError as error:
        if "does not exist" in str(error):
            return False
        raise SystemExit(f"The database server does not answer: {error}") from error
    return True


def _server(url: str, statement: str) -> None:
    import psycopg2

    line = psycopg2.connect(urlsplit(url)._replace(path="/postgres").geturl())
    line.autocommit = True
    with line.cursor() as cursor:
        cursor.execute(statement)
    line.close()


def fill(size: int, activities: int | None = None) -> str:
    """Tables, people and load; gives a sentence about it. What is there and fits is left alone."""
    from django.core.management import call_command

    from crm.load import MODELS

    call_command("migrate", verbosity=0)
    wanted = shares(size, activities)
    held = {kind: MODELS[kind].objects.count() for kind in wanted}
    if all(wanted[kind] <= held[kind] <= wanted[kind] + ADDED.get(kind, 0) for kind in wanted):
        return "The database of the last run is used again."
    if any(held.values()):
        raise SystemExit(f"The kept database holds {held}; run once without --keep.")
    people()
    organisation.make()
    began = time.monotonic()
    call_command("generate", **wanted)
    took = time.monotonic() - began
    rows = sum(wanted.values())
    return f"Loaded {rows:,} records with their search index in {took:.0f} s ({rows / took:,.0f} rows/s)."


def busy(lead: int, boss: Any, count: int) -> None:
    """Put `count` activities on one lead, over three years back and a month ahead, seven of ten done."""
    from core import clock
    from crm.models import Activity

    now, made = clock.now(), []
    common = {"lead_id": lead, "owner": boss, "created_by": boss, "changed_by": boss}
    for number in range(count):
        due = now - timedelta(days=(number * 7) % 1100 - 30)
        kind, done = ("task", "event", "call")[number % 3], due < now and number % 10 < 7
        when = {"created_at": due, "changed_at": due, "due_on": due.date(), "starts_at": None if kind == "task" else due}
        ended = {"status": "done", "done_at": due} if done else {}
        made.append(Activity(kind=kind, subject=f"Step {number}", **common, **when, **ended))
    Activity.objects.bulk_create(made, batch_size=500)


def people() -> None:
    """Fifty people in a role tree: one who sees all, five who lead eight each, and one apart."""
    from core.access.models import AppAccess, Profile, Role, User
    from core.access.people import place
    from core.module.models import ViewChoice
    from core.stamps import bump

    profiles = {one.name: one for one in Profile.objects.all()}

    def add(name: str, profile: str, role: Role) -> User:
        user = User.objects.create_user(
            f"{name}@bench.example", "enishi-bench", family_name=name.capitalize(), profile=profiles[profile], role=role
        )
        AppAccess.objects.create(user=user, app="crm")
        return user

    def role(name: str, parent: Role | None) -> Role:
        made = Role.objects.create(name=name, parent=parent)
        place(made)
        return made

    top = role("Chief", None)
    boss = add("admin", "Administrator", top)
    ViewChoice.objects.create(user=boss, module="crm.lead", view="mine", pinned=True)
    for team in range(5):
        lead = role(f"Manager {team}", top)
        add(f"manager{team}", "Standard", lead)
        members = role(f"Sales {team}", lead)
        for number in range(8):
            add(f"rep{team}{number}", "Standard", members)
    for number in range(4):
        add(f"alone{number}", "Standard", role(f"Apart {number}", top))
    bump("users")


def session(email: str) -> str:
    """The key of a fresh session of this person."""
    from django.conf import settings
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from core.access.models import User

    user = User.objects.get(email=email)
    made = SessionStore()
    made[SESSION_KEY] = str(user.pk)
    made[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    made[HASH_SESSION_KEY] = user.get_session_auth_hash()
    made.save()
    return str(made.session_key)
