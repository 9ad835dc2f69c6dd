"""Runs `camwarden queue`: shows, sends and carries waiting reports."""
