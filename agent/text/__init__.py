"""Translates, sanitizes and redacts what people read."""
