"""Remembers what pictures have shown."""
