"""The picklists and visibility that Social starts with."""

from core.defaults import start

# The code asks for these values by name.
FIXED = {"fixed": True}

start(
    choices={
        ("social.post", "network"): [("x", "X", "X", 10), ("facebook", "Facebook", "Facebook", 1)],
        ("social.post", "kind"): [
            ("mention", "Mention", "メンション", 1),
            ("reply", "Reply", "返信", 5),
            ("post", "Post", "投稿", 3),
        ],
        ("social.post", "state"): [("open", "Open", "未対応", 4, FIXED), ("done", "Done", "対応済み", 2, FIXED)],
    },
    visibility={"social.post": "write"},
)
