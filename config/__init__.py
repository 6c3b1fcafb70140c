"""Wiring: settings, URLs, Celery. No logic lives here."""
