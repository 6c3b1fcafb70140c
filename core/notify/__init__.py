"""Telling people: rows of `Notification`, the bell, and mail. `from core.notify.tell import notify`."""
