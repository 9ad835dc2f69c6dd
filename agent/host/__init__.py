"""Accesses the machine of the agent: clock, files, lock, journal, systemd, listeners."""
