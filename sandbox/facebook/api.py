"""The door of Facebook: finds what is asked for, knows the caller, counts, plays faults, logs every request."""

import json
import re
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

from .. import faults, log
from ..faults import Fault
from ..store import Store
from ..web import Answer, Request
from . import account, apps, dialog, oauth, people, reading, settings, site, tokens, trouble, usage, versions
from .body import values_of
from .call import Body, Call
from .edges import EDGES
from .endpoints import ENDPOINTS, run
from .problems import Problem, invalid, missing
from .usage import Budget

PREFIXES = (*(f"/v{number}." for number in range(1, 100)), site.PREFIX)
PATH = re.compile(r"/(v\d{1,2}\.\d)(/.*)?")
MOST_IN_BATCH = 50
SECRETS = frozenset(("access_token", "appsecret_proof", "input_token", "fb_exchange_token", "client_secret", "code", "state"))
MESSENGER = frozenset(("conversations", "messages"))
CONVERSATIONS_PER_SECOND = 2


@dataclass
class Note:
    """What is known about a request while it is worked on, for its headers and for the log."""

    fault: Fault | None = None
    endpoint: str = ""
    username: str = ""
    version: str = ""
    usage: list[tuple[str, str]] = field(default_factory=list)
    outside: Callable[[], Callable[[], Body]] | None = None


def answer(store: Store, request: Request) -> Answer:
    """Answer one request as Facebook would."""
    with store.turn():
        if request.path.startswith(site.PREFIX):
            return site.answer(store, request)
        note = Note(fault=faults.take(store, request.path, trouble.KINDS, request.method))
    kind = note.fault.kind if note.fault else ""
    if note.fault and kind == "slow":
        # Outside of any turn, so that the others are served meanwhile.
        time.sleep(note.fault.seconds)
    with store.turn():
        try:
            found = trouble.played(note.fault) or _answer(store, request, note)
        except Problem as problem:
            found = _refusal(problem)
        if note.outside is None:
            return _finished(store, request, note, found)
    try:
        keep = note.outside()
    except Problem as problem:
        found, keep = _refusal(problem), None
    with store.turn():
        return _finished(store, request, note, _json(keep()) if keep else found)


def broken() -> Answer:
    """What the client sees when the sandbox itself fails."""
    return _refusal(Problem("unknown"))


def _finished(store: Store, request: Request, note: Note, found: Answer) -> Answer:
    kind = note.fault.kind if note.fault else ""
    found.cut = kind in {"cut", "drop"}
    names = [("x-fb-trace-id", secrets.token_urlsafe(8)), ("x-fb-rev", "1030000000"), *note.usage]
    found.headers += [*names, *([("facebook-api-version", note.version)] if note.version else [])]
    clean = _without_secrets(request.query)
    log.write(store, replace(request, query=clean), found.status, endpoint=f"facebook.{note.endpoint}", username=note.username, fault=kind)
    return found


def _answer(store: Store, request: Request, note: Note) -> Answer:
    base = f"http://{request.headers.get('host', 'localhost')}"
    if settings.get(store, "base", "") != base:
        settings.put(store, "base", base)
    if dialog.PATH.fullmatch(request.path):
        note.endpoint = "dialog"
        trouble.refuse(note.fault)
        return dialog.decide(store, request) if request.method == "POST" else dialog.ask(store, request)
    match = PATH.fullmatch(request.path)
    if match is None:
        raise Problem("path_unknown", path=request.path)
    note.version = versions.answering(store, match.group(1), request.path)
    values = values_of(request)
    method = request.method
    if method == "POST" and str(values.get("method", "")).upper() in {"DELETE", "GET"}:
        method = str(values.pop("method")).upper()
    path = (match.group(2) or "/").strip("/")
    if path == "" and method == "POST" and "batch" in values:
        note.endpoint = "batch"
        trouble.refuse(note.fault)
        return _json(_batch(store, request, note, base, values))
    found = _json(_graph(store, note, base, method, path, values, request.headers.get("authorization", "")))
    if path.endswith("/picture") and values.get("redirect", "1") not in {"0", "false"}:
        address = json.loads(found.body)["data"]["url"]
        return Answer(302, b"", [("Location", address)])
    return trouble.spoiled(note.fault, found)


