"""The bench itself: its sums are right, its report keeps people's words, and it runs from end to end."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime
from pathlib import Path

import pytest

pytest.importorskip("jinja2")

from bench import database, table
from bench.client import Answer, Samples, percentile, token

ROOT = Path(__file__).resolve().parents[2]


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(n) for n in range(1, 101)]

    assert (percentile(values, 50), percentile(values, 95), percentile([7.0], 95)) == (50.0, 95.0, 7.0)


def test_samples_keep_the_largest_number_of_queries() -> None:
    samples = Samples()
    for took, queries in ((3.0, 8), (1.0, 9), (2.0, 8)):
        samples.add(Answer(200, b"x", "", took, queries=queries))

    assert (samples.p50, samples.p95, samples.queries) == (2.0, 3.0, 9)


def test_a_missed_goal_is_said() -> None:
    lines = [
        table.Line("list", "1 ms", goal="≤ 2×", met=True),
        table.Line("search", "90 ms", met=False),
        table.skipped("import", "not there"),
    ]

    made = table.table(lines)

    assert made.count("**missed**") == 1
    assert "skipped: not there" in made
    assert len({row.count("|") for row in made.splitlines()}) == 1


def test_the_report_replaces_its_own_section_only(tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text("Before.\n<!-- bench: x begin -->\nold\n<!-- bench: x end -->\nAfter.\n")

    table.put(page, "x", table.report([table.Line("list", "1 ms")], ["2 cores"], datetime(2026, 1, 2)))

    text = page.read_text()
    assert text.startswith("Before.\n") and text.endswith("After.\n")
    assert "old" not in text and "| list | 1 ms |" in text and "2026-01-02" in text


def test_docs_have_a_place_for_both_databases() -> None:
    text = (ROOT / "docs" / "performance.md").read_text()

    assert all(f"<!-- bench: bench {kind} begin -->" in text for kind in ("postgres", "sqlite"))


def test_the_bench_has_a_database_of_its_own(tmp_path: Path) -> None:
    assert database.address("postgres", "postgres://me:pw@db:5432/enishi", tmp_path) == "postgres://me:pw@db:5432/enishi_bench"
    assert database.address("sqlite", "postgres://ignored", tmp_path) == f"sqlite:///{tmp_path}/bench.sqlite3"
    assert database.shares(1000) == {"leads": 1000, "contacts": 1000, "accounts": 200, "deals": 500, "activities": 3000}


def test_the_token_of_a_form_is_found() -> None:
    assert token('<input type="hidden" name="csrfmiddlewaretoken" value="abc">') == "abc"


@pytest.mark.skipif(not os.environ.get("ENISHI_SLOW"), reason="loads and serves: a minute; ENISHI_SLOW=1")
def test_the_bench_runs_from_end_to_end() -> None:
    """PLT-2: bin/bench needs nothing but a database."""
    command = [sys.executable, "-m", "bench", "--size", "1000", "--db", "sqlite", "--times", "3", "--rows", "500"]

    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600, check=False)

    assert "| list, first page, sees all |" in answer.stdout, answer.stderr[-2000:]
    assert "skipped" not in answer.stdout
