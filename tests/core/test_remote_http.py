"""The guarded client: addresses, redirects, sizes, broken lines, TLS (S1, S2)."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from django.conf import settings
from django.db import transaction

from core import clock
from core.remote import http
from core.remote.errors import (
    BadAddress,
    OutcomeUnknown,
    RemoteError,
    Transient,
)

from .test_remote_toy import HOUR
from .test_work_services import Broker, Site, broker, broker_server, shared_database, site  # noqa: F401

BAD = [
    "ftp://example.com/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_x",
    "//example.com",
    "http://",
    "http:///x",
    "http://127.0.0.1/",
    "http://127.0.0.1:80/",
    "http://127.1/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0177.0.0.1/",
    "http://0/",
    "http://0.0.0.0/",
    "http://localhost/",
    "http://localhost./",
    "http://LOCALHOST/",
    "http://10.0.0.1/",
    "http://172.16.5.4/",
    "http://192.168.1.1/",
    "http://169.254.169.254/latest/meta-data/",
    "http://100.64.0.1/",
    "http://192.0.2.1/",
    "http://198.18.0.1/",
    "http://224.0.0.1/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    "http://[::1]/",
    "http://[::]/",
    "http://[fe80::1]/",
    "http://[fc00::1]/",
    "http://[ff02::1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:8.8.8.8]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:db8::1]/",
    "http://8.8.8.8:22/",
    "http://8.8.8.8:6379/",
    "https://8.8.8.8:8443/",
    "http://user:pass@8.8.8.8/",
    "http://8.8.8.8@127.0.0.1/",
    "http://127.0.0.1#@8.8.8.8/",
    "http://8.8.8.8:99999/",
    "http://8.8.8.8/\r\nX: y",
    "http://8.8.8.8\\@127.0.0.1/",
    "http://127.0.0.1%2f@8.8.8.8/",
    "http://①②⑦.0.0.1/",
]


@pytest.mark.parametrize("url", BAD)
def test_an_address_of_the_inside_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """S1: nothing is sent, not even a connection is opened."""
    monkeypatch.setattr(socket.socket, "connect", lambda *_args: pytest.fail("connected"))
    with pytest.raises((BadAddress, Transient)) as told:
        http.locate(url)
    with pytest.raises(type(told.value)):
        http.fetch("GET", url)
    assert isinstance(told.value, BadAddress) or "①" in url


@pytest.mark.parametrize("url", ["http://8.8.8.8/", "https://8.8.8.8/x?y", "https://[2606:4700::1111]/", "https://8.8.8.8:80/"])
def test_an_address_of_the_outside_is_allowed(url: str) -> None:
    assert http.locate(url).address in {"8.8.8.8", "2606:4700::1111"}


def test_a_name_is_resolved_once_and_every_address_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """S1: a name that also has an inner address is refused; the checked address is the one connected to (no rebinding)."""
    answers = [["93.184.216.34", "10.0.0.1"], ["93.184.216.34"], ["127.0.0.1"]]
    asked: list[str] = []
    connected: list[Any] = []

    def getaddrinfo(name: str, port: int, *_args: Any, **_more: Any) -> list[Any]:
        if name == "93.184.216.34":
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (name, port))]
        asked.append(name)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in answers[len(asked) - 1]]

    def connect(_socket: Any, address: Any) -> None:
        connected.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(BadAddress):
        http.fetch("GET", "http://rebind.example/")
    with pytest.raises(Transient):
        http.fetch("POST", "http://rebind.example/", json={})
    assert asked == ["rebind.example", "rebind.example"]
    assert connected == [("93.184.216.34", 80)]


def test_an_inner_host_is_allowed_by_its_exact_name_and_port(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    assert http.fetch("GET", f"{site.url}/x").status == 200
    monkeypatch.setattr(settings, "INNER_HOSTS", [site.place.replace("127.0.0.1", "localhost")])
    with pytest.raises(BadAddress):
        http.fetch("GET", f"{site.url}/x")


def test_redirects_are_checked_at_each_hop(site: Site) -> None:  # noqa: F811
    """S2: none followed unless asked, an inner target refused, three at most."""
    site.answer = (302, {"Location": "http://169.254.169.254/"}, b"")
    assert http.fetch("GET", site.url).status == 302
    with pytest.raises(BadAddress):
        http.fetch("GET", site.url, follow=3)
    site.calls.clear()
    site.answer = (302, {"Location": "/again"}, b"")
    with pytest.raises(BadAddress):
        http.fetch("GET", site.url, follow=99)
    assert len(site.calls) == 4


def test_size_proxies_and_bombs(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """S1: the answer's size is bounded after unpacking; a proxy of the environment is ignored."""
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    site.answer = (200, {}, b"x" * 5_000)
    assert len(http.fetch("GET", site.url).body) == 5_000
    with pytest.raises(RemoteError):
        http.fetch("GET", site.url, max_bytes=4_999)
    site.answer = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"0" * 30_000_000))
    with pytest.raises(RemoteError):
        http.fetch("GET", site.url)


