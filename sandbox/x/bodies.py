"""JSON bodies as X takes them: an object with no name it does not know, each value of its type."""

import json
from typing import Any

from .call import Call
from .params import ID
from .problems import Problem, invalid


def read(call: Call, names: tuple[str, ...], needed: tuple[str, ...] = ()) -> dict[str, Any]:
    """The body of a call. Raises Problem for what X refuses."""
    if call.request.content_type != "application/json":
        raise wrong("content-type", call.request.content_type, "The request's content type must be application/json")
    try:
        body = json.loads(call.request.body)
    except ValueError:
        raise wrong("body", "", "The request body is not valid JSON") from None
    if not isinstance(body, dict):
        raise wrong("body", "", "The request body must be an object")
    for name in body:
        if name not in names:
            told = f"$.{name}: is not defined in the schema and the schema does not allow additional properties"
            raise wrong(name, str(body[name]), told)
    for name in needed:
        if name not in body:
            raise wrong(name, "", f"$.{name}: is missing but it is required")
    return body


def text(body: dict[str, Any], name: str, most: int = 10_000) -> str:
    """A text that is not empty."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > most:
        raise wrong(name, str(value), f"$.{name}: string of 1 to {most} characters expected")
    return value


def number(body: dict[str, Any], name: str) -> int:
    """An id, which is text of digits in every body."""
    value = body.get(name)
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise wrong(name, str(value), f"$.{name}: does not match the regex pattern ^[0-9]{{1,19}}$")
    return int(value)


def wrong(name: str, value: str, message: str) -> Problem:
    return invalid(name, value, message)
