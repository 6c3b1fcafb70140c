"""The control of the sandbox: a page for people and a JSON API for tests, open to this machine only."""

from .door import answer

__all__ = ["answer"]
