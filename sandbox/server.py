"""The whole sandbox as one WSGI application: `gunicorn --workers 1 --threads 8 sandbox.server:app`.

One process only: limits, ids and rotation are exact because every request takes its turn at the same file.
"""

import contextlib
import logging
import os
import socket
import threading
import time
from collections.abc import Iterable
from email.utils import formatdate
from pathlib import Path

from . import control, courier, networks, pictures
from .store import Store
from .web import Answer, Environ, Request, StartResponse, as_json, read, write

DEFAULT_DATA = "./var/sandbox.sqlite3"

log = logging.getLogger("sandbox")


class Sandbox:
    """The application; it opens its file with the first request, after gunicorn has forked."""

    def __init__(self, data: Path | None = None) -> None:
        self._data = data
        self._store: Store | None = None
        self._courier: courier.Courier | None = None
        self._opening = threading.Lock()

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        request = read(environ)
        try:
            answer = self.answer(request)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            network = networks.of(request.path)
            answer = network.broken() if network else as_json({"error": "The sandbox failed; see its log."}, 500)
        if self._courier is not None:
            self._courier.wake()
        if answer.cut and request.socket is not None:
            # The other side may have gone first; then there is nothing left to cut.
            with contextlib.suppress(OSError):
                request.socket.shutdown(socket.SHUT_RDWR)
        if ahead := self.store().ahead_ms:  # whoever reads when a limit ends compares it with this header
            answer.headers.append(("Date", formatdate(time.time() + ahead / 1000, usegmt=True)))
        return write(answer, start_response)

    def answer(self, request: Request) -> Answer:
        """Answer one request."""
        store = self.store()
        store.base = f"http://{request.headers.get('host', 'localhost')}"
        if request.path == "/healthz":
            return as_json({"ok": True, "networks": [one.name for one in networks.ALL]})
        if request.path.startswith(pictures.PREFIX):
            return pictures.answer(store, request)
        network = networks.of(request.path)
        if network:
            return network.answer(store, request)
        if request.path == "/control" or request.path.startswith("/control/"):
            return control.answer(store, request)
        page = networks.visit(store, request)
        if page is not None:
            return page
        return as_json({"title": "Not Found", "type": "about:blank", "status": 404, "detail": "Not Found"}, 404)

    def store(self) -> Store:
        """The file, opened and planted once."""
        with self._opening:
            if self._store is None:
                path = self._data or Path(os.environ.get("SANDBOX_DATA", DEFAULT_DATA))
                store = Store(path, courier.SCHEMA, *(one.schema for one in networks.ALL))
                with store.turn():
                    networks.plant(store)
                self._store, self._courier = store, courier.Courier(store, (one.rounds for one in networks.ALL if one.rounds))
            return self._store

    def close(self) -> None:
        """Close the file."""
        with self._opening:
            if self._courier is not None:
                self._courier.close()
                self._courier = None
            if self._store is not None:
                self._store.close()
                self._store = None


app = Sandbox()
