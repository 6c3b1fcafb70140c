"""The container's health check: whether this machine's web process answers /healthz under a name it serves."""

import http.client
import os
import sys


def main(port: int = 8000) -> int:
    host = os.environ.get("ALLOWED_HOSTS", "localhost").split(",")[0].strip().lstrip(".")
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=8)
    try:
        line.request("GET", "/healthz", headers={"Host": "localhost" if host == "*" else host, "X-Forwarded-Proto": "https"})
        return 0 if line.getresponse().status == 200 else 1
    except OSError:
        return 1


if __name__ == "__main__":
    sys.exit(main())
