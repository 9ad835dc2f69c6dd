"""Simulates devices that lie, one lie a file."""
