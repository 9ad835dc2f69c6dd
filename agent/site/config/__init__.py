"""Parses and validates the site file; defines the frozen values that it becomes."""
