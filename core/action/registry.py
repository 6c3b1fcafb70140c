"""Actions: named functions on records. Every button, rule, import and API call runs them through `run`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from django.core.checks import Error
from django.db import transaction
from django.forms import Form
from django.urls import reverse

from core.access.gate import can, rights
from core.actor import Actor
from core.module.registry import UnknownModule, module
from core.record.write import Refused

__all__ = ["Action", "Forbidden", "Refused", "action", "actions_on", "find", "run"]


class Forbidden(Exception):
    """The actor may not do this."""


@dataclass(frozen=True)
class Action:
    """What an action is called, on which module, with which right, and what it asks for.

    `on` is a module key, several of them separated by spaces, or "message" for every module that declares `message`. `needs` is
    "module:right", checked on the record when it is of that module. `feature` names a profile feature it needs, too. `named` says
    what it is called for one record, where that is not always the same. `also` says who may without the right: what somebody does
    with an account of their own is not done for the house. `page` is an own page that asks what a form cannot (the name of its
    address, which is given the record's id; for an action on several modules their app and path before it); `menu` lists it among
    the further actions; `primary` makes it the page's one button. `bulk` is what a list calls it when it is done to many
    ("Convert %(kind)s"); such an action needs no values. `hides`: for who lacks the feature there is no such action, as there are
    none of its pages. `when` says for which records it is offered; the function refuses the others itself.
    """

    key: str
    on: str
    label: Any
    needs: str
    function: Callable[..., Any]
    form: type[Form] | None = None
    feature: str = ""
    page: str = ""
    menu: bool = True
    primary: bool = False
    icon: str = ""
    bulk: Any = ""
    when: Callable[[Any], bool] | None = None
    named: Callable[[Any], Any] | None = None
    also: Callable[[Any, Any], bool] | None = None  # (user, record, or None for any)
    hides: bool = False

    def hidden_from(self, user: Any) -> bool:
        """Whether it is not there at all for this person (404), rather than not theirs to run (403)."""
        return self.hides and not rights(user).feature(self.feature)

    def on_record(self, record: Any) -> Action:
        """The same under the name it has for this record."""
        return self if self.named is None else replace(self, label=self.named(record))

    def address(self, record: Any) -> str:
        """Where it is asked for, for this record."""
        one = module(record._meta.label_lower)
        if not self.page:
            return one.url(record.pk, f"do/{self.key}")
        several = len(self.on.split()) > 1
        return reverse(self.page, args=[one.app, one.path, record.pk] if several else [record.pk])


_actions: dict[str, Action] = {}


def action(key: str, *, on: str, label: Any, needs: str, **more: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorator: register a function `f(record, *, actor, **values)` under `key`."""

    def add(function: Callable[..., Any]) -> Callable[..., Any]:
        _actions[key] = Action(key, on, label, needs, function, **more)
        return function

    return add


def find(key: str) -> Action | None:
    return _actions.get(key)


def _fits(one: Action, module_key: str) -> bool:
    return module_key in one.on.split() or (one.on == "message" and module(module_key).message is not None)


def allowed(one: Action, user: Any, record: Any) -> bool:
    """Whether `user` may run `one` on `record`."""
    needed, right = one.needs.split(":")
    subject = record if record is not None and record._meta.label_lower == needed else None
    may = can(user, needed, right, subject) or (one.also is not None and one.also(user, record))
    return may and (not one.feature or rights(user).feature(one.feature))


def actions_on(record: Any, user: Any) -> list[Action]:
    """The actions `user` may run on `record` as it is now, in the order they were declared."""
    return [one.on_record(record) for one in _actions.values() if _offered(one, record, user)]


def is_offered(key: str, record: Any, user: Any) -> bool:
    """Whether `user` may run this one action on `record` as it is now."""
    one = _actions.get(key)
    return one is not None and _offered(one, record, user)


def _offered(one: Action, record: Any, user: Any) -> bool:
    return _fits(one, record._meta.label_lower) and (one.when is None or one.when(record)) and allowed(one, user, record)


def actions_for_messages() -> list[Action]:
    """What a rule may do with whatever people say to us: actions on every message that ask for values."""
    return [one for one in _actions.values() if one.on == "message" and one.form is not None]


def bulk_actions(user: Any, module_key: str) -> list[Action]:
    """What `user` may do to many records of a module at once, beside changing and binning them."""
    return [one for one in _actions.values() if one.bulk and _fits(one, module_key) and allowed(one, user, None)]


def run(key: str, record: Any, *, actor: Actor, **values: Any) -> Any:
    """Run an action in one transaction. Raises Forbidden, and Refused with a sentence for people."""
    one = _actions[key]
    if not _fits(one, record._meta.label_lower):
        raise LookupError(f"{key} is not for {record._meta.label_lower}.")
    if actor.user is not None and not allowed(one, actor.user, record):
        raise Forbidden(key)
    with transaction.atomic():
        return one.function(record, actor=actor, **values)


def check() -> list[Error]:
    """Every action names a module and a right that exist."""
    errors = []
    for one in _actions.values():
        names = [one.needs.split(":")[0], *([] if one.on == "message" else one.on.split())]
        for name in names:
            try:
                module(name)
            except UnknownModule:
                errors.append(Error(f"Action {one.key} names the module {name!r}, which does not exist.", id="core.E003"))
    return errors
