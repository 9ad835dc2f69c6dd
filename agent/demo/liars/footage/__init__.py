"""Lies about recordings, playback and disks."""
