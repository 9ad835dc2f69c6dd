"""Stores what the hub has in PostgreSQL: the ports of intake so far."""
