"""`bin/bench`: load, serve, measure, and print a table; `--write` keeps it in docs/performance.md."""

from __future__ import annotations

import argparse
import os
import platform
import re
import signal
import socket
import sys
import tempfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from bench import database, organisation, story
from bench.server import Server
from bench.table import Line, put, report

ROOT = Path(__file__).resolve().parent.parent
BUSY = 2_000
PARTS = ("list", "rights", "search", "record", "save", "day", "import", "export", "bulk", "twins", "social", "keywords")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench", description="Measure every kind of page over a million records.")
    parser.add_argument("--size", type=int, default=1_000_000, help="leads; contacts are as many, accounts a fifth, deals a half")
    parser.add_argument("--activities", type=int, help="three to a lead unless told")
    parser.add_argument("--db", choices=("postgres", "sqlite"), default="postgres")
    parser.add_argument("--url", default=os.environ.get("DATABASE_URL", "postgres://postgres@127.0.0.1:5432/postgres"), help="the server")
    parser.add_argument("--name", default=database.NAME, help="of the database: two runs side by side need two")
    parser.add_argument("--only", default="", help=f"some of {','.join(PARTS)}")
    parser.add_argument("--times", type=int, default=60, help="requests of each kind")
    parser.add_argument("--rows", type=int, default=100_000, help="of the import, the export and the bulk edit")
    parser.add_argument("--keep", action="store_true", help="use the loaded database again, and leave it there")
    parser.add_argument("--write", action="store_true", help="put the table into docs/performance.md")
    asked = parser.parse_args()
    if not re.fullmatch(r"[a-z][a-z0-9_]{0,40}", asked.name):
        parser.error("--name is made of small letters, digits and _")
    asked.only = asked.only.split(",") if asked.only else list(PARTS)
    if unknown := set(asked.only) - set(PARTS):
        parser.error(f"--only knows {', '.join(PARTS)}; not {', '.join(sorted(unknown))}")
    return asked


def main() -> int:
    asked = arguments()
    # Ended from outside, the web server and the database go, too.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(143))
    with tempfile.TemporaryDirectory(prefix="enishi-bench-") as made:
        var = ROOT / "var" / "bench" if asked.keep else Path(made)
        var.mkdir(parents=True, exist_ok=True)
        url = database.address(asked.db, asked.url, var, asked.name)
        if not asked.keep:
            database.drop(url)
        database.create(url)
        os.environ.update(ENISHI_ENV="embedded", ENISHI_VAR=str(var), DATABASE_URL=url, DJANGO_SETTINGS_MODULE="bench.settings")
        os.environ.setdefault("LOG_LEVEL", "WARNING")
        try:
            lines, facts = measured(asked, var)
        finally:
            _close()
            if not asked.keep:
                database.drop(url)
    text = report(lines, facts, datetime.now())  # noqa: DTZ005 - the day of the one who measures
    print(text)
    if asked.write:
        put(ROOT / "docs" / "performance.md", f"bench {asked.db}", text)
    return 1 if any(one.met is False for one in lines) else 0


def measured(asked: argparse.Namespace, var: Path) -> tuple[list[Line], list[str]]:
    import django

    django.setup()
    loaded = database.fill(asked.size, asked.activities)
    print(loaded, file=sys.stderr, flush=True)
    activities = database.shares(asked.size, asked.activities)["activities"]
    said = f"{asked.size:,} leads and {activities:,} activities; contacts, accounts and deals in proportion. {loaded}"
    facts = [_machine(asked.db), said]
    storied, others = story.tell(), _others()
    organisation.share()
    server = Server(ROOT, _free_port(), os.environ, var / "web.log")
    try:
        facts.append(
            f"Load of the machine by other work when it began: {os.getloadavg()[0]:.1f}. Above 0.5, look at processor times and ratios."
        )
        lines = _pages(asked, server, storied, others)
    finally:
        server.stop()
    from bench import jobs, keywords, social

    later: dict[str, Callable[[int], list[Line]]] = {
        "export": jobs.exports,
        "import": jobs.imports,
        "bulk": jobs.bulks,
        "twins": jobs.twins,
        "social": social.polling,
        "keywords": lambda rows: keywords.rules(2 * rows),
    }
    for name, run in later.items():
        if name in asked.only:
            lines += _tried(name, lambda run=run: run(asked.rows))  # type: ignore[misc]
    return lines, facts


def _pages(asked: argparse.Namespace, server: Server, storied: dict[str, int], others: list[int]) -> list[Line]:
    from bench import days, pages
    from bench.client import Browser
    from core.access.gate import rights
    from core.access.models import User
    from crm.models import Lead

    rep = User.objects.get(email="manager0@bench.example")
    from bench.organisation import MEASURED

    browsers = [Browser(server.port, database.session(f"{name}@bench.example")) for name in ("admin", "manager0")]
    measured = {name: Browser(server.port, database.session(f"{name}@bench.example")) for name in MEASURED}
    first = browsers[0].get("/crm/leads/").took / 1000
    bench = pages.Bench(*browsers, rep_id=rep.pk, team=[rep.pk, *rights(rep).team], times=asked.times)
    rare = Lead.objects.get(pk=others[0])
    phone = rare.phone.translate({ord(a): chr(ord(a) + 0xFEE0) for a in "0123456789-"})
    work: dict[str, Callable[[], list[Line]]] = {
        "list": lambda: pages.lists(bench),
        "rights": lambda: pages.rights(bench, measured) + pages.changes(bench, measured, others[102]),
        "search": lambda: pages.searches(bench, rare.email, phone),
        "record": lambda: pages.records(bench, storied),
        "save": lambda: pages.saves(bench, others[1:101]),
        "day": lambda: days.days(bench, storied["leads"], others[101]),
    }
    lines = [line for name, run in work.items() if name in asked.only for line in _tried(name, run)]
    started = server.cold + first
    lines.append(Line("start of the web server to the first list", f"{started:.1f} s", goal="≤ 2 s", met=started <= 2))
    held = server.memory()
    goal = "≤ 120 MB a process"
    lines.append(
        Line("memory of the web processes (PSS)", " + ".join(f"{part:.0f}" for part in held) + " MB", goal=goal, met=max(held) <= 120)
    )
    return lines


def _tried(name: str, run: Callable[[], list[Line]]) -> list[Line]:
    print(f"  {name} …", file=sys.stderr, flush=True)
    return run()


def _others() -> list[int]:
    """Leads without a story: one to look for, a hundred to save, one that is given 2,000 activities, and one that changes hands."""
    from core.access.models import User
    from crm.models import Activity, Lead

    ids = list(Lead.objects.filter(deleted_at=None).order_by("pk").values_list("pk", flat=True)[20:123])
    if Activity.objects.filter(lead_id=ids[101]).count() < BUSY:
        database.busy(ids[101], User.objects.get(email="admin@bench.example"), BUSY)
    return ids


def _machine(kind: str) -> str:
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version" if kind == "postgres" else "SELECT sqlite_version()")
        version = cursor.fetchone()[0]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    name = "PostgreSQL" if kind == "postgres" else "SQLite"
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}, {name} {version}; 2 gunicorn processes of 4 threads."
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _close() -> None:
    from django.apps import apps
    from django.db import connections

    if apps.ready:
        connections.close_all()


if __name__ == "__main__":
    sys.exit(main())
