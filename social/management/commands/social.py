"""`manage.py social poll|items|send|status`: social media for whoever runs the machine (docs/operations.md).

Ends with 0 when all is done, 1 when it was asked wrongly, 2 when something could not be done or needs a person.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.timezone import localtime

from core.exchange.models import FAILED, HELD, UNKNOWN
from social import operating

UNDONE = 2
# A terminal obeys control characters; what strangers wrote must not command it.
_COMMANDS = re.compile(r"[\x7f-\x9f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def plain(text: object) -> str:
    """Words from outside, on one line and without anything a terminal would obey."""
    return " ".join("".join(sign if sign.isprintable() or sign in "\u200d\ufe0f" else " " for sign in str(text)).split())


def line(values: dict[str, Any]) -> str:
    """One object as one line of JSON."""
    made = json.dumps(values, ensure_ascii=False)
    return _COMMANDS.sub(lambda found: f"\\u{ord(found[0]):04x}", made)


def when(text: str | None) -> str:
    """A moment in the server's zone, for people."""
    return f"{localtime(datetime.fromisoformat(text)):%Y-%m-%d %H:%M:%S}" if text else "-"


class Command(BaseCommand):
    help = "Read channels, list what is stored, send what waits, and tell how it all stands."

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True, metavar="poll|items|send|status")
        poll = verbs.add_parser("poll", help="read what is due now, or the streams you name; prints what came")
        poll.add_argument("--stream", action="append", default=[], metavar="NUMBER|@HANDLE", help="due or not; may be repeated")
        items = verbs.add_parser("items", help="what is stored, newest first")
        items.add_argument("--network", default="", help="such as x")
        items.add_argument("--channel", default="", metavar="NETWORK:@HANDLE")
        items.add_argument("--kind", default="", help="such as mention, reply or post")
        items.add_argument("--since", default="", metavar="TIME", help="2026-11-30, 2026-11-30T09:00, 90m, 24h, 7d; by the network's time")
        items.add_argument("--limit", type=int, default=50, help="0 for all")
        send = verbs.add_parser("send", help="work the outbox now, or show what became of one delivery")
        send.add_argument("--show", type=int, metavar="NUMBER", help="of the delivery; nothing is sent")
        send.add_argument("--limit", type=int, default=0, help="at most so many; 0 for all that are due")
        send.add_argument("--private", action="store_true", help="with the words of private messages")
        status = verbs.add_parser("status", help="sign-ins, limits, streams, outbox; no token is ever shown")
        status.add_argument("--check", action="store_true", help="end with 2 if a person has to do something")
        for one in (poll, items, send, status):
            one.add_argument("--json", action="store_true", help="one JSON object a line; of status, one")

    def handle(self, *args: Any, **asked: Any) -> None:
        work: Callable[[dict[str, Any]], str] = getattr(self, f"_{asked['verb']}")
        if asked.get("limit", 0) < 0:
            raise CommandError("--limit: 0 or more.")
        try:
            problem = work(asked)
        except operating.Unclear as error:
            raise CommandError(plain(error)) from error
        if problem:
            raise CommandError(problem, returncode=UNDONE)

    def _poll(self, asked: dict[str, Any]) -> str:
        from core import clock

        chosen = operating.streams(asked["stream"]) if asked["stream"] else operating.due(clock.now())
        total = new = 0
        undone = []
        for stream in chosen:
            told = operating.read(stream)
            total, new = total + 1, new + told["new"]
            if told["error"]:
                undone.append(told)
            if asked["json"]:
                self.stdout.write(line(told))
                continue
            self.stdout.write(f"#{told['stream']} {_named(told)}: {told['new']} new; next at {when(told['next_due'])}")
            for one in told["items"]:
                self.stdout.write(f"    {_said(one)}")
            if told["error"]:
                self.stderr.write(f"    {told['error']}: {plain(told['why'])}")
        if not asked["json"]:
            self.stdout.write(f"{total} streams read, {new} new." if total else "Nothing is due.")
        return f"{len(undone)} of {total} streams could not be read to the end." if undone else ""

    def _items(self, asked: dict[str, Any]) -> str:
        names = {name: asked[name] for name in ("channel", "kind", "since", "limit")}
        for one in operating.items(network_key=asked["network"], **names):
            self.stdout.write(line(one) if asked["json"] else f"#{one['id']} {one['network']} {one['channel']} {one['kind']} {_said(one)}")
        return ""

    def _send(self, asked: dict[str, Any]) -> str:
        if asked["show"] is not None:
            self._fates([operating.delivery(asked["show"])], asked)
            return ""
        rows = self._fates(operating.send(asked["limit"]), asked)
        if not asked["json"]:
            self.stdout.write(f"{len(rows)} deliveries had their turn." if rows else "Nothing waits to be sent.")
        bad = [row for row in rows if row.state in {FAILED, HELD, UNKNOWN}]
        return f"{len(bad)} of {len(rows)} were not sent, or may not have been." if bad else ""

    def _fates(self, rows: Iterable[Any], asked: dict[str, Any]) -> list[Any]:
        met = []
        for row in rows:
            met.append(row)
            told = operating.fate(row, private=asked["private"])
            self.stdout.write(line(told) if asked["json"] else _fate(told))
        return met

    def _status(self, asked: dict[str, Any]) -> str:
        told = operating.status()
        if asked["json"]:
            self.stdout.write(line(told))
        else:
            self._tables(told)
        return f"{len(told['needs'])} things need a person." if asked["check"] and told["needs"] else ""

    def _tables(self, told: dict[str, Any]) -> None:
        self._table(
            "Sign-ins",
            ("network", "account", "kind", "owner", "state", "ends", "last good call"),
            [
                (one["network"], one["account"], one["kind"], one["owner"], _state(one), _ends(one), when(one["last_ok_at"]))
                for one in told["credentials"]
            ],
        )
        limits = told["budgets"]
        self._table(
            "Limits" if limits is not None else "Limits: Redis does not answer",
            ("network", "account", "calls", "used", "left", "of", "counted anew in"),
            [
                (*(one[name] for name in ("network", "account", "calls", "used", "left", "limit")), _span(one["resets_in"]))
                for one in limits or ()
            ],
        )
        self._table(
            "Spending, US dollars",
            ("network", "today", "of", "month", "of", ""),
            [
                (
                    one["network"],
                    _dollars(one["today"]),
                    _dollars(one["today_limit"]),
                    _dollars(one["month"]),
                    _dollars(one["month_limit"]),
                    one["over"],
                )
                for one in told["spending"]
            ],
        )
        self._table(
            "Streams, the one due first on top",
            ("#", "channel", "waits for its turn", "read whole", "every", "next", "last error"),
            [
                (
                    one["stream"],
                    _named(one),
                    _span(one["lag"]),
                    _ago(one["unread_for"]),
                    _span(one["interval"]),
                    when(one["next_due"]),
                    one["last_error"],
                )
                for one in told["streams"]
            ],
        )
        outbox = told["outbox"]
        self._table("Outbox", tuple(outbox["counts"]), [tuple(outbox["counts"].values())])
        for one in outbox["look_at"]:
            self.stdout.write(f"  {_fate(one)}")
        self.stdout.write("\nWhat needs a person" if told["needs"] else "\nNothing needs a person.")
        for words in told["needs"]:
            self.stdout.write(f"  {plain(words)}")

    def _table(self, title: str, heads: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        cells = [[plain(cell) if cell not in (None, "") else "-" for cell in row] for row in rows]
        widths = [max(len(head), *(len(row[at]) for row in cells), 0) if cells else len(head) for at, head in enumerate(heads)]
        self.stdout.write(f"\n{title}")
        if not rows:
            self.stdout.write("  none")
            return
        for row in (heads, *cells):
            self.stdout.write("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _named(one: dict[str, Any]) -> str:
    return plain(f"{one['network']}:{one['channel']} {one['kind']} {one['argument']}")


def _said(one: dict[str, Any]) -> str:
    author = f"@{one['handle']}" if one["handle"] else one["author"]
    return plain(f"{when(one['said_at'])} {author}: {one['text']}")


def _fate(one: dict[str, Any]) -> str:
    text = "(private; --private shows it)" if one["text"] is None else one["text"]
    reason = f" ({one['why']})" if one["why"] else ""
    at = f", there as {one['outside_id']}" if one["outside_id"] else ""
    return plain(f"#{one['id']} {one['network']}:{one['as']} {one['action']} {one['state']}{reason}{at}: {text}")


def _state(one: dict[str, Any]) -> str:
    return f"{one['state']} ({one['reason']})" if one["reason"] else str(one["state"])


def _ends(one: dict[str, Any]) -> str:
    if one["renews_itself"]:
        return "renews itself"
    return when(one["expires_at"]) if one["expires_at"] else "never"


def _dollars(value: float | None) -> str:
    return "-" if value is None else f"{value:,.3f}"


def _span(seconds: int | None) -> str:
    if seconds is None:
        return "-"
    if seconds < 120:
        return f"{seconds} s"
    return f"{seconds // 60} min" if seconds < 7_200 else f"{seconds // 3_600} h"


def _ago(seconds: int | None) -> str:
    return "never" if seconds is None else f"{_span(seconds)} ago"