def _graph(store: Store, note: Note, base: str, method: str, path: str, values: dict[str, Any], authorization: str) -> Body:
    """One call: the token first, then the allowance, then the work."""
    parts = path.split("/") if path else []
    if parts == ["oauth", "access_token"]:
        note.endpoint = "oauth.access_token"
        trouble.refuse(note.fault)
        return oauth.access_token(store, oauth.with_basic(values, authorization))
    note.endpoint = _name(method, parts)
    call = _call(store, note, base, method, path, values, authorization)
    budget = _budget(call, parts)
    if note.fault:
        note.usage = usage.headers(store, budget)
        trouble.refuse(note.fault)
    try:
        usage.refuse_when_full(store, budget)
        if parts[-1:] == ["conversations"]:
            _refuse_fast(store, note.username)
        return _work(call, parts, note)
    finally:
        usage.count(store, budget, objects=call.objects)
        note.usage = usage.headers(store, budget)


def _work(call: Call, parts: list[str], note: Note) -> Body:
    if not parts:
        if call.method != "GET" or "ids" not in call.values:
            raise Problem("path_unknown", path="/")
        return reading.many(call)
    if parts == ["debug_token"]:
        return oauth.debug_token(_as_app(call))
    if parts == ["pages", "search"]:
        return account.search_pages(call)
    if parts[0] == call.app.id and parts[1:] == ["subscriptions"]:
        told = {"GET": account.hooks, "POST": account.set_hook, "DELETE": account.remove_hook}[call.method](_as_app(call))
        note.outside = call.outside
        return told
    if parts[1:2] == ["permissions"] and len(parts) <= 3:
        person = account.named(call, parts[0])
        return account.permissions(call, person) if call.method == "GET" else account.take_back(call, person, "".join(parts[2:]))
    return _on_thing(call, parts, note)


def _on_thing(call: Call, parts: list[str], note: Note) -> Body:
    if len(parts) > 2:
        raise Problem("path_unknown", path=f"/{parts[2]}")
    found = reading.find(call, parts[0])
    if found is None:
        raise missing(parts[0], call.method)
    kind, row = found
    edge_name = parts[1] if len(parts) == 2 else ""
    endpoint = ENDPOINTS.get((call.method, kind, edge_name))
    if endpoint is not None:
        note.endpoint = endpoint.id
        return run(call, endpoint, kind, row)
    if call.method != "GET":
        raise missing(parts[0], call.method)
    if edge_name == "picture":
        return account.picture(call, kind, row)
    if not edge_name:
        note.endpoint = "me" if kind == "user" else kind
        reading.check(call, kind, row)
        return reading.node(call, kind, row, reading.wishes_of(call))
    edge = EDGES.get((kind, edge_name))
    if edge is None:
        raise Problem("path_unknown", path=f"/{edge_name}")
    note.endpoint = edge.id
    reading.enter(call, kind, row, edge)
    args = {name: call.text(name) for name in call.values}
    return reading.connection(call, row, edge, args, reading.wishes_of(call), f"{parts[0]}/{edge_name}", call.text("fields"))


def _call(store: Store, note: Note, base: str, method: str, path: str, values: dict[str, Any], authorization: str) -> Call:
    """The token of the call: known, alive, and shown together with the app's secret."""
    scheme, _, borne = authorization.partition(" ")
    value = borne.strip() if scheme.lower() in {"bearer", "oauth"} else str(values.get("access_token", ""))
    if not value:
        raise Problem("no_token" if path.startswith("me") else "token_missing")
    token = tokens.find(store, value)
    app = apps.find(store, token["app"]) if token else None
    if token is None or app is None:
        raise Problem("token_malformed")
    tokens.check(store, token)
    proof = values.get("appsecret_proof")
    apps.check_proof(app, value, None if proof is None else str(proof), needed=token["kind"] != "app")
    page = people.page(store, token["page"])
    person = people.person(store, token["person"])
    note.username = page["username"] if page else person["name"] if person else f"app {app.id}"
    return Call(store, base, note.version, method, path, values, app, token, page)


def _as_app(call: Call) -> Call:
    if call.token["kind"] != "app":
        raise Problem("token_for_app")
    return call


def _budget(call: Call, parts: list[str]) -> Budget:
    """The allowance of a page for its own token, that of the app for people's and its own."""
    if call.page is None:
        return usage.of_app(call.store, call.app.id)
    talks = bool(MESSENGER.intersection(parts[1:])) or bool(parts) and parts[0].startswith(("t_", "m_"))
    return usage.of_messenger(call.store, call.page) if talks else usage.of_page(call.store, call.page)


