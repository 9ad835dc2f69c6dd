"""Checks of footage: retention, completeness, storage."""
