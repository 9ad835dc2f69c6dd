"""Simulates lies about who a device is, its clock, accounts, ports and platforms."""
