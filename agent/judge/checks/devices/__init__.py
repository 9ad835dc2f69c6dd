"""Checks devices: online, clock, access, identity, logs."""
