"""Parses files of positions and districts, and converts positions between frames."""
