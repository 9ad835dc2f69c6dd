"""Reaches the machine we run on: clock, files, lock, journal, systemd, listeners."""
