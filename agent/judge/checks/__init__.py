"""Holds the checks by area, and the one table of all of them."""
