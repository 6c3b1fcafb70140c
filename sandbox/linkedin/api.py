"""The door of LinkedIn: finds the endpoint, knows the caller, counts, plays faults, logs every request."""

import time
import uuid
from dataclasses import dataclass, replace
from urllib.parse import parse_qsl

from .. import faults, log
from ..faults import Fault
from ..store import Row, Store
from ..web import Answer, Request, as_json
from . import consent, endpoints, levels, limits, members, oauth, openid, problems, restli, site, tokens, versions, webhooks
from .call import Call, Endpoint, Later
from .problems import Problem, bad_path, bad_request, no_method, no_resource, too_large

LONGEST_TARGET = 4_096
BUSY = b"<!DOCTYPE html><html><head><title>LinkedIn</title></head><body><h1>We will be back soon</h1></body></html>"
SIGN_IN = {
    ("GET", consent.PATH): consent.ask,
    ("POST", consent.PATH): consent.decide,
    ("POST", "/oauth/v2/accessToken"): oauth.access_token,
    ("POST", "/oauth/v2/introspectToken"): oauth.introspect,
    ("POST", "/oauth/v2/revoke"): oauth.revoke,
    ("GET", "/oauth/.well-known/openid-configuration"): openid.discovery,
    ("GET", "/oauth/openid/jwks"): openid.jwks,
}
SIGN_IN_PATHS = frozenset(path for _, path in SIGN_IN)
PREFIXES = ("/rest/", "/v1/", "/v2/", "/oauth/v2/", "/oauth/.well-known/", "/oauth/openid/", "/dms-uploads/", *site.PREFIXES)
REFUSALS = {
    "invalid_token": problems.token_invalid,
    "revoked_token": problems.token_revoked,
    "expired_token": problems.token_expired,
    "gone": problems.not_found,
    "conflict": problems.conflict,
    "closed": problems.comments_closed,
    "burst": problems.burst,
}
# What each kind is, for the control page.
KINDS = {
    "burst": "429, a minute · 429(1分)",
    "day_app": "429 APPLICATION DAY · 429(アプリの1日)",
    "day_member": "429 MEMBER DAY · 429(会員の1日)",
    "invalid_token": "401 65600 · 無効なトークン",
    "revoked_token": "401 65601 · 取り消されたトークン",
    "expired_token": "401 65602 · 期限切れのトークン",
    "denied": "403 · 権限不足",
    "gone": "404 · 存在しない",
    "conflict": "409 · 書き込みの競合",
    "closed": "422 comments closed · コメント停止",
    "version": "426 · 終了したバージョン",
    "500": "500 · サーバーエラー",
    "502": "502 · 不正なゲートウェイ",
    "503": "503 · 一時停止",
    "504": "504 · タイムアウト",
    **{kind: faults.KINDS[kind] for kind in ("html", "empty", "cut", "drop", "slow")},
}


@dataclass
class Note:
    """What is known about a request while it is worked on, for the log."""

    fault: Fault | None = None
    endpoint: str = ""
    username: str = ""


def answer(store: Store, request: Request) -> Answer:
    """Answer one request as LinkedIn would."""
    with store.turn():
        note = Note(fault=faults.take(store, request.path, KINDS, request.method))
    kind = note.fault.kind if note.fault else ""
    if note.fault and kind == "slow":
        # Outside of any turn, so that the others are served meanwhile.
        time.sleep(note.fault.seconds)
    with store.turn():
        found = _safely(store, request, note)
    if isinstance(found, Later):
        good = found.ask()
        with store.turn():
            found = _concluded(found, good)
    found.cut = kind in {"cut", "drop"}
    found.headers += [
        ("x-li-uuid", str(uuid.uuid4())),
        ("x-li-fabric", "prod-sandbox"),
        ("x-restli-protocol-version", "2.0.0"),
    ]
    with store.turn():
        webhooks.flush(store)
        secret = request.path in SIGN_IN_PATHS
        endpoint = f"linkedin.{note.endpoint}" if note.endpoint else "linkedin"
        log.write(store, request, found.status, endpoint=endpoint, username=note.username, fault=kind, secret=secret)
    return found


def broken() -> Answer:
    """What the client sees when the sandbox itself fails."""
    return as_json({"status": 500, "message": "The sandbox failed; see its log."}, 500)


def _safely(store: Store, request: Request, note: Note) -> Answer | Later:
    try:
        return _played(note.fault) or _answer(store, request, note)
    except Problem as problem:
        return as_json(problem.body, problem.status)


def _concluded(later: Later, good: bool) -> Answer:
    try:
        return later.conclude(good)
    except Problem as problem:
        return as_json(problem.body, problem.status)


