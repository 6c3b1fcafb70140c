"""`python -m sandbox --port 8100 --data PATH`: the stand-in networks on this machine."""

import argparse
import logging
import os
from pathlib import Path

from . import networks
from .local import local_server
from .server import DEFAULT_DATA, Sandbox


def main() -> None:
    """Serve until interrupted."""
    parser = argparse.ArgumentParser(prog="sandbox", description="Stand-in networks for demo, tests and training.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8100)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("SANDBOX_DATA", DEFAULT_DATA)))
    parser.add_argument("--seed", action="store_true", help="begin with the first day, whatever the file holds")
    wanted = parser.parse_args()
    logging.basicConfig(level=logging.INFO)
    sandbox = Sandbox(wanted.data)
    store = sandbox.store()
    if wanted.seed:
        with store.turn():
            networks.clear(store)
            networks.plant(store)
    server = local_server(sandbox, wanted.host, wanted.port)
    print(f"Sandbox: http://{wanted.host}:{server.server_port}/control", flush=True)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        pass
    finally:
        server.server_close()
        sandbox.close()


if __name__ == "__main__":
    main()
