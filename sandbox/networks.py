"""The networks that this sandbox plays, behind one address: who answers which path, what each one stores and begins with."""

from collections.abc import Callable
from dataclasses import dataclass

from . import seeds
from .facebook import api as facebook
from .facebook import apps as facebook_apps
from .facebook import seeds as facebook_seeds
from .facebook import site as facebook_site
from .facebook.tables import SCHEMA as FACEBOOK
from .linkedin import api as linkedin
from .linkedin import seeds as linkedin_seeds
from .linkedin import webhooks as linkedin_hooks
from .linkedin.schema import SCHEMA as LINKEDIN
from .store import Store
from .web import Answer, Request
from .x import api as x
from .x import apps as x_apps
from .x import hooks, tables
from .x import site as x_site


@dataclass(frozen=True)
class Network:
    """One network: its paths, its door, its tables and its first day."""

    name: str
    prefixes: tuple[str, ...]
    answer: Callable[[Store, Request], Answer]
    broken: Callable[[], Answer]
    register_app: Callable[[Store], None]
    plant: Callable[[Store], None]
    clear: Callable[[Store, bool], None]
    schema: str = ""
    # Pages for people whose addresses begin with anything; None for an address that is none of them.
    visited: Callable[[Store, Request], Answer | None] | None = None
    # What has to be seen to from time to time, outside of any turn.
    rounds: Callable[[Store], object] | None = None


ALL = (
    Network(
        "x", x.PREFIXES, x.answer, x.broken, x_apps.register_default, seeds.plant, seeds.clear, tables.SCHEMA, x_site.answer, hooks.rounds
    ),
    Network(
        "facebook",
        facebook.PREFIXES,
        facebook.answer,
        facebook.broken,
        facebook_apps.register_default,
        facebook_seeds.plant,
        facebook_seeds.clear,
        FACEBOOK,
        facebook_site.by_number,
    ),
    Network(
        "linkedin",
        linkedin.PREFIXES,
        linkedin.answer,
        linkedin.broken,
        linkedin_seeds.register_app,
        linkedin_seeds.plant,
        linkedin_seeds.clear,
        LINKEDIN,
        rounds=linkedin_hooks.challenge_again,
    ),
)


def of(path: str) -> Network | None:
    """The network that answers this path."""
    return next((one for one in ALL if path.startswith(one.prefixes)), None)


def visit(store: Store, request: Request) -> Answer | None:
    """A page for people, of whichever network has one at this address."""
    with store.turn():
        return next((found for one in ALL if one.visited and (found := one.visited(store, request))), None)


def plant(store: Store) -> None:
    """Make the apps known and the first day, where there is none yet."""
    for one in ALL:
        one.register_app(store)
        one.plant(store)


def clear(store: Store, *, keep_tokens: bool = False) -> None:
    """Empty every world; registered apps stay, as they would outside."""
    for one in ALL:
        one.clear(store, keep_tokens)
    for table in ("faults", "requests", "settings", "deliveries"):
        store.run(f"DELETE FROM {table}")  # noqa: S608 (names from the line above)
