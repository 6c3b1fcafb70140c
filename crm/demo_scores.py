"""The demo's rules of points, and the scores they make: after every other app has told its part."""

from __future__ import annotations

from typing import Any

from core.demo import Story, demo
from core.module.registry import module

from .scoring import SCORED
from .scoring.models import ScoreMark, ScoreRule
from .scoring.points import active, rescore


def _one(field: str, op: str, value: Any = None) -> dict[str, Any]:
    return {"all": [{"field": field, "op": op, "value": value}]}


RULES: tuple[dict[str, Any], ...] = (
    {"module": "crm.lead", "name_en": "Rated hot", "name_ja": "評価が高い", "criteria": _one("rating", "is", "hot"), "points": 30},
    {
        "module": "crm.lead", "name_en": "Came by referral or the website", "name_ja": "紹介・Webサイト経由",
        "criteria": _one("source", "is", ["referral", "web"]), "points": 15,
    },
    {
        "module": "crm.lead", "name_en": "Somebody spoke with them lately", "name_ja": "最近やり取りがあった",
        "signal": "crm.activities", "points": 10, "most": 3, "days": 60,
    },
    {
        "module": "crm.lead", "name_en": "Not qualified", "name_ja": "見込みなし",
        "criteria": _one("status", "is", "unqualified"), "points": -50,
    },
    {
        "module": "crm.contact", "name_en": "In touch this half-year", "name_ja": "この半年にやり取りがあった",
        "signal": "crm.activities", "points": 10, "most": 5, "days": 180,
    },
    {
        "module": "crm.contact", "name_en": "Writes to us in public", "name_ja": "SNSで投稿している",
        "signal": "social.posts", "points": 10, "most": 5, "days": 180,
    },
)  # fmt: skip


@demo(order=60)
def scores(story: Story) -> None:
    """Rules in both languages, already counted."""
    for position, values in enumerate(RULES, 1):
        ScoreRule.objects.create(position=position, **values)
    for key in SCORED:
        ScoreMark.objects.create(module=key, upto=story.now)
        one = module(key)
        rescore(one, active(key), list(one.model._default_manager.filter(deleted_at__isnull=True).values_list("pk", flat=True)), story.now)
