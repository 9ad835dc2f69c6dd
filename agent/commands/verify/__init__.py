"""Runs `camwarden verify`: verifies signed reports."""
