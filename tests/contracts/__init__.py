"""One test over everything registered."""
