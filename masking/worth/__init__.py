"""Measures what a mask looks like, and how small a fault in it would be found."""
