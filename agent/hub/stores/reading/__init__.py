"""Queries the tables of the hub for its views."""
