"""Imports the reports of a hub's `hub.db`, and all that is stored with them, into PostgreSQL."""
