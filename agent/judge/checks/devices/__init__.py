"""Checks of devices: online, clock, access, identity, logs."""
