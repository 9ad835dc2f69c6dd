"""Extracts the first whole key picture of a recorded segment from its container, by our own reader."""
