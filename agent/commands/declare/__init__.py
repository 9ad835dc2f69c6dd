"""Runs `camwarden declare`: asks for facts that no device can show."""
