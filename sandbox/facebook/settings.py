"""What can be switched at run time, and the counters of Facebook; all of it outlives the process."""

from ..store import Store

LEVELS = ("standard", "advanced", "ppca", "human_agent")
# The first number of each kind of thing; the seeds are counted from here too, so they have the same ids on every machine.
FIRST = {
    "person": 1,
    "post": 300_000_000_000_001,
    "comment": 400_000_000_000_001,
    "photo": 700_000_000_000_001,
    "thread": 1_234_567_001,
    "row": 1,
}


def get(store: Store, name: str, default: str) -> str:
    """A setting of Facebook."""
    row = store.one("SELECT value FROM fb_settings WHERE name = ?", name)
    return str(row["value"]) if row else default


def put(store: Store, name: str, value: object) -> None:
    """Remember a setting of Facebook."""
    store.run("INSERT OR REPLACE INTO fb_settings VALUES (?, ?)", name, str(value))


def level(store: Store) -> str:
    """The access level of all apps."""
    return get(store, "level", "advanced")


def at_least(store: Store, wanted: str) -> bool:
    """Whether the level holds what `wanted` holds."""
    return LEVELS.index(level(store)) >= LEVELS.index(wanted)


def take(store: Store, name: str) -> bool:
    """Use one of something that was ordered a number of times."""
    left = int(get(store, name, "0"))
    if left:
        put(store, name, left - 1)
    return left > 0


def number(store: Store, kind: str) -> int:
    """The next number of a kind."""
    fresh = int(get(store, f"next_{kind}", str(FIRST[kind])))
    put(store, f"next_{kind}", fresh + 1)
    return fresh
