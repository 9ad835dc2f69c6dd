"""Checks footage: retention, completeness, storage."""
