"""The door of X: finds the endpoint, knows the caller, counts, plays faults, logs every request."""

import secrets
import time
from dataclasses import dataclass

from .. import faults, log, people
from ..faults import Fault
from ..store import Row, Store
from ..web import Answer, Request, as_json
from . import consent, endpoints, limits, oauth, tokens
from .call import Call, Endpoint
from .limits import Headers
from .params import check_names
from .problems import (
    BLANK,
    CAPPED,
    NO_CREDITS,
    TOO_MANY,
    Problem,
    forbidden,
    not_enrolled,
    plain,
    unauthorized,
    unsupported_authentication,
    unsupported_person,
)

OVER_CAPACITY = b"<!DOCTYPE html><html><head><title>X / ?</title></head><body><h1>Something is technically wrong.</h1></body></html>"
SIGN_IN = {
    ("GET", consent.PATH): consent.ask,
    ("POST", consent.PATH): consent.decide,
    ("POST", "/2/oauth2/token"): oauth.token,
    ("POST", "/2/oauth2/revoke"): oauth.revoke,
    ("POST", "/oauth2/token"): oauth.app_token,
}
PREFIXES = ("/2/", "/i/oauth2/", "/oauth2/")


@dataclass
class Note:
    """What is known about a request while it is worked on, for its headers and for the log."""

    fault: Fault | None = None
    endpoint: str = ""
    username: str = ""
    access: str = "read"
    limits: Headers = ()
    cost_usd: float = 0.0


def answer(store: Store, request: Request) -> Answer:
    """Answer one request as X would."""
    with store.turn():
        note = Note(fault=faults.take(store, request.path, faults.KINDS, request.method))
    kind = note.fault.kind if note.fault else ""
    if note.fault and kind == "slow":
        # Outside of any turn, so that the others are served meanwhile.
        time.sleep(note.fault.seconds)
    with store.turn():
        try:
            found = _played(note.fault) or _answer(store, request, note)
        except Problem as problem:
            note.limits = problem.headers or note.limits
            found = as_json(problem.body, problem.status)
        found.cut = kind in {"cut", "drop"}
        found.headers += [("x-transaction-id", secrets.token_hex(8)), ("x-access-level", note.access), *note.limits]
        secret = request.path in {path for _, path in SIGN_IN}
        log.write(
            store, request, found.status, endpoint=note.endpoint, username=note.username, fault=kind, cost_usd=note.cost_usd, secret=secret
        )
    return found


def _played(fault: Fault | None) -> Answer | None:
    """The faults that need to know nothing about the request."""
    if fault is None:
        return None
    if fault.kind == "html":
        return Answer(fault.status or 503, OVER_CAPACITY, [("Content-Type", "text/html; charset=utf-8")])
    if fault.kind == "empty":
        return Answer(fault.status or 200, b"", [("Content-Type", "application/json; charset=utf-8")])
    if fault.kind == "drop":
        return Answer(502)
    return None


def _answer(store: Store, request: Request, note: Note) -> Answer:
    sign_in = SIGN_IN.get((request.method, request.path))
    if sign_in:
        note.endpoint = "oauth2" + request.path.rpartition("oauth2")[2].replace("/", ".")
        _refuse(store, note.fault, [])
        return sign_in(store, request)
    endpoint, values, elsewhere = endpoints.find(request.method, request.path)
    if endpoint is None:
        raise plain(405, "Method Not Allowed") if elsewhere else plain(404, "Not Found")
    return _call(store, request, note, endpoint, values)


def _call(store: Store, request: Request, note: Note, endpoint: Endpoint, values: dict[str, str]) -> Answer:
    note.endpoint = endpoint.id
    token = _token(store, request, note)
    if token["person"] is None and not endpoint.app:
        raise unsupported_authentication()
    if token["person"] is not None and not endpoint.user:
        raise unsupported_person()
    buckets = limits.told(store, limits.buckets(endpoint.id, endpoint.limits, token["person"], token["client_id"]))
    _refuse(store, note.fault, buckets)
    note.limits = limits.take(store, buckets)
    if token["person"] is not None and not set(endpoint.scopes) <= set(token["scope"].split()):
        raise forbidden()
    check_names(request, endpoint.params)
    if endpoint.level and store.setting("level", "pay_per_use") != endpoint.level:
        raise not_enrolled(token["client_id"])
    call = Call(store, request, values, endpoint.id, token["person"], token["client_id"], frozenset(token["scope"].split()))
    body = endpoint.answer(call)
    note.cost_usd = call.cost_usd
    return as_json(body, endpoint.status)


def _token(store: Store, request: Request, note: Note) -> Row:
    """The token of the call; it must be good, and its person must still be there."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    token = tokens.bearer(store, value.strip()) if scheme.lower() == "bearer" else None
    if token is None:
        raise unauthorized()
    if token["person"] is not None:
        person = people.by_id(store, token["person"])
        if person is None or person["suspended"]:
            raise unauthorized()
        note.username = person["username"]
    note.access = _access(token["scope"].split())
    return token


def _access(scopes: list[str]) -> str:
    if "dm.write" in scopes:
        return "read-write-directmessages"
    return "read-write" if "tweet.write" in scopes else "read"


def _refuse(store: Store, fault: Fault | None, buckets: list[limits.Bucket]) -> None:
    """The faults that are a refusal."""
    if fault is None:
        return
    if fault.kind == "401":
        raise unauthorized()
    if fault.kind == "500":
        raise plain(500, "Internal Server Error")
    if fault.kind == "503":
        raise plain(503, "Service Unavailable")
    if fault.kind == "402":
        raise Problem(402, NO_CREDITS)
    if fault.kind == "capped":
        raise Problem(429, CAPPED)
    if fault.kind == "429":
        reset = store.now_ms() // 1000 + int(fault.seconds)
        size = buckets[0].size if buckets else 50
        names = (("x-rate-limit-limit", str(size)), ("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", str(reset)))
        raise Problem(429, TOO_MANY, names)


def broken() -> Answer:
    """What the client sees when the sandbox itself fails."""
    return as_json({"title": "Internal Server Error", "type": BLANK, "status": 500, "detail": "The sandbox failed; see its log."}, 500)
