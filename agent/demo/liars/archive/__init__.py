"""Simulates lies about calendars, files and what they rest on."""
