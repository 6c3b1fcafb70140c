"""Merge fields: `{{ company }}` in a template becomes the record's value, as the writer may see it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from core.access.gate import fields
from core.access.models import User
from core.field.field import Field
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


class Merger:
    """Puts the values of one record after the other into texts, as the writer sees them. What the texts ask for is found out
    once, so that many records cost few questions."""

    def __init__(self, texts: Sequence[str], user: User, module: Module, look: Look) -> None:
        self.texts, self.user, self.module, self.look = texts, user, module, look
        self._known = fields(user, module)
        asked = {name for text in texts for found in _FIELD.findall(text) for name in (found, _ALSO.get(found, ""))}
        self._asked = [self._known[name] for name in sorted(asked & self._known.keys())]

    @property
    def unknown(self) -> list[str]:
        """What stands in the texts like a field and is none."""
        found = [one for text in self.texts for one in _FIELD.finditer(text)]
        return list(dict.fromkeys(one.group(0) for one in found if self._field(one.group(1)) is None and one.group(1) not in OWN))

    def _field(self, name: str) -> Field | None:
        return self._known.get(name) or self._known.get(_ALSO.get(name, ""))

    def prepare(self, records: Sequence[Any]) -> None:
        """Gather what values of these records need from elsewhere, at once."""
        prepare(self.look, self.module, records, self._asked)

    def merged(self, record: Any) -> list[Merged]:
        """Each text with the values of a record that was prepared. A name that is no field stays as it is and is listed; a
        field without value is listed, too."""
        return [self._one(text, record) for text in self.texts]

    def _one(self, text: str, record: Any) -> Merged:
        made = Merged(text)

        def value(found: re.Match[str]) -> str:
            name = found.group(1)
            if name in OWN:
                return _own(name, self.user, record)
            one = self._field(name)
            if one is None:
                made.unknown.append(found.group(0))
                return found.group(0)
            held = one.seen(record, self.look)
            written = one.kind.text(one, held, self.look) if not one.kind.is_empty(held) else ""
            if not written:
                made.empty.append(one.label)
            return str(written)

        made.text = _FIELD.sub(value, text)
        return made


def merge(text: str, user: User, module: Module, record: Any, look: Look) -> Merged:
    """One text with the values of one record."""
    merger = Merger([text], user, module, look)
    merger.prepare([record])
    return merger.merged(record)[0]


def _own(name: str, user: User, record: Any) -> str:
    if name == "dear":
        return addressed(getattr(record, "full_name", "") or record.title)
    return {"me.name": str(user), "me.email": user.email, "me.title": user.title}[name]


def reached(user: User, module: Module, record: Any) -> list[str]:
    """The addresses of a record that this reader may see, the first the usual one."""
    return [value for key in email_fields(user, module) if (value := getattr(record, key, ""))]


def email_fields(user: User, module: Module) -> list[str]:
    """The columns of a module that hold addresses and that this reader may see, the usual one first."""
    return [key for key, one in fields(user, module).items() if one.kind.key == "email" and not one.custom]
