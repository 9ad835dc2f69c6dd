"""Simulates lies about recordings, playback and disks."""
