"""How people's own pages look at a network: their addresses, their pictures, and what a search for them takes (SOC-11, SOC-18)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, unquote, urlsplit

LONGEST = 500


@dataclass(frozen=True, slots=True)
class Profiles:
    """One network's pages of people.

    `hosts` are where they stand; `paths` are patterns of the path (a `?` and the query behind it, where that matters), the first
    group of each is the handle or the number; `reserved` are no handles. `picture_hosts` are where pictures come from, with what is
    below them; `pictures_end` says that such an address serves for a time only. `larger` is the part of a picture's address that
    names its small size, and what names a large one. `field` is the field of records that holds the handle or the address. `further`
    is what a search takes beside the name; `shouts` says that people go by "@handle". `on` are the modules whose records are looked
    for here, all for none.
    """

    hosts: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    reserved: frozenset[str] = frozenset()
    picture_hosts: tuple[str, ...] = ()
    pictures_end: bool = False
    larger: tuple[str, str] = ("", "")
    field: str = ""
    further: tuple[str, ...] = ()
    shouts: bool = False
    on: tuple[str, ...] = ()

    def handle_in(self, address: str, site: str = "") -> str:
        """The handle, or number, that the address of somebody's page names; empty for any other address. `site` is where the network
        is for this installation."""
        text = address.strip()
        if not text or len(text) > LONGEST or any(sign.isspace() for sign in text):
            return ""
        try:
            parts = urlsplit(text if "://" in text else f"https://{text}")
            at = parts.netloc.lower()
        except ValueError:
            return ""
        if (
            parts.scheme not in {"http", "https"}
            or "@" in at
            or not (at == urlsplit(site).netloc or _below(parts.hostname or "", self.hosts))
        ):
            return ""
        query = "&".join(f"{key}={value[0]}" for key, value in sorted(parse_qs(parts.query).items()) if key == "id")
        path = unquote(parts.path).rstrip("/") + (f"?{query}" if query else "")
        for pattern in self.paths:
            if found := re.fullmatch(pattern, path):
                name = found.group(1)
                return "" if name.lower() in self.reserved else name
        return ""

    def shows(self, address: str, site: str = "") -> bool:
        """Whether a picture's address is one of the network's own."""
        try:
            parts = urlsplit(address)
            port = parts.port
        except ValueError:
            return False
        if site and parts.netloc == urlsplit(site).netloc and parts.scheme == urlsplit(site).scheme:
            return True
        return parts.scheme == "https" and port in {None, 443} and _below(parts.hostname or "", self.picture_hosts)

    def large(self, address: str) -> str:
        """The address of the largest square of a picture."""
        small, large = self.larger
        return address.replace(small, large) if small else address


def _below(name: str, hosts: tuple[str, ...]) -> bool:
    return any(name.lower() == host or name.lower().endswith(f".{host}") for host in hosts)
