"""Sections of record page and form: what is said, and how often."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.access.models import User
from tests import factories

pytestmark = pytest.mark.django_db


def seen(html: str, word: str) -> int:
    """How often a heading or label with this word is shown; those for screen readers alone are not."""
    return len(re.findall(rf'<(?:h2|dt|label(?: for="[^"]*")?)>{word}(?:<|\s)', html))


@pytest.mark.parametrize(("language", "word"), [("en", "Description"), ("ja", "詳細")])
def test_a_section_called_like_its_one_field_says_so_once(language: str, word: str, ann: User, client_of: Any) -> None:
    """PLT-10, PLT-11: on the record page and in the form; the name stays there for who listens."""
    User.objects.filter(pk=ann.pk).update(language=language)
    lead = factories.make_lead(ann, description="Likes it strong.")
    client = client_of(User.objects.get(pk=ann.pk))

    pages = [client.get(f"/crm/leads/{lead.pk}/{page}").content.decode() for page in ("", "edit")]

    assert [seen(page, word) for page in pages] == [1, 1]
    assert f'<dt class="visually-hidden">{word}</dt>' in pages[0]
    assert f'<label for="id_description" class="visually-hidden">{word}' in pages[1]


def test_a_section_with_more_in_it_keeps_every_label(ann: User, client_of: Any) -> None:
    """PLT-10: an admin put a second field into the section."""
    factories.add_field("text", section="Description")
    lead = factories.make_lead(ann, description="Likes it strong.", c_text="x")

    page = client_of(ann).get(f"/crm/leads/{lead.pk}/").content.decode()

    assert (seen(page, "Description"), seen(page, "My text")) == (2, 1)


def test_an_address_breaks_before_its_signs(ann: User, client_of: Any) -> None:
    """Design: an e-mail or web address never breaks within a word, and is still one address to copy and to write to."""
    lead = factories.make_lead(ann, email="hanako.sato@hikari.example", website="https://hikari.example/a")

    page = client_of(ann).get(f"/crm/leads/{lead.pk}/").content.decode()

    assert '<a href="mailto:hanako.sato@hikari.example">hanako<wbr>.sato<wbr>@hikari<wbr>.example</a>' in page
    assert ">hikari<wbr>.example<wbr>/a</a>" in page
