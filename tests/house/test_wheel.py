"""A Python without `ensurepip`, as Debian's is until a further package is installed: `bin/up` fetches pip by itself (PLT-1)."""

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from config.launch import wheel

PAGE = f'<a href="../../files/pip-1.0.tar.gz">x</a> <a href="../../files/{wheel.NAME}#sha256=0">{wheel.NAME}</a>'
FILE = b"as if it were pip"


class Index(BaseHTTPRequestHandler):
    """A package index with one project."""

    def do_GET(self):
        body = {"/simple/pip/": PAGE.encode(), f"/files/{wheel.NAME}": FILE}.get(self.path)
        self.send_response(200 if body else 404)
        self.end_headers()
        self.wfile.write(body or b"")

    def log_message(self, *words):
        """Quiet."""


@pytest.fixture
def index(monkeypatch):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Index)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("PIP_INDEX_URL", f"http://127.0.0.1:{server.server_port}/simple/")
    for name in ("PIP_CERT", "http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    yield server
    server.shutdown()
    server.server_close()


def test_pip_comes_from_the_index_pip_is_told_about(index, monkeypatch, tmp_path):
    """PLT-1: nothing but Python is needed, with a mirror as without one; the second time nothing is fetched."""
    monkeypatch.setattr(wheel, "SHA256", hashlib.sha256(FILE).hexdigest())
    said = []

    place = wheel.fetch(tmp_path / "tools", said.append)
    index.shutdown()
    again = wheel.fetch(tmp_path / "tools", said.append)

    assert place.read_bytes() == FILE
    assert (again, said) == (place, [])


def test_another_file_under_that_name_is_not_run(index, tmp_path):
    """PLT-1: what is fetched is run only when its hash is the one we know."""
    said = []

    assert wheel.fetch(tmp_path / "tools", said.append) is None
    assert not (tmp_path / "tools").exists()
    assert "with the hash we know" in said[0]


def test_without_a_network_the_reason_is_kept_for_the_one_line(index, monkeypatch, tmp_path):
    """PLT-1: no network at set-up: `bin/up` knows it by what stands in the log."""
    from config.launch.packages import NO_NETWORK

    index.shutdown()
    index.server_close()
    said = []

    assert wheel.fetch(tmp_path / "tools", said.append) is None
    assert NO_NETWORK.search(said[0])


def test_a_proxy_with_its_own_certificate_is_told_as_that(monkeypatch, tmp_path):
    """PLT-1: neither "no network" nor "no virtual environments": the certificate is what is wrong, and the line says what to set."""
    from config.launch import packages

    log = tmp_path / "setup.log"
    refused = "index: <urlopen error [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed: self-signed certificate in chain>\n"
    monkeypatch.setattr(packages, "SETUP_LOG", log)
    monkeypatch.setattr(packages, "TOOLS", tmp_path / "tools")
    monkeypatch.setattr(packages.shutil, "which", lambda name: None)
    monkeypatch.setattr(packages, "_makes_venvs", lambda: False)
    monkeypatch.setattr(packages.wheel, "fetch", lambda folder, say: say(refused))

    with pytest.raises(packages.Stop, match=r"does not trust the certificate .* PIP_CERT=.* bin/up"):
        packages._install("run", "bin/up")
