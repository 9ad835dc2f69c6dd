"""Judges several looks at one zone as one measurement."""
