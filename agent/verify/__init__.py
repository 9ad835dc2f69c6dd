"""Verifies what was signed, without being a hub."""
