"""Pictures drawn on the spot, in a colour of their own: faces of people, views for posts. Their addresses end, as the networks' do."""

import hashlib
import hmac
import re
import struct
import zlib

from .store import Store
from .web import Answer, Request

PREFIX = "/pictures/"
PATH = re.compile(r"/pictures/([a-z]+)/([\w.-]{1,40})\.png")
LARGEST = 720
# What the names of pictures in posts begin with.
VIEWS = ("photo", "media")
SECRET = b"who made this address"


def address(base: str, network: str, number: object, size: int, ends_s: int) -> str:
    """Where a picture is until a moment."""
    path = f"{PREFIX}{network}/{number}.png"
    return f"{base}{path}?s={size}&ext={ends_s}&hash={_hash(path, size, ends_s)}"


def answer(store: Store, request: Request) -> Answer:
    """GET of a picture; 403 when its address has ended."""
    match = PATH.fullmatch(request.path)
    size, ends_s = request.params.get("s", ""), request.params.get("ext", "")
    if request.method != "GET" or match is None or not size.isdigit() or not ends_s.isdigit():
        return Answer(404, b"", [("Content-Type", "text/plain")])
    known = hmac.compare_digest(request.params.get("hash", ""), _hash(request.path, int(size), int(ends_s)))
    with store.turn():
        now_s = store.now_ms() // 1000
    if not known or now_s >= int(ends_s):
        return Answer(403, b"URL signature expired", [("Content-Type", "text/plain")])
    return Answer(200, drawn(match.group(2), min(max(int(size), 1), LARGEST)), [("Content-Type", "image/png")])


def drawn(seed: str, size: int) -> bytes:
    """A PNG: a face of two discs, or the hills of a view, on a ground whose colour the seed decides."""
    inside = _hills if seed.startswith(VIEWS) else _face
    red, green, blue = (64 + byte // 2 for byte in hashlib.sha256(seed.encode()).digest()[:3])
    ground, figure = bytes((red, green, blue)), bytes((min(255, red + 90), min(255, green + 90), min(255, blue + 90)))
    rows = b"".join(
        b"\0" + b"".join(figure if inside((x + 0.5) / size, (y + 0.5) / size) else ground for x in range(size)) for y in range(size)
    )
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + _chunk(b"IDAT", zlib.compress(rows)) + _chunk(b"IEND", b"")


def _face(x: float, y: float) -> bool:
    return (x - 0.5) ** 2 + (y - 0.38) ** 2 < 0.04 or (x - 0.5) ** 2 + (y - 1.0) ** 2 < 0.14


def _hills(x: float, y: float) -> bool:
    return y > 0.45 + abs(x - 0.3) * 0.7 or y > 0.6 + abs(x - 0.75) * 0.5 or (x - 0.75) ** 2 + (y - 0.22) ** 2 < 0.012


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _hash(path: str, size: int, ends_s: int) -> str:
    return hmac.new(SECRET, f"{path}/{size}/{ends_s}".encode(), hashlib.sha256).hexdigest()[:32]
