"""The demo organisation's rule: what is broken or wants its money back becomes a ticket."""

from __future__ import annotations

from core.demo import Story, demo
from core.stamps import bump

from .models import Rule


@demo(order=50)
def keyword_rule(story: Story) -> None:
    """Posts with one of these words open a ticket at support; an offer of money back in an advertisement does not."""
    Rule.objects.get_or_create(
        name_en="Broken or money back → ticket",
        name_ja="故障・返金の投稿 → 問い合わせ",
        defaults={
            "module": "social.post",
            "event": "arrived",
            "keywords": ["返金", "壊れ", "故障", "動かない", "refund", "broken", "money back", "does not work"],
            "excluded": ["返金キャンペーン", "money-back guarantee"],
            "mode": "part",
            "action": "helpdesk.open_ticket",
            "params": {"department": "support", "priority": "high"},
            "order": 10,
            "active": True,
            "last": True,
        },
    )
    bump("rules")
