"""The one engine of all rules: it listens to events, asks the rules in order, and runs their actions.

It works in the transaction that made the events: what a rule makes of a post is stored with the post or not at all.
An action that fails takes nothing with it. No loops: what a rule does never sets off the same rule again.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.db.models import F

from core import clock
from core.action.registry import run as run_action
from core.actor import Actor
from core.criteria.compile import Asker, compile_group
from core.criteria.tree import BadCriteria, read
from core.event.emit import Happened, listens
from core.module.registry import UnknownModule, module
from core.record.write import Invalid, Refused
from core.stamps import stamped
from core.text.keywords import Keyword, Matcher

from .models import DONE, FAILED, REFUSED, SKIPPED, Rule, RuleRun
from .telling import rule_failed

logger = logging.getLogger(__name__)

DEEPEST = 5
# The rules at work in this call, the outermost first: none of them is asked about what it makes itself.
_working: ContextVar[tuple[int, ...]] = ContextVar("rules at work", default=())


@dataclass(frozen=True)
class Book:
    """The rules for one kind of event of one module, in order, and all their keywords in one pass."""

    rules: tuple[Rule, ...]
    matcher: Matcher

    def matching(self, text: str) -> set[Any]:
        return self.matcher.matching(text)


@stamped("rules")
def _book(module_key: str, event: str) -> Book:
    rules = tuple(Rule.objects.filter(module=module_key, event=event, active=True))
    return Book(rules, Matcher(word for rule in rules for word in keywords_of(rule)))


def keywords_of(rule: Rule) -> list[Keyword]:
    """The keywords of a rule as the matcher takes them."""
    mode: Any = "part" if rule.mode == "part" else "word"
    return [Keyword(rule.pk, word, mode, tuple(rule.excluded)) for word in rule.keywords]


@listens("created", "updated", "arrived")
def happened(told: Sequence[Happened], actor: Actor) -> None:
    """Ask the rules about a batch of events."""
    if len(_working.get()) >= DEEPEST:
        return
    by_module: dict[tuple[str, str], list[Happened]] = defaultdict(list)
    for one in told:
        by_module[one.event.module, one.event.kind].append(one)
    for (key, kind), batch in by_module.items():
        book = _book(key, kind)
        if book.rules:
            _ask(book, key, batch)


def _ask(book: Book, key: str, batch: Sequence[Happened]) -> None:
    """Which rules fit which records, then record by record in the order of the rules."""
    fitting = _fitting(book, key, batch)
    hits: dict[int, int] = defaultdict(int)
    for one in batch:
        made: set[tuple[str, int]] = set()
        for rule in book.rules:
            if one.record.pk not in fitting.get(rule.pk, ()) or rule.pk in _working.get():
                continue
            outcome = _act(rule, one, made)
            hits[rule.pk] += outcome == DONE
            if rule.last and outcome == DONE:
                break
    for rule_id, count in sorted(hits.items()):
        if count:
            Rule.objects.filter(pk=rule_id).update(hits=F("hits") + count, hit_at=clock.now())


def _fitting(book: Book, key: str, batch: Sequence[Happened]) -> dict[int, set[int]]:
    """For each rule the records it is for: words by one pass over the text, criteria by one query."""
    worded = {rule.pk for rule in book.rules if rule.keywords}
    candidates: dict[int, set[int]] = {rule.pk: set() for rule in book.rules}
    every = {one.record.pk for one in batch}
    if worded:
        for one in batch:
            for rule_id in book.matching(text_of(one.record)):
                candidates[rule_id].add(one.record.pk)
    for rule in book.rules:
        if rule.pk not in worded:
            candidates[rule.pk] = set(every)
        if candidates[rule.pk] and rule.criteria:
            candidates[rule.pk] = within(rule, key, candidates[rule.pk])
    return candidates


def within(rule: Rule, key: str, ids: Iterable[int]) -> set[int]:
    """Those of the records that meet the rule's criteria. Criteria that cannot be asked any more are met by none."""
    one = module(key)
    try:
        asked = compile_group(read(rule.criteria, one, one.fields), Asker())
    except BadCriteria:
        logger.warning("rule %s asks for a field that is not there", rule.pk)
        return set()
    return set(one.model._default_manager.filter(asked, pk__in=list(ids)).values_list("pk", flat=True))


def text_of(record: Any) -> str:
    """The words of a record that keywords are looked for in: of a message what was said, else what it is searched by."""
    try:
        one = module(record._meta.label_lower)
    except UnknownModule:
        return ""
    if one.message:
        return str(getattr(record, one.message["text"]))
    values = (one.fields[name].value(record) for name in one.search.split())
    return "\n".join(" ".join(map(str, value)) if isinstance(value, tuple) else str(value or "") for value in values)


def _act(rule: Rule, one: Happened, made: set[tuple[str, int]]) -> str:
    """One rule on one record, once for this occasion. Gives the outcome, or nothing if it was done before."""
    occasion = one.event.kind if one.event.kind != "updated" else f"updated:{one.event.pk}"
    run = RuleRun(rule=rule, module=one.event.module, record_id=one.event.record_id, occasion=occasion, at=clock.now(), outcome=DONE)
    mine = RuleRun.objects.filter(rule=rule, module=run.module, record_id=run.record_id, occasion=occasion)
    if mine.exists():
        return ""
    try:
        with _at_work(rule), transaction.atomic():
            result = run_action(rule.action, one.record, actor=Actor.system("rule"), **rule.params)
        name = _name(result)
        if name and name in made:
            run.outcome, run.why = SKIPPED, "An earlier rule had made it."
        elif name:
            made.add(name)
    except Refused as error:
        run.outcome, run.why = REFUSED, str(error)[:300]
        if isinstance(error, Invalid):  # it asks for what cannot be stored, and will again
            rule_failed(rule)
    except Exception as error:  # a bug in an action must not lose the post it was about
        run.outcome, run.why = FAILED, type(error).__name__
        logger.exception("rule %s failed", rule.pk)
        rule_failed(rule)
    RuleRun.objects.bulk_create([run], ignore_conflicts=True)
    return run.outcome


def _name(result: Any) -> tuple[str, int] | None:
    return (result._meta.label_lower, result.pk) if hasattr(result, "_meta") else None


@contextmanager
def _at_work(rule: Rule) -> Any:
    token = _working.set((*_working.get(), rule.pk))
    try:
        yield
    finally:
        _working.reset(token)
