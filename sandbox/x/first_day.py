"""What X remembers on the first day beside people and posts: who follows whom, who takes no messages, what was written in private."""

from ..store import Row, Store
from . import direct, media

FOLLOWS = (
    ("sato_hanako", "enishi_demo"),
    ("emma_w_2026", "enishi_demo"),
    ("yuki_mori", "enishi_demo"),
    ("priya_n", "enishi_demo"),
    ("enishi_demo", "priya_n"),
    ("enishi_demo", "okada_shoten"),
)
# They take messages only from those they wrote to.
CLOSED = ("shy_fox", "marcus_lee")
# Whose post, beginning how, has which pictures: the words for who does not see each.
PICTURES = (
    ("enishi_demo", "夏の新豆", ("新豆の入った麻袋", "")),
    ("liam_obrien", "@enishi_demo The lid", ("A kettle whose lid is bent",)),
    ("kenji_tanaka", "山頂で飲む", ("山頂とコーヒー", "", "雲海")),
    ("priya_n", "Packaging done right", ("",)),
)
# Who, to whom, what, and whether the chat is encrypted.
MESSAGES = (
    ("liam_obrien", "enishi_demo", "Hi! My kettle, order 20418: where shall I send the photo of the lid?", False),
    ("enishi_demo", "liam_obrien", "Here is fine, thank you. We will look at it today.", False),
    ("nakamura_ai", "enishi_demo", "ギフト包装は後からでも追加できますか?", False),
    ("takuya_k", "enishi_demo", "(only the two of them can read this)", True),
)


def plant(store: Store) -> None:
    """Make it, once there are people."""
    for follower, followed in FOLLOWS:
        one, other = _person(store, follower), _person(store, followed)
        store.run("INSERT OR IGNORE INTO x_follows VALUES (?, ?, ?)", one["id"], other["id"], one["created_ms"])
    for name in CLOSED:
        store.run("INSERT OR IGNORE INTO x_closed VALUES (?)", _person(store, name)["id"])
    for name, begins, words in PICTURES:
        post = store.number("SELECT id FROM posts WHERE author = ? AND text LIKE ? || '%'", _person(store, name)["id"], begins)
        media.attach(store, post, [(post + place, alt) for place, alt in enumerate(words)])
    for sender, taker, text, encrypted in MESSAGES:
        direct.write(store, _person(store, sender)["id"], (_person(store, taker)["id"],), text, encrypted=encrypted)


def _person(store: Store, username: str) -> Row:
    row = store.one("SELECT * FROM people WHERE username = ?", username)
    assert row is not None  # noqa: S101
    return row
