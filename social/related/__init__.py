"""The related list Social of leads, contacts and accounts: who they are at the networks (profiles), and what is said (talk)."""
