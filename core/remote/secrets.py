"""Columns sealed at rest with keys from outside the database (T3). Values show as dots wherever they are printed."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.apps import apps
from django.conf import settings
from django.db import models, transaction
from django.db.models.query_utils import DeferredAttribute

if TYPE_CHECKING:
    _Text = models.TextField[Any, Any]
else:
    _Text = models.TextField

MARK = "sealed1:"


class SealBroken(Exception):
    """A sealed value cannot be opened with the present FIELD_KEYS."""


@cache
def _box(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def box() -> MultiFernet:
    """All keys, the newest first: it seals, each may open."""
    return _box(tuple(settings.FIELD_KEYS))


class Secret:
    """A value that must not be printed. `reveal()` gives it, at the one place where it is used.

    Not a string: it cannot slip into a log line, a template, JSON or a task's arguments (T3, C4).
    """

    __slots__ = ("_sealed",)

    def __init__(self, sealed: str) -> None:
        self._sealed = sealed

    @classmethod
    def of(cls, text: str) -> Secret:
        return cls(MARK + box().encrypt(text.encode()).decode() if text else "")

    @property
    def sealed(self) -> str:
        return self._sealed

    def reveal(self) -> str:
        """The plain value. Raises SealBroken if no key fits."""
        if not self._sealed:
            return ""
        try:
            return box().decrypt(self._sealed.removeprefix(MARK).encode()).decode()
        except InvalidToken as error:
            raise SealBroken("no key opens it") from error

    def __bool__(self) -> bool:
        return bool(self._sealed)

    def __repr__(self) -> str:
        return "•••" if self._sealed else "''"

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return repr(self)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.reveal() == other.reveal()

    def __hash__(self) -> int:
        return hash(self._sealed)

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not pickled.")

    def __deepcopy__(self, _memo: Any) -> Secret:
        return self


class _Sealing(DeferredAttribute):
    """What is set on a row is sealed at once, so that no plain value stands in its `__dict__`."""

    def __set__(self, instance: models.Model, value: Any) -> None:
        instance.__dict__[self.field.attname] = self.field.to_python(value)


class EncryptedTextField(_Text):
    """Text sealed in the database. Takes a string or a Secret, gives a Secret; only `isnull` can be asked of it."""

    descriptor_class = _Sealing

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> Secret | None:
        return None if value is None else Secret(value)

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, Secret):
            return value
        return Secret(value) if str(value).startswith(MARK) else Secret.of(str(value))

    def get_prep_value(self, value: Any) -> Any:
        secret = self.to_python(value)
        return None if secret is None else secret.sealed

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None

    def value_to_string(self, obj: models.Model) -> str:
        """Dumps hold the sealed text."""
        return str(self.get_prep_value(self.value_from_object(obj)) or "")


def _columns() -> list[tuple[type[models.Model], list[str]]]:
    found = []
    for model in apps.get_models():
        names = [field.attname for field in model._meta.concrete_fields if isinstance(field, EncryptedTextField)]
        if names:
            found.append((model, names))
    return found


def reseal() -> tuple[int, int]:
    """Seal every secret of the database with the newest key. Gives (resealed rows, rows no key opens).

    Run it after a key was put in front of FIELD_KEYS; afterwards the old key may go. Can be repeated at any time.
    """
    done = broken = 0
    for model, names in _columns():
        for key in list(model._base_manager.values_list("pk", flat=True).order_by("pk")):
            with transaction.atomic():
                row = model._base_manager.select_for_update().filter(pk=key).first()
                if row is None:
                    continue
                try:
                    fresh = {name: Secret.of(getattr(row, name).reveal()) for name in names if getattr(row, name)}
                except SealBroken:
                    broken += 1
                    continue
                if fresh:
                    model._base_manager.filter(pk=key).update(**fresh)
                    done += 1
    return done, broken
