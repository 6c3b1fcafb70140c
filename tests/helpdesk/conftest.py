"""The cast, the sandbox and a connected channel, as the stories have them."""

from tests.flows.conftest import channel, people, sandbox  # noqa: F401
