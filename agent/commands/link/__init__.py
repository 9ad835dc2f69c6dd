"""Runs `camwarden link`: tests the interface for the police platform."""
