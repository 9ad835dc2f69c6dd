"""Runs a self-test of one device's interface for the police platform, as a platform of our own."""
