"""The picklists and visibility that Social starts with."""

from core.defaults import start

# The code asks for these values by name.
FIXED = {"fixed": True}

start(
    choices={
        ("social.post", "network"): [
            ("x", "X", "X", 10, FIXED),
            ("facebook", "Facebook", "Facebook", 1, FIXED),
            ("linkedin", "LinkedIn", "LinkedIn", 2, FIXED),
        ],
        ("social.post", "kind"): [
            ("mention", "Mention", "メンション", 1, FIXED),
            ("reply", "Reply or comment", "返信・コメント", 5, FIXED),
            ("visitor", "Visitor post", "ページへの投稿", 2, FIXED),
            ("review", "Review", "レビュー", 7, FIXED),
            ("keyword", "Keyword", "キーワード", 6, FIXED),
            ("post", "Post of ours", "自社の投稿", 3, FIXED),
        ],
        ("social.post", "verdict"): [
            ("positive", "Recommended", "おすすめする", 2, FIXED),
            ("negative", "Not recommended", "おすすめしない", 4, FIXED),
        ],
        ("social.message", "network"): [
            ("x", "X", "X", 10),
            ("facebook", "Facebook", "Facebook", 1),
            ("linkedin", "LinkedIn", "LinkedIn", 6),
        ],
        ("social.post", "state"): [("open", "Open", "未対応", 4, FIXED), ("done", "Done", "対応済み", 2, FIXED)],
    },
    visibility={"social.post": "write", "social.message": "write"},
)
