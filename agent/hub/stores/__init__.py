"""Stores what the hub received and trusts, in one SQLite file."""
