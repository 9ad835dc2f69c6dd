"""Identifies the boxes on site, and their owners."""
