"""The demo organisation's brand, and those of its customers who speak in public. Channels are connected when the sandbox runs
(`manage.py connect_sandbox`); what people say comes from there, over HTTP, as it would from the networks."""

from __future__ import annotations

from typing import Any

from core import clock
from core.demo import Story, demo
from core.record.write import create, update

from .models import Brand, Profile
from .people import tie

# (module, owner, what is known of them, their number at Facebook). Handles and numbers are those of the stand-in networks.
SPEAKERS: tuple[tuple[str, str, dict[str, Any], str], ...] = (
    (
        "crm.contact",
        "aoki",
        {"family_name": "佐藤", "given_name": "花子", "family_kana": "サトウ", "given_kana": "ハナコ", "x_handle": "sato_hanako"},
        "2400000000000001",
    ),
    ("crm.contact", "ann", {"family_name": "Wright", "given_name": "Emma", "x_handle": "emma_w_2026"}, "2400000000000003"),
    (
        "crm.lead",
        "ann",
        {"family_name": "O’Brien", "given_name": "Liam", "company": "O’Brien Radio Repair", "x_handle": "liam_obrien", "source": "x"},
        "2400000000000004",
    ),
    ("crm.account", "aoki", {"name": "岡田商店", "x_handle": "okada_shoten", "industry": "retail"}, "2400000000000008"),
)


@demo(order=30)
def brand(story: Story) -> None:
    """One brand, and customers whose posts find their records by their handle, or by the profile somebody linked."""
    Brand.objects.get_or_create(name="青葉商事")
    for number, (key, owner, values, outside_id) in enumerate(SPEAKERS):
        story.then(story.ago(150 - number * 9, 11), _speaker, story, key, owner, values, outside_id)


def _speaker(story: Story, key: str, owner: str, values: dict[str, Any], outside_id: str) -> None:
    record = create(key, actor=story.actor(owner), **values)
    profile, _made = Profile.objects.get_or_create(network="facebook", outside_id=outside_id, defaults={"seen_at": clock.now()})
    tie(profile, key, record.pk)
    if key == "crm.account":
        contact = create("crm.contact", actor=story.actor(owner), family_name="岡田", given_name="正一", account=record.pk)
        update(record, actor=story.actor(owner), primary_contact=contact.pk)
