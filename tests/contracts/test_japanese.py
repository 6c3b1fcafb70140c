"""Every address there is, read by somebody Japanese: no English but what people wrote themselves (PLT-6)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.apps import apps
from django.db import models
from django.test import Client

from core.files.sort import ALLOWED
from core.stamps import bump
from tests.contracts.policy import POLICY
from tests.contracts.walk import addresses, build
from tests.core.test_messages import WORD, english, japanese  # noqa: F401

pytestmark = pytest.mark.django_db
CODE = re.compile("[A-Z]{3}")  # of a currency
# Read as it is by a Japanese reader, too: a word that customers write, currencies as Unicode's data names them, endings of files.
AS_IT_IS = {"refund", "EURCO", "Mvdol", "RINET", "UA", "UF", "US", "mp", "Post", "Toy", "office", *ALLOWED}
# The components for those who build pages, and where the English names of things are typed.
LEFT = {"gallery", "console-names", "console-layout"}


def written() -> set[str]:
    """The Latin words that stand in the database because somebody wrote them; of what has an English and a Japanese name, the
    Japanese one, and the English one only where there is no other."""
    found: set[str] = set()
    for model in apps.get_models():
        names = [
            one.attname for one in model._meta.concrete_fields if isinstance(one, models.CharField | models.TextField | models.JSONField)
        ]
        for row in model._default_manager.values(*names):
            for name, value in row.items():
                if not (name.endswith("_en") and row.get(f"{name.removesuffix('_en')}_ja")):
                    found |= set(WORD.findall(str(value or "")))
    return found


def test_no_address_shows_english_to_a_japanese_reader(ann: Any, admin: Any, japanese: None) -> None:  # noqa: F811
    """PLT-6: every page an account admin may open, of every module, on records with notes, files, mails and jobs."""
    world = build(ann)
    admin.language = "ja"
    admin.save()
    bump("users")
    client, wrong, looked = Client(headers={"accept-language": "ja"}), [], 0
    client.force_login(admin)
    data = written() | AS_IT_IS
    for name, row in POLICY.items():
        if name in LEFT or row.only == "POST" or row.meets("admin") not in {"ok", "any"}:
            continue
        for _app, address in addresses(name, row.at, world):
            answer = client.get(address)
            if answer.status_code not in {200, 422} or "text/html" not in answer.get("Content-Type", ""):
                continue
            looked += 1
            words = [
                one for one in english(answer.content.decode()) if (word := one.split(" (")[0]) not in data and not CODE.fullmatch(word)
            ]
            if words:
                wrong.append((address, words[:8]))

    assert wrong == [], "\n".join(map(str, wrong))
    assert looked > 200
