"""The values of a request, wherever Graph takes them from: the address, a form, a JSON body, a form with a file."""

import email.policy
import json
from email.parser import BytesParser
from typing import Any

from ..web import Request
from .problems import invalid


def values_of(request: Request) -> dict[str, Any]:
    """All values by name; those of the body go before those of the address."""
    values: dict[str, Any] = dict(request.params)
    if not request.body:
        return values
    if request.content_type == "application/json":
        return values | _json(request.body)
    if request.content_type == "multipart/form-data":
        return values | _parts(request)
    return values | request.form()


def _json(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        raise invalid("The request body is not valid JSON") from None
    if not isinstance(found, dict):
        raise invalid("The request body must be a JSON object")
    return {name: _plain(value) for name, value in found.items()}


def _plain(value: Any) -> Any:
    """Numbers and truths as the text a form would have held; objects stay."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, int | float) else value


def _parts(request: Request) -> dict[str, Any]:
    head = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
    message = BytesParser(policy=email.policy.HTTP).parsebytes(head + request.body)
    found: dict[str, Any] = {}
    for part in message.iter_parts():
        name = part.get_param("name", header="content-disposition")
        payload = part.get_payload(decode=True)
        if isinstance(name, str) and isinstance(payload, bytes):
            found[name] = payload if part.get_filename() else payload.decode("utf-8", "replace")
    return found
