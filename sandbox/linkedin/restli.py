"""Rest.li 2.0 in an address: lists, records, and what must be percent-encoded."""

from urllib.parse import unquote, unquote_plus

from .problems import bad_request

Value = str | list["Value"] | dict[str, "Value"]
STRUCTURE = frozenset("(),:'")


class Malformed(Exception):  # noqa: N818 (it names what it found)
    """A value that breaks the rules of the protocol."""


def scalar(raw: str, *, query: bool = False) -> str:
    """One encoded value; a structure character or a bare % in it is an error."""
    if STRUCTURE & set(raw):
        raise Malformed(raw)
    try:
        return (unquote_plus if query else unquote)(raw, errors="strict")
    except UnicodeDecodeError:
        raise Malformed(raw) from None


def value(raw: str, *, query: bool = False) -> Value:
    """A list, a record or a scalar, whole."""
    found, rest = _value(raw, query)
    if rest:
        raise Malformed(raw)
    return found


def record(raw: str) -> dict[str, str]:
    """A key of the path: (name:value,…) with encoded values."""
    found = value(raw)
    if not isinstance(found, dict) or not all(isinstance(one, str) for one in found.values()):
        raise Malformed(raw)
    return {name: str(one) for name, one in found.items()}


def pairs(query: str) -> dict[str, str]:
    """The parameters of a query, still encoded; the same name twice is an error."""
    found: dict[str, str] = {}
    for part in query.split("&") if query else ():
        name, _, raw = part.partition("=")
        name = unquote_plus(name)
        if name in found or not name:
            raise bad_request()
        found[name] = raw
    return found


def _value(raw: str, query: bool) -> tuple[Value, str]:
    if raw.startswith("List("):
        return _list(raw.removeprefix("List("), query)
    if raw.startswith("("):
        return _record(raw[1:], query)
    end = next((place for place, sign in enumerate(raw) if sign in STRUCTURE), len(raw))
    return scalar(raw[:end], query=query), raw[end:]


def _list(rest: str, query: bool) -> tuple[Value, str]:
    found: list[Value] = []
    if rest.startswith(")"):
        return found, rest[1:]
    while True:
        one, rest = _value(rest, query)
        found.append(one)
        if rest.startswith(")"):
            return found, rest[1:]
        rest = _after(rest, ",")


def _record(rest: str, query: bool) -> tuple[Value, str]:
    found: dict[str, Value] = {}
    while True:
        name, colon, rest = rest.partition(":")
        if not colon:
            raise Malformed(name)
        found[scalar(name)], rest = _value(rest, query)
        if rest.startswith(")"):
            return found, rest[1:]
        rest = _after(rest, ",")


def _after(rest: str, sign: str) -> str:
    if not rest.startswith(sign):
        raise Malformed(rest)
    return rest[1:]
