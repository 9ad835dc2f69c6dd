"""Parses and validates the site file; defines the frozen values of its tables."""
