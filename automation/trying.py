"""What a rule would have caught among what came before, with the places marked: asked before it is switched on (SOC-38)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.html import escape
from django.utils.safestring import SafeString

from core.access.gate import queryset
from core.access.models import User
from core.criteria.compile import Asker, compile_group
from core.criteria.tree import read
from core.html import built
from core.module.registry import module
from core.record.messages import message_of
from core.text.keywords import Matcher

from .engine import keywords_of, text_of
from .models import Rule

PAST, SHOWN = 1_000, 30


@dataclass
class Catch:
    """A message it would have caught."""

    record: Any
    marked: SafeString
    message: Any
    url: str


def caught(rule: Rule, user: User) -> tuple[list[Catch], int, int]:
    """Of the newest messages this person may see: the first few it would have caught, how many in all, of how many."""
    one = module(rule.module)
    rows = queryset(user, one)
    if rule.criteria:
        rows = rows.filter(compile_group(read(rule.criteria, one, one.fields), Asker(user)))
    matcher = Matcher(keywords_of(rule))
    seen = [record for record in rows.order_by("-pk")[:PAST] if message_of(record) is not None]
    hits = [record for record in seen if not rule.keywords or matcher.matching(text_of(record))]
    shown = [Catch(record, marked(matcher, text_of(record)), message_of(record), one.url(record.pk)) for record in hits[:SHOWN]]
    return shown, len(hits), len(seen)


def marked(matcher: Matcher, text: str) -> SafeString:
    """The text with its hits marked; everything escaped."""
    made, at = [], 0
    for hit in matcher.hits(text):
        if hit.start >= at:
            made += [escape(text[at : hit.start]), f"<mark>{escape(text[hit.start : hit.end])}</mark>"]
            at = hit.end
    return built("".join([*made, escape(text[at:])]))
