"""Runs `camwarden masks`: has privacy masks approved."""
