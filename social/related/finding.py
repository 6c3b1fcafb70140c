"""Finding whose profile it is: by name, by @handle, by the address of the profile (SOC-11, SOC-18, SOC-21)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core import signing
from django.utils.encoding import force_str
from django.utils.translation import gettext as _

from core.access.gate import fields
from core.module.registry import module
from core.remote.abilities import LABELS, Can, Instead, Way
from core.remote.errors import Gone, NotAllowed, RemoteError, Revoked
from core.remote.models import Connection
from core.remote.network import Network
from core.remote.wires import Wire

from ..models import Profile
from ..money_words import cost
from ..networks.items import Person
from ..people import named
from .asking import able, accounts, why_not

LONGEST = 200
# How long a hit may be linked after it was found, in seconds.
GOOD_FOR = 3600
_SALT = "social.hit"
KNOWN = "known"


@dataclass
class Found:
    """What a search came to: the hits, who of that name is `known` here already, or why there are none, and what works instead.

    `code` tells the failures apart; `sign_in` says that signing in with an account of one's own is what is missing; `cost` is what one
    search may cost.
    """

    hits: list[dict[str, Any]] = field(default_factory=list)
    known: list[dict[str, Any]] = field(default_factory=list)
    asked: bool = False
    why: str = ""
    code: str = ""
    sign_in: bool = False
    way: Way | None = None
    remarks: list[str] = field(default_factory=list)
    cost: str = ""


def sealed(net: Network, person: Person, how: str) -> str:
    """A hit as its form brings it back: nobody makes one up."""
    return signing.dumps([net.key, how, asdict(person)], salt=_SALT, compress=True)


def opened(net: Network, text: str) -> tuple[Person, str] | None:
    """The hit of a form and how it was found; None for one that is none, old, or of another network."""
    try:
        key, how, told = signing.loads(text, salt=_SALT, max_age=GOOD_FOR)
        return (Person(**told), str(how)) if key == net.key else None
    except (signing.BadSignature, TypeError, ValueError):
        return None


def _held(user: Any, net: Network, record: Any) -> str:
    """What the record's field for this network holds, where this person may see the field."""
    key = net.profiles.field
    return str(getattr(record, key, "") or "") if key and key in fields(user, module(record._meta.label_lower)) else ""


def filled_in(user: Any, net: Network, record: Any) -> str:
    """What the search is filled with: the handle that stands in the record, else its name."""
    held = _held(user, net, record)
    handle = net.profiles.handle_in(held, net.site) or (held.lstrip("@＠") if net.profiles.shouts else "")
    return f"@{handle}" if handle and net.profiles.shouts else str(record.title)


def address_in(user: Any, net: Network, record: Any) -> str:
    """The address of the profile that stands in the record, to be linked by it."""
    held = _held(user, net, record)
    if net.profiles.handle_in(held, net.site):
        return held
    return net.link("profile", username=held.lstrip("@＠")) if held and net.profiles.shouts else ""


def find(user: Any, net: Network, words: str, further: Mapping[str, str], *, record: Any) -> Found:
    """Look for somebody, if anything may: which account asks, what the level allows. Asks the network for who waits for it."""
    words = " ".join(words[:LONGEST].split())
    rows = accounts(user, [net.key])
    price = net.estimate("search")
    found = Found(remarks=net.remarks(Can.SEARCH_PEOPLE), cost=cost(price) if price else "")
    by_handle = net.profiles.shouts and words[:1] in {"@", "＠"}
    ability = Can.LINK_BY_HANDLE if by_handle else Can.SEARCH_PEOPLE
    label, there = force_str(LABELS[Instead.SEARCH_THERE]) % {"network": net.label}, net.link("search", **_places(record))
    found.way = Way(label, there) if there else None
    who = able(rows, net, ability)
    if who is None:
        level = net.why_not(ability, alone=True)
        found.why = level or (why_not(rows[0], ability) if rows else "")
        found.sign_in = not level and not rows
        found.code = "level" if level else "permission" if rows else "no_account"
    elif words or any(further.values()):
        _ask(found, net, who, words, by_handle, further)
    seen = {hit["person"].outside_id for hit in found.hits}
    found.known = [
        {"person": _person(one), "sealed": sealed(net, _person(one), KNOWN)}
        for one in named(user, net.key, words or str(record.title))
        if one.outside_id not in seen
    ]
    return found


def _person(row: Profile) -> Person:
    """Somebody we know, as the network told of them; what it did not say now is not told again."""
    return Person(row.outside_id, row.handle, row.name, row.bio, row.place, row.picture_url, protected=row.protected)


def _ask(found: Found, net: Network, who: Connection, words: str, by_handle: bool, further: Mapping[str, str]) -> None:
    wire: Any = Wire(who, person=True, feature="search")
    there: Any = net
    found.asked = True
    try:
        if by_handle:
            people = [there.by_handle(wire, words.lstrip("@＠"))]
        else:
            told = there.search_people(wire, words, **{key: further.get(key, "") for key in net.profiles.further})
            people = list(getattr(told, "people", told))
    except Gone as error:
        found.code = error.code
        found.why = _("Nobody at %(network)s is called %(handle)s.") % {"network": net.label, "handle": words}
        return
    except RemoteError as error:
        found.code, found.why = error.code, error.for_people()
        found.sign_in = isinstance(error, Revoked | NotAllowed)
        return
    how = "handle" if by_handle else "search"
    found.hits = [{"person": one, "sealed": sealed(net, one, how)} for one in people]


def _places(record: Any) -> dict[str, str]:
    """What the network's own search is filled with."""
    name, company = str(record.title), getattr(record, "company", "") or getattr(record, "account", "") or ""
    return {"query": name, "name": name, "company": str(company) or " "}
