"""The one Celery worker of bin/up: give back what a killed worker held, then work, with the scheduler inside."""

import sys
from typing import Any

from config.celery import app


def give_back() -> int:
    """Put unacknowledged messages back at once. Only where no other worker can be alive: on a broker of our own."""
    with app.connection_for_write() as connection:
        channel: Any = connection.default_channel
        tags = channel.client.zrange(channel.unacked_index_key, 0, -1)
        for tag in tags:
            channel.qos.restore_by_tag(tag.decode() if isinstance(tag, bytes) else tag)
        return len(tags)


def main(arguments: list[str]) -> None:
    if "--own-broker" in arguments:
        count = give_back()
        if count:
            print(f"Gave {count} messages back that a worker had not finished.", flush=True)  # noqa: T201
    words = "worker -B --pool prefork --concurrency 2 --loglevel info --without-gossip --without-mingle"
    app.worker_main(words.split())


if __name__ == "__main__":
    main(sys.argv[1:])
