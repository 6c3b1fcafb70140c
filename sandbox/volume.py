"""Many channels and posts that are generated when they are asked for, not stored: what a million posts look like to a client.

Post `k` is written at `start + k / rate` to channel `k % channels`; its id carries the moment above and `k` in the lower 22 bits,
so that timeline pages and single posts are worked out in one step. Whoever answers one makes it a stored post.
"""

from dataclasses import dataclass
from typing import Any

from .store import Store, snowflake
from .text import language

PREFIX = "volume_"
MOST_CHANNELS, MOST_POSTS, MOST_RATE = 500, 4_000_000, 10_000
_SEQUENCE = (1 << 22) - 1
_EPOCH_MS = 1_288_834_974_657
FIRST_ID = 1_600_000_000_000_000_000
BACK = 800
TEXTS = (
    "@{name} Where is my parcel? Order {k}.",
    "@{name} 注文{k}番がまだ届きません。状況を教えてください。",
    "@{name} The grinder is lovely, thank you! ({k})",
    "@{name} 返品の手続きを教えてください🙏 注文{k}",
    "@{name} Do you ship order {k} to Osaka?",
)


@dataclass(frozen=True)
class Volume:
    """What is generated: so many posts to so many channels, from a moment on, so many a second."""

    channels: int
    posts: int
    rate: int
    start_ms: int
    authors: int

    def at(self, k: int) -> int:
        return self.start_ms + k * 1000 // self.rate

    def id(self, k: int) -> int:
        return snowflake(self.at(k)) | (k & _SEQUENCE)

    def first_after(self, number: int) -> int:
        """The smallest `k` whose id is larger than a number."""
        guess = max(0, ((number >> 22) + _EPOCH_MS - self.start_ms) * self.rate // 1000 - 1)
        while guess < self.posts and self.id(guess) <= number:
            guess += 1
        return guess


def begin(store: Store, channels: int, posts: int, rate: int) -> None:
    """Make the channels, and let posts come from now on; none of the three ends it."""
    if not (0 <= channels <= MOST_CHANNELS and 0 <= posts <= MOST_POSTS and 1 <= rate <= MOST_RATE):
        raise ValueError(f"channels: to {MOST_CHANNELS}, posts: to {MOST_POSTS}, rate: 1 to {MOST_RATE} a second")
    now = store.now_ms()
    store.run(f"DELETE FROM people WHERE username LIKE '{PREFIX}%'")  # noqa: S608 (a constant)
    for number in range(channels):
        store.run(
            "INSERT INTO people VALUES (?, ?, ?, '', '', ?, 1, 0, 0, 0, 0)",
            FIRST_ID + number,
            f"{PREFIX}{number:04}",
            f"Volume {number}",
            now,
        )
    store.set_setting("volume", f"{channels},{posts},{rate},{now}")


def current(store: Store) -> Volume | None:
    """What is generated now, if anything."""
    told = store.setting("volume", "")
    if not told:
        return None
    channels, posts, rate, start = map(int, told.split(","))
    authors = store.number("SELECT COUNT(*) FROM people WHERE brand = 0 AND protected = 0 AND suspended = 0")
    return Volume(channels, posts, rate, start, authors) if channels and posts and authors else None


def mentions(store: Store, person: int, after: int, before: int, start_ms: int, end_ms: int, limit: int) -> list[dict[str, Any]]:
    """The generated posts to a channel, newest first, within the same bounds as stored ones."""
    volume, channel = current(store), person - FIRST_ID
    if volume is None or not 0 <= channel < volume.channels:
        return []
    written = min(volume.posts, max(0, (store.now_ms() - volume.start_ms) * volume.rate // 1000 + 1))
    # The newest of the channel, and X's 800 of it.
    newest = (written - 1 - channel) // volume.channels
    oldest = max(0, newest - BACK + 1)
    made: list[dict[str, Any]] = []
    authors = _authors(store)
    last = volume.first_after(before - 1) if before < 2**63 - 1 else written
    top = min(newest, (last - 1 - channel) // volume.channels)
    for turn in range(top, oldest - 1, -1):
        k = channel + turn * volume.channels
        number, at = volume.id(k), volume.at(k)
        if number <= after or at < start_ms or len(made) >= limit:
            break
        if number < before and at < end_ms:
            made.append(_row(volume, k, authors))
    return made


def made(store: Store, number: int) -> bool:
    """Store the generated post of this id, if it is one that is written by now; whether it was."""
    volume = current(store)
    k = number & _SEQUENCE
    if volume is None or k >= volume.posts or volume.id(k) != number or volume.at(k) > store.now_ms():
        return False
    row = _row(volume, k, _authors(store))
    names = ", ".join(row)
    store.run(f"INSERT OR IGNORE INTO posts ({names}) VALUES ({', '.join('?' * len(row))})", *row.values())  # noqa: S608 (own names)
    store.run("INSERT OR IGNORE INTO mentions VALUES (?, ?)", FIRST_ID + k % volume.channels, number)
    return True


def _authors(store: Store) -> list[int]:
    rows = store.all("SELECT id FROM people WHERE brand = 0 AND protected = 0 AND suspended = 0 ORDER BY id")
    return [row["id"] for row in rows]


def _row(volume: Volume, k: int, authors: list[int]) -> dict[str, Any]:
    number = volume.id(k)
    text = TEXTS[k % len(TEXTS)].format(name=f"{PREFIX}{k % volume.channels:04}", k=k)
    return {
        "id": number,
        "author": authors[k * 7 % len(authors)],
        "text": text,
        "created_ms": volume.at(k),
        "lang": language(text),
        "conversation": number,
        "reply_to": None,
        "reply_person": None,
        "quote_of": None,
        "retweet_of": None,
        "reply_settings": "everyone",
        "likes": 0,
        "deleted_ms": None,
    }
