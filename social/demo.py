"""The demo organisation's brand, and those of its customers who speak in public. Channels are connected when the sandbox runs
(`manage.py connect_sandbox`); what people say comes from there, over HTTP, as it would from the networks."""

from __future__ import annotations

from typing import Any

from core import clock
from core.demo import Story, demo
from core.record.write import create, update

from .models import Brand, Profile
from .people import spelled, tie

# (module, owner, what is known of them, who they are at other networks). Handles and ids are those of the stand-in networks.
SPEAKERS: tuple[tuple[str, str, dict[str, Any], dict[str, str]], ...] = (
    (
        "crm.contact",
        "aoki",
        {"family_name": "佐藤", "given_name": "花子", "family_kana": "サトウ", "given_kana": "ハナコ", "x_handle": "sato_hanako"},
        {"facebook": "2400000000000001", "linkedin": "urn:li:person:8675309abc"},
    ),
    ("crm.contact", "ann", {"family_name": "Wright", "given_name": "Emma", "x_handle": "emma_w_2026"}, {"facebook": "2400000000000003"}),
    (
        "crm.lead",
        "ann",
        {"family_name": "O’Brien", "given_name": "Liam", "company": "O’Brien Radio Repair", "x_handle": "liam_obrien", "source": "x"},
        {"facebook": "2400000000000004"},
    ),
    ("crm.account", "aoki", {"name": "岡田商店", "x_handle": "okada_shoten", "industry": "retail"}, {"facebook": "2400000000000008"}),
)

# What stands in the address of somebody's page, as whoever linked it would have pasted it.
HANDLES = {"urn:li:person:8675309abc": "sato-hanako"}


@demo(order=30)
def brand(story: Story) -> None:
    """One brand, and customers whose posts find their records by their handle, or by the profile somebody linked."""
    Brand.objects.get_or_create(name="青葉商事")
    for number, one in enumerate(SPEAKERS):
        story.then(story.ago(150 - number * 9, 11), _speaker, story, *one)


def _speaker(story: Story, key: str, owner: str, values: dict[str, Any], elsewhere: dict[str, str]) -> None:
    record = create(key, actor=story.actor(owner), **values)
    for network, outside_id in elsewhere.items():
        handle = HANDLES.get(outside_id, "")
        shown = {"name": record.title, "handle": handle, "handle_key": handle, "name_key": spelled(record.title), "seen_at": clock.now()}
        profile, _made = Profile.objects.get_or_create(network=network, outside_id=outside_id, defaults=shown)
        tie(profile, key, record.pk)
    if key == "crm.account":
        contact = create("crm.contact", actor=story.actor(owner), family_name="岡田", given_name="正一", account=record.pk)
        update(record, actor=story.actor(owner), primary_contact=contact.pk)
