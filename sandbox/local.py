"""A small threaded server from the standard library, for the command line and for tests."""

import socketserver
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from .server import Sandbox


class QuietRequests(WSGIRequestHandler):
    """Hands the connection to the application, which may have to cut it, and prints nothing."""

    def get_environ(self) -> dict[str, Any]:
        environ = super().get_environ()
        environ["sandbox.socket"] = self.connection
        # The name gunicorn has for it; PATH_INFO is decoded already.
        environ["RAW_URI"] = self.path
        return environ

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the name is the base class's)
        return


class LocalServer(socketserver.ThreadingMixIn, WSGIServer):
    """One thread per connection."""

    daemon_threads = True
    request_queue_size = 128

    def server_bind(self) -> None:
        # HTTPServer would look its own name up in DNS here, which may take seconds.
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), self.server_address[1]
        self.setup_environ()


def local_server(sandbox: Sandbox, host: str, port: int) -> LocalServer:
    """A server that is bound but does not serve yet."""
    server = LocalServer((host, port), QuietRequests)
    server.set_app(sandbox)
    return server
