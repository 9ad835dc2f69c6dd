"""Parses and validates the site file; the frozen values that it becomes."""
