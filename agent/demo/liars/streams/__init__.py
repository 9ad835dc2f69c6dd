"""Lies in what a camera streams and shows."""