def _played(fault: Fault | None) -> Answer | None:
    """The faults that need to know nothing about the request."""
    if fault is None:
        return None
    if fault.kind == "html":
        return Answer(fault.status or 503, BUSY, [("Content-Type", "text/html; charset=utf-8")])
    if fault.kind == "empty":
        return Answer(fault.status or 200, b"", [("Content-Type", "application/json; charset=utf-8")])
    if fault.kind == "drop":
        return Answer(502)
    return None


def _answer(store: Store, request: Request, note: Note) -> Answer | Later:
    sign_in = SIGN_IN.get((request.method, request.path))
    if sign_in:
        note.endpoint = "oauth." + request.path.rpartition("/")[2]
        _refuse(note.fault, None)
        return sign_in(store, request)
    if request.path.startswith(site.PREFIXES):
        return site.answer(store, request)
    request = _untunnelled(request)
    names = {name for name, _ in parse_qsl(request.query, keep_blank_values=True)}
    endpoint, values, elsewhere = endpoints.find(request.method, request.raw_path or request.path, names)
    if endpoint is None:
        raise no_method() if elsewhere else no_resource()
    note.endpoint = endpoint.id
    token = _token(store, request, note)
    version = _protocol(store, request, endpoint)
    call = _call(store, request, endpoint, token, version, values)
    _refuse(note.fault, call)
    _permit(call)
    limits.take(store, endpoints.bucket(endpoint), call.member, call.client_id)
    for name in call.query:
        if name not in endpoint.params:
            raise bad_request()
    return endpoint.answer(call)


def _call(store: Store, request: Request, endpoint: Endpoint, token: Row, version: str, values: dict[str, str]) -> Call:
    level = levels.current(store)
    scopes = frozenset(scope for scope in token["scope"].split() if levels.opens(level, scope))
    return Call(store, request, endpoint, token["member"], token["client_id"], scopes, level, version, values, restli.pairs(request.query))


def _permit(call: Call) -> None:
    """Level first, then the scopes: of "a|b" one is enough."""
    if not levels.reaches(call.level, call.endpoint.level):
        raise call.refuse()
    for choice in call.endpoint.scopes:
        call.need(*choice.split("|"))


def _token(store: Store, request: Request, note: Note) -> Row:
    """The token of the call; it must be good, and its member must still be there."""
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    value = value.strip()
    if scheme.lower() != "bearer" or not value:
        raise problems.token_empty()
    token = tokens.find(store, value)
    if token is None or token["kind"] != "access":
        raise problems.token_invalid()
    if token["state"] != "live":
        raise problems.token_revoked()
    if token["expires_ms"] <= store.now_ms():
        raise problems.token_expired()
    member = members.by_id(store, token["member"])
    if member is None or member["gone"]:
        raise problems.token_revoked()
    note.username = member["vanity"]
    return token


def _protocol(store: Store, request: Request, endpoint: Endpoint) -> str:
    """The headers of /rest: a living version, Rest.li 2.0, and the method where it decides."""
    if not endpoint.path.startswith("/rest/"):
        return ""
    version = versions.check(store, request.headers.get("linkedin-version", "").strip())
    # Without it LinkedIn reads the address as Rest.li 1.0, where lists and keys look different.
    if request.headers.get("x-restli-protocol-version") != "2.0.0":
        raise bad_request("X-RestLi-Protocol-Version: 2.0.0 is needed")
    method = request.headers.get("x-restli-method", "").upper()
    if (method or endpoint.restli_required) and method != (endpoint.restli_method or _plain_method(endpoint)):
        raise bad_request(f"X-RestLi-Method does not match {endpoint.resource}")
    return version


def _plain_method(endpoint: Endpoint) -> str:
    """What the header would say where nobody needs it."""
    return {"GET": "GET", "POST": "CREATE", "PUT": "UPDATE", "DELETE": "DELETE"}[endpoint.method]


def _untunnelled(request: Request) -> Request:
    """Addresses over 4 KB come as a POST whose body is the query; longer ones in the open are refused."""
    override = request.headers.get("x-http-method-override", "").upper()
    if request.method == "POST" and override == "GET":
        if request.content_type != "application/x-www-form-urlencoded":
            raise problems.media_type()
        try:
            query = request.body.decode("ascii")
        except UnicodeDecodeError:
            raise bad_path() from None
        return replace(request, method="GET", query=query, body=b"")
    if len(request.raw_path or request.path) + len(request.query) > LONGEST_TARGET:
        raise too_large()
    return request


def _refuse(fault: Fault | None, call: Call | None) -> None:
    """The faults that are a refusal."""
    if fault is None:
        return
    if fault.kind in REFUSALS:
        raise REFUSALS[fault.kind]()
    if fault.kind in {"500", "502", "503", "504"}:
        raise problems.broken(int(fault.kind))
    if fault.kind in {"day_app", "day_member"}:
        raise problems.day_limit("APPLICATION" if fault.kind == "day_app" else "MEMBER")
    if fault.kind == "version":
        raise problems.version_dead(call.version if call else "")
    if fault.kind == "denied" and call:
        raise call.refuse()
