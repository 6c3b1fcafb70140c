"""The outside: the one guarded client, what networks can, their limits, and the keys to them."""