def test_what_a_broken_line_means(site: Site) -> None:  # noqa: F811
    """SOC-6: refused before sending is a plain retry; cut after sending is of unknown outcome, for writing only."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        place = f"127.0.0.1:{closed.getsockname()[1]}"
        settings.INNER_HOSTS.append(place)
        with pytest.raises(Transient):
            http.fetch("POST", f"http://{place}/", json={})
    with pytest.raises(Transient):
        http.fetch("POST", "http://no-such-name.invalid/", json={})
    site.cut = 1
    with pytest.raises(OutcomeUnknown):
        http.fetch("POST", f"{site.url}/posts", json={"text": "a"})
    assert site.posts == ["a"]
    site.answer = (200, {"Content-Length": "100"}, b"short")
    site.server.RequestHandlerClass.protocol_version = "HTTP/1.0"
    with pytest.raises(Transient):
        http.fetch("GET", site.url)
    with pytest.raises(OutcomeUnknown):
        http.fetch("POST", f"{site.url}/posts", json={"text": "a"})


@pytest.mark.django_db
def test_nothing_goes_out_inside_a_transaction(site: Site) -> None:  # noqa: F811
    with transaction.atomic(), pytest.raises(RuntimeError):
        http.fetch("GET", site.url)
    assert site.calls == []


def test_tls_is_verified_against_the_name(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    """S1: the connection goes to the checked address, while SNI and certificate stay those of the name."""
    asked = tls_server(tmp_path, "good.example")
    monkeypatch.setattr(settings, "INNER_HOSTS", [f"{name}:{asked['port']}" for name in ("good.example", "bad.example")])
    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *rest, **more: real("127.0.0.1" if "example" in name else name, *rest, **more))
    with pytest.raises(Transient):  # nobody vouches for the certificate
        http.fetch("POST", f"https://good.example:{asked['port']}/", json={})
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", str(tmp_path / "cert.pem"))
    assert http.fetch("GET", f"https://good.example:{asked['port']}/").body == b"hello"
    with pytest.raises(Transient):  # the certificate is another name's
        http.fetch("POST", f"https://bad.example:{asked['port']}/", json={})
    assert asked["names"] == ["good.example", "good.example", "bad.example"]


def tls_server(folder: Any, name: str) -> dict[str, Any]:
    """A server with its own certificate for `name`; notes the names it is asked for."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    begin = clock.now() - HOUR
    builder = x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), begin, begin + 9 * HOUR)
    builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    certificate = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True).sign(key, hashes.SHA256())
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))

    class Hello(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hello")

        def log_message(self, *_args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hello)
    server.handle_error = lambda *_args: None  # type: ignore[method-assign]
    asked: dict[str, Any] = {"port": server.server_address[1], "names": []}
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    context.sni_callback = lambda _socket, server_name, _context: asked["names"].append(server_name)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return asked
