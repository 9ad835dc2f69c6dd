"""Judges conversations of devices with their platforms, as they pass on a line."""
