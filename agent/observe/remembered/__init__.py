"""Remembers what looks have shown from one to the next: one value, one table of areas, one way to fold a look in."""
