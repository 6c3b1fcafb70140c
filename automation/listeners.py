"""Rules are asked from here on."""

from . import engine  # noqa: F401
