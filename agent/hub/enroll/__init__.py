"""Enrolls gateways at the hub: authority, desk, tokens."""
