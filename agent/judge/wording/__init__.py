"""Writes the words of findings: unavailable, not due, held back, from rules."""
