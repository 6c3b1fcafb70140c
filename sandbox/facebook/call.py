"""One call of the Graph API on its way through the sandbox: who asks, with which token, and what that token may."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from ..store import Row, Store
from . import people, settings, tokens
from .apps import App
from .problems import Problem, invalid

Body = dict[str, Any]
# Permissions whose use ends with the person's access to their data, 90 days after they last used the app.
PERSONAL = frozenset(("pages_read_user_content", "pages_messaging"))
TRUE, FALSE = frozenset(("true", "1")), frozenset(("false", "0", ""))


@dataclass
class Call:
    """Who calls what with which values; `objects` counts what was looked at, which costs time."""

    store: Store
    base: str
    version: str
    method: str
    path: str
    values: dict[str, Any]
    app: App
    token: Row
    page: Row | None = None
    objects: int = 0
    # Looking at somebody else's page by the feature Page Public Content Access: never who commented.
    from_outside: bool = False
    # What has to be asked of the outside before the answer is known; it runs outside of any turn and gives the answer back.
    outside: Callable[[], Callable[[], Body]] | None = None
    _granted: frozenset[str] | None = field(default=None, repr=False)

    @property
    def person(self) -> int | None:
        """The person behind a user's or a page's token."""
        number: int | None = self.token["person"]
        return number

    @property
    def granted(self) -> frozenset[str]:
        """What the person behind the token granted, read once a call."""
        if self._granted is None:
            self._granted = tokens.granted(self.store, self.app.id, self.person)
        return self._granted

    def need(self, permissions: tuple[str, ...], refusal: str = "permission_10") -> None:
        """Refuse when one of the permissions is missing, naming it."""
        if self.from_outside:
            return
        for name in permissions:
            if name not in self.granted:
                raise Problem(refusal, permission=name)
        ends = self.token["data_ends_ms"]
        if PERSONAL.intersection(permissions) and ends is not None and ends <= self.store.now_ms():
            raise Problem("data_access_ended")

    def need_task(self, task: str) -> None:
        """Refuse when the person may not do this kind of work on the page."""
        if task and self.page is not None and task not in people.tasks(self.store, self.page["id"], self.person):
            raise Problem("permission_task")

    def sees(self, number: int | None) -> bool:
        """Whether this level lets a person's things through: the standard one only those of people with a role in the app."""
        if number is None or settings.level(self.store) != "standard":
            return True
        person = people.person(self.store, number)
        return person is not None and bool(person["app_role"])

    def text(self, name: str, default: str = "") -> str:
        """A value as text."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)

    def flag(self, name: str, default: bool) -> bool:
        """A value as yes or no."""
        if name not in self.values:
            return default
        value = self.text(name).lower()
        if value not in TRUE | FALSE:
            raise invalid(f"Param {name} must be a boolean")
        return value in TRUE

    def thing(self, name: str) -> Any:
        """A value that is JSON: an object in a JSON body, its text in a form."""
        value = self.values.get(name)
        if not isinstance(value, str):
            return value
        try:
            return json.loads(value)
        except ValueError:
            raise invalid(f"Param {name} must be valid JSON") from None
