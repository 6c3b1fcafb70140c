"""The lines of the report, and how they are written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"


@dataclass
class Line:
    """One measured thing: what it took, what the limit was, and what we want."""

    work: str
    took: str
    p95: str = ""
    server: str = ""
    queries: str = ""
    limit: str = ""
    ratio: str = ""
    goal: str = ""
    met: bool | None = None


def skipped(work: str, why: str) -> Line:
    return Line(work, f"skipped: {why}")


HEADS = ("work", "p50", "p95", "processor, waiting for SQL", "queries", "limit in this run", "ratio", "goal", "")


def table(lines: list[Line]) -> str:
    rows = [HEADS, ("---",) * len(HEADS)]
    rows += [(one.work, one.took, one.p95, one.server, one.queries, one.limit, one.ratio, one.goal, _mark(one.met)) for one in lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)


def _mark(met: bool | None) -> str:
    return "" if met is None else "met" if met else "**missed**"


def report(lines: list[Line], facts: list[str], now: datetime) -> str:
    """The whole section as it stands in docs/performance.md."""
    listed = "\n".join(f"- {fact}" for fact in facts)
    return f"Measured on {now:%Y-%m-%d}.\n\n{listed}\n\n{table(lines)}\n"


def put(path: Path, name: str, text: str) -> None:
    """Replace the section `name` between its marks; the words around it are people's."""
    whole = path.read_text()
    begin, end = BEGIN.replace("begin", f"{name} begin"), END.replace("end", f"{name} end")
    if begin not in whole:
        raise SystemExit(f"{path} has no section {begin}.")
    head, rest = whole.split(begin, 1)
    tail = rest.split(end, 1)[1]
    path.write_text(f"{head}{begin}\n\n{text}\n{end}{tail}")
