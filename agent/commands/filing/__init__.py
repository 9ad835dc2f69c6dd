"""Runs `camwarden filing`: files the system with the police."""
