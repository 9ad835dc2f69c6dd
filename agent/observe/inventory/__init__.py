"""Identifies the boxes that stand there, and whose they are."""
