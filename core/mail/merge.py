"""Merge fields: `{{ company }}` in a template becomes the record's value, as the writer may see it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from core.access.gate import fields
from core.access.models import User
from core.field.look import Look
from core.module.listing import prepare
from core.module.module import Module
from core.organisation.settings import addressed

_FIELD = re.compile(r"\{\{\s*([a-z][a-z0-9_.]*)\s*\}\}")
# Values that are not fields: who writes, and how the person is spoken to.
OWN = ("dear", "me.name", "me.email", "me.title")
_NO = {"tags", "yes_no"}
# One template for leads, who name their company, and for contacts, who belong to an account.
_ALSO = {"company": "account", "account": "company"}


@dataclass
class Merged:
    """A text with its values in, and what could not be put in."""

    text: str
    unknown: list[str] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)


def names(user: User, module: Module) -> list[tuple[str, str]]:
    """(merge field, label) of everything a template on `module` may hold."""
    known = [(key, one.label) for key, one in fields(user, module).items() if one.kind.key not in _NO]
    own = [("dear", _("Name as one addresses it")), ("me.name", _("My name")), ("me.email", _("My e-mail")), ("me.title", _("My title"))]
    return own + known


def merge(text: str, user: User, module: Module, record: Any, look: Look) -> Merged:
    """Put values in. A name that is no field stays as it is and is listed; a field without value is listed, too."""
    known = fields(user, module)
    made = Merged(text)
    asked = {one for name in _FIELD.findall(text) for one in (name, _ALSO.get(name, "")) if one in known}
    prepare(look, module, [record], [known[name] for name in asked])

    def value(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in OWN:
            return _own(name, user, record)
        name = _ALSO.get(name, name) if name not in known else name
        if name not in known:
            made.unknown.append(found.group(0))
            return found.group(0)
        one = known[name]
        held = one.value(record)
        written = one.kind.text(one, held, look) if not one.kind.is_empty(held) else ""
        if not written:
            made.empty.append(one.label)
        return str(written)

    made.text = _FIELD.sub(value, text)
    return made


def _own(name: str, user: User, record: Any) -> str:
    if name == "dear":
        return addressed(getattr(record, "full_name", "") or record.title)
    return {"me.name": str(user), "me.email": user.email, "me.title": user.title}[name]


def reached(user: User, module: Module, record: Any) -> list[str]:
    """The addresses of a record that this reader may see, the first the usual one."""
    known = fields(user, module)
    return [value for key, one in known.items() if one.kind.key == "email" and (value := getattr(record, key, ""))]
