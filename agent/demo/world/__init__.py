"""Simulates what devices share: cameras, recordings, logins, changes."""
