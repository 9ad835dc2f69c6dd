"""Reads and writes what a person approved: views, masks, presets."""