def _refuse_fast(store: Store, username: str) -> None:
    """Conversations: two calls a second for a page."""
    seen = store.number(
        """SELECT COUNT(*) FROM requests WHERE id > (SELECT MAX(id) FROM requests) - 200 AND endpoint = 'facebook.conversations'
        AND username = ? AND status = 200 AND at_ms > ?""",
        username,
        store.now_ms() - 1000,
    )
    if seen >= CONVERSATIONS_PER_SECOND:
        raise Problem("limit_custom")


def _batch(store: Store, request: Request, note: Note, base: str, values: dict[str, Any]) -> list[Body]:
    """POST / with `batch`: up to fifty calls in one request, each counted and answered for itself."""
    try:
        wanted = json.loads(values["batch"]) if isinstance(values["batch"], str) else values["batch"]
    except ValueError:
        raise invalid("Param batch must be a JSON array") from None
    if not isinstance(wanted, list) or not wanted or not all(isinstance(one, dict) for one in wanted):
        raise invalid("Param batch must be a JSON array")
    if len(wanted) > MOST_IN_BATCH:
        raise invalid(f"Too many requests in batch message. Maximum batch size is {MOST_IN_BATCH}")
    shared: Body = {name: values[name] for name in ("access_token", "appsecret_proof") if name in values}
    with_headers = str(values.get("include_headers", "true")).lower() not in {"false", "0"}
    told: list[Body] = []
    for one in wanted:
        inner = Note(version=note.version)
        found = _one_of_batch(store, request, inner, base, one, shared)
        note.username, note.usage = inner.username, inner.usage
        entry: Body = {"code": found.status, "body": found.body.decode()}
        if with_headers:
            entry["headers"] = [{"name": name, "value": value} for name, value in (*found.headers, *inner.usage)]
        told.append(entry)
    return told


def _one_of_batch(store: Store, request: Request, note: Note, base: str, one: Body, shared: Body) -> Answer:
    path, _, query = str(one.get("relative_url", "")).partition("?")
    path = re.sub(r"^/?v\d{1,2}\.\d/", "", path).strip("/")
    body = one.get("body", "")
    own = dict(parse_qsl(query, keep_blank_values=True)) | (dict(parse_qsl(body, keep_blank_values=True)) if isinstance(body, str) else {})
    if "access_token" in own:
        shared = {}
    method = str(one.get("method", "GET")).upper()
    try:
        found = _json(_graph(store, note, base, method, path, shared | own, request.headers.get("authorization", "")))
    except Problem as problem:
        found = _refusal(problem)
    # Each call of a batch is paid for, so each has a line of its own in the log.
    inner = replace(request, method=method, path=f"/{note.version}/{path}", query=_without_secrets(query))
    log.write(store, inner, found.status, endpoint=f"facebook.{note.endpoint}", username=note.username, fault="")
    return found


def _name(method: str, parts: list[str]) -> str:
    """What the log calls a request before more is known about it."""
    if parts[:1] == ["debug_token"]:
        return "debug_token"
    if parts == ["pages", "search"]:
        return "pages.search"
    if parts[1:] == ["subscriptions"]:
        return "app.subscription"
    if parts[1:2] == ["permissions"]:
        return "me.permissions" if method == "GET" else "me.revoke"
    if parts[1:] == ["picture"]:
        return "profile.picture"
    if parts[1:] == ["conversations"]:
        return "conversations"
    return "ids" if not parts else "unknown"


def _without_secrets(query: str) -> str:
    return urlencode([(name, value) for name, value in parse_qsl(query, keep_blank_values=True) if name not in SECRETS])


def _json(body: object) -> Answer:
    """Graph's own way to write JSON: signs beyond ASCII and slashes escaped."""
    text = json.dumps(body, separators=(",", ":")).replace("/", "\\/")
    names = [("Content-Type", "application/json; charset=UTF-8"), ("Cache-Control", "private, no-cache, no-store, must-revalidate")]
    return Answer(200, text.encode("ascii"), names)


def _refusal(problem: Problem) -> Answer:
    found = _json(problem.body)
    found.status = problem.status
    if problem.kind.code in {190, 102}:
        found.headers.append(("WWW-Authenticate", f'OAuth "Facebook Platform" "invalid_token" "{problem.message}"'))
    return found
