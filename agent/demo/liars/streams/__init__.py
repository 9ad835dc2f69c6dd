"""Simulates lies in what a camera streams and shows."""
