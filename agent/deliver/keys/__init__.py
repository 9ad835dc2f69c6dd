"""Stores and rotates the keys that sign reports and open TLS."""
