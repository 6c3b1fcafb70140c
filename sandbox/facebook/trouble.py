"""Bad days of Facebook, on order."""

import json
import secrets
from typing import Any

from .. import faults
from ..faults import Fault
from ..web import Answer
from .problems import KINDS as PROBLEMS
from .problems import Problem

SORRY = (
    b'<!DOCTYPE html><html lang="en" id="facebook"><head><title>Facebook | Error</title></head>'
    b"<body><h1>Sorry, something went wrong.</h1><p>We're working on getting this fixed as soon as we can.</p></body></html>"
)
SHARED = ("html", "empty", "cut", "drop", "slow", "503")
# A page of results in which something is missing that clients like to count on.
MISSING = {
    "no_from": ("from", "from missing · from がない"),
    "no_message": ("message", "message missing · message がない"),
    "no_paging": ("paging", "paging missing · paging がない"),
}
RANDOM, CURSOR = "190_random", "cursor"
KINDS = {
    **{name: faults.KINDS[name] for name in SHARED},
    **{
        name: f"{kind.code}{f'/{kind.subcode}' if kind.subcode else ''} {name}"
        for name, kind in PROBLEMS.items()
        if "{" not in kind.message
    },
    "token_deauthorised": "190/458 token_deauthorised",
    "token_expired": "190/463 token_expired",
    RANDOM: "190 with random words · 190(不定の文言)",
    CURSOR: "100 for the next cursor · カーソル無効",
    **{name: label for name, (_, label) in MISSING.items()},
}


def played(fault: Fault | None) -> Answer | None:
    """The faults that need to know nothing about the request."""
    if fault is None:
        return None
    if fault.kind == "html":
        return Answer(fault.status or 500, SORRY, [("Content-Type", "text/html; charset=utf-8")])
    if fault.kind == "empty":
        return Answer(fault.status or 200, b"", [("Content-Type", "application/json; charset=UTF-8")])
    if fault.kind == "503":
        return Answer(503, b"", [("Content-Type", "text/html; charset=utf-8")])
    return Answer(502) if fault.kind == "drop" else None


def refuse(fault: Fault | None) -> None:
    """The faults that are a refusal of Graph's."""
    if fault is None:
        return
    if fault.kind == RANDOM:
        problem = Problem("token_other")
        problem.message = f"Error validating access token: {secrets.token_hex(6)} {secrets.token_hex(4)}"
        raise problem
    if fault.kind in PROBLEMS:
        raise Problem(fault.kind, app="1", ended="Thursday, 20-Aug-26 01:00:00 PDT", now="Friday, 21-Aug-26 01:00:00 PDT")


def spoiled(fault: Fault | None, found: Answer) -> Answer:
    """The faults that leave something out of a good answer."""
    if fault is not None and fault.kind in MISSING:
        body = _without(json.loads(found.body), MISSING[fault.kind][0])
        found.body = json.dumps(body, separators=(",", ":")).encode("ascii")
    return found


def _without(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return {key: _without(one, name) for key, one in value.items() if key != name}
    return [_without(one, name) for one in value] if isinstance(value, list) else value
