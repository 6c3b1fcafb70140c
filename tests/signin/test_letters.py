"""The mails around signing in are written in their reader's language, every sentence of them (PLT-6)."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core import mail

from core.access.models import Profile, User
from core.actor import Actor
from core.signin import credentials, emails, invitations, letters
from core.work.jobs import drain

pytestmark = pytest.mark.django_db


def test_a_japanese_reader_meets_no_english_sentence(ann: User, admin: User) -> None:
    """PLT-6: invitation, new password, new address, and every notice that something was changed."""
    User.objects.filter(pk=ann.pk).update(language="ja", family_name="安")
    ann.refresh_from_db()
    invitations.invite("new@example.com", actor=Actor(admin), family_name="新", language="ja", profile=Profile.objects.get(name="Standard"))
    credentials.ask_reset("ann@example.com")
    emails.ask(ann, "ann.new@example.com")
    for notice in letters.NOTICES:
        letters.tell(ann, notice)
    drain()

    assert len(mail.outbox) == 4 + len(letters.NOTICES)
    for one in mail.outbox:
        words = re.sub(r"https?://\S+|\S+@\S+|Enishi|Admin", "", f"{one.subject}\n{one.body}")
        assert not re.search(r"[A-Za-z]{3,}", words), words
        assert re.search(r"[ぁ-んァ-ヶ一-龠]", one.subject), one.subject


def test_an_english_reader_is_written_to_in_english(ann: User) -> None:
    """PLT-6: the other side of it."""
    letters.tell(ann, "password")
    drain()

    assert "the password of your account was changed" in str(mail.outbox[-1].body)


def test_each_notice_says_what_was_changed(ann: User) -> None:
    """L8: no two of them read alike, and none says nothing."""
    for notice in letters.NOTICES:
        letters.tell(ann, notice)
    drain()

    said: list[Any] = [str(one.body).split("\n")[2] for one in mail.outbox]
    assert len(set(said)) == len(letters.NOTICES) and all(said)
