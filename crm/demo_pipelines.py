"""The demo's second pipeline: shops that sell our machines on, from the first talk to the signed contract."""

from __future__ import annotations

from core.demo import Story, demo
from core.field.choices import WITHIN
from core.field.models import Choice
from core.stamps import bump

PIPELINE = ("partners", "Partners", "パートナー", 5)
STAGES = (
    ("partner_talk", "First talk", "初回面談", 1, 10, "open"),
    ("partner_terms", "Terms", "条件調整", 3, 40, "open"),
    ("partner_trial", "Trial sale", "試験販売", 6, 70, "open"),
    ("partner_won", "Contract signed", "契約締結", 2, 100, "won"),
    ("partner_lost", "Not pursued", "見送り", 9, 0, "lost"),
)
DEALS = (
    ("kissa", "焙煎機 取扱店契約", 3_200_000, "new", [("partner_talk", 60), ("partner_terms", 41), ("partner_trial", 18)], 26, "carol", {}),
    ("northwind", "Resale of service plans, UK", 5_400_000, "new", [("partner_talk", 44), ("partner_terms", 20)], 48, "ann", {}),
    ("tsubame", "北陸地区 代理店", 2_100_000, "new", [("partner_talk", 15)], 80, "aoki", {}),
    ("cedar", "Referral contract", 900_000, "new", [("partner_talk", 120), ("partner_terms", 96), ("partner_won", 70)], -70, "ann", {}),
    ("harbour", "Distribution in Berlin", 4_000_000, "new", [("partner_talk", 20), ("partner_terms", 6)], 66, "bob", {}),
    ("midori", "学内売店 委託", 760_000, "new", [("partner_talk", 90), ("partner_lost", 64)], -64, "carol", {"lost_reason": "予算が来期に延期"}),
)  # fmt: skip


@demo(order=11)
def pipeline(story: Story) -> None:
    """The pipeline and its stages, as an admin would have made them."""
    value, en, ja, hue = PIPELINE
    Choice.objects.create(module="crm.deal", field="pipeline", value=value, label_en=en, label_ja=ja, hue=hue, position=1)
    Choice.objects.bulk_create(
        Choice(
            module="crm.deal", field="stage", value=stage, label_en=english, label_ja=japanese, hue=colour, position=20 + number,
            more={"probability": probability, "type": kind, WITHIN: value},
        )
        for number, (stage, english, japanese, colour, probability, kind) in enumerate(STAGES)
    )  # fmt: skip
    bump("fields")
