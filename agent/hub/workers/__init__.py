"""Receives reports, confirms them, sends orders and requests what is missing."""
