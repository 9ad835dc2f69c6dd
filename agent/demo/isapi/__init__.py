"""Simulates a recorder that speaks ISAPI."""
