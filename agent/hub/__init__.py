"""Receives, verifies, stores and confirms reports: the reference hub."""
