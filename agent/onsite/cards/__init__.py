"""Writes cards to type off: a zone in the coordinates and limits of a device's own page."""
