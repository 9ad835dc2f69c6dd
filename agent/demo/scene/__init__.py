"""Draws the scenes that simulated cameras show."""
