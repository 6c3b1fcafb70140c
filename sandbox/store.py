"""Where the sandbox remembers everything: one SQLite file, one process, many threads, one turn at a time."""

import contextlib
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS apps (client_id TEXT PRIMARY KEY, secret TEXT NOT NULL, redirect_uris TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS people (
  id INTEGER PRIMARY KEY, username TEXT NOT NULL COLLATE NOCASE UNIQUE, name TEXT NOT NULL, description TEXT NOT NULL,
  location TEXT NOT NULL, created_ms INTEGER NOT NULL, brand INTEGER NOT NULL, protected INTEGER NOT NULL,
  suspended INTEGER NOT NULL, followers INTEGER NOT NULL, following INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS posts (
  id INTEGER PRIMARY KEY, author INTEGER NOT NULL, text TEXT NOT NULL, created_ms INTEGER NOT NULL, lang TEXT NOT NULL,
  conversation INTEGER NOT NULL, reply_to INTEGER, reply_person INTEGER, quote_of INTEGER, retweet_of INTEGER,
  reply_settings TEXT NOT NULL, likes INTEGER NOT NULL, deleted_ms INTEGER
);
CREATE INDEX IF NOT EXISTS posts_author ON posts (author, id);
CREATE INDEX IF NOT EXISTS posts_reply_to ON posts (reply_to);
CREATE INDEX IF NOT EXISTS posts_quote_of ON posts (quote_of);
CREATE INDEX IF NOT EXISTS posts_retweet_of ON posts (retweet_of);
CREATE TABLE IF NOT EXISTS mentions (person INTEGER NOT NULL, post INTEGER NOT NULL, PRIMARY KEY (person, post)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS codes (
  code TEXT PRIMARY KEY, client_id TEXT NOT NULL, person INTEGER NOT NULL, redirect_uri TEXT NOT NULL, scope TEXT NOT NULL,
  challenge TEXT NOT NULL, expires_ms INTEGER NOT NULL, used INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS tokens (
  token TEXT PRIMARY KEY, kind TEXT NOT NULL, chain TEXT NOT NULL, client_id TEXT NOT NULL, person INTEGER, scope TEXT NOT NULL,
  expires_ms INTEGER, state TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS tokens_chain ON tokens (chain);
CREATE TABLE IF NOT EXISTS buckets (
  subject TEXT NOT NULL, endpoint TEXT NOT NULL, span_s INTEGER NOT NULL, ends_s INTEGER NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (subject, endpoint, span_s)
);
CREATE TABLE IF NOT EXISTS faults (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, remaining INTEGER NOT NULL, path_prefix TEXT NOT NULL, seconds REAL NOT NULL, status INTEGER
);
CREATE TABLE IF NOT EXISTS requests (
  id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, method TEXT NOT NULL, path TEXT NOT NULL, query TEXT NOT NULL,
  endpoint TEXT NOT NULL, username TEXT NOT NULL, status INTEGER NOT NULL, fault TEXT NOT NULL, cost_usd REAL NOT NULL
);
"""

TABLES_OF_THE_WORLD = ("people", "posts", "mentions", "buckets")
TABLES_OF_SIGN_IN = ("codes", "tokens")

Row = sqlite3.Row


class Store:
    """The file, opened once per process. Work happens inside `turn()`, which is a transaction and a lock."""

    def __init__(self, path: Path, *more_tables: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.RLock()
        # Where the sandbox was asked last, for the addresses in its answers.
        self.base = ""
        self._db = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=10)
        self._db.row_factory = sqlite3.Row
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        for tables in (SCHEMA, *more_tables):
            self._db.executescript(tables)

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """One request's turn: everything in it happens, or nothing."""
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")

    def close(self) -> None:
        """Close the file; what was committed stays."""
        with self._lock:
            self._db.close()

    def run(self, sql: str, *values: Any) -> int:
        """Execute a statement; the number of rows it touched."""
        return self._db.execute(sql, values).rowcount

    def all(self, sql: str, *values: Any) -> list[Row]:
        """All rows of a question."""
        return self._db.execute(sql, values).fetchall()

    def one(self, sql: str, *values: Any) -> Row | None:
        """The first row of a question, or nothing."""
        row: Row | None = self._db.execute(sql, values).fetchone()
        return row

    def number(self, sql: str, *values: Any) -> int:
        """The first column of the first row, 0 when there is none."""
        row = self.one(sql, *values)
        return int(row[0] or 0) if row else 0

    def setting(self, name: str, default: str) -> str:
        """A value that outlives the process."""
        row = self.one("SELECT value FROM settings WHERE name = ?", name)
        return str(row["value"]) if row else default

    def set_setting(self, name: str, value: object) -> None:
        """Remember a value."""
        self.run("INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)", name, str(value))

    def take(self, name: str) -> bool:
        """Use one of something that was ordered a number of times."""
        left = int(self.setting(name, "0"))
        if left:
            self.set_setting(name, left - 1)
        return left > 0

    def now_ms(self) -> int:
        """The sandbox's time, in milliseconds: the machine's clock, moved by the clock control."""
        return int(time.time() * 1000) + self.ahead_ms

    @property
    def ahead_ms(self) -> int:
        """How far the clock control has moved it."""
        return int(self.setting("clock_offset_ms", "0"))

    def new_id(self, at_ms: int) -> int:
        """An id of 19 digits that is larger than every id before, as X makes them: time in the upper bits."""
        last = int(self.setting("last_id", "0"))
        fresh = max(snowflake(at_ms), last + 1)
        self.set_setting("last_id", fresh)
        return fresh


def snowflake(at_ms: int) -> int:
    """X's layout: milliseconds since Nov 4 2010 above 22 bits of machine and sequence."""
    return (at_ms - 1_288_834_974_657) << 22
