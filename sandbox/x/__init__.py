"""X API v2 as its public documents describe it, for the endpoints that a help desk needs."""
