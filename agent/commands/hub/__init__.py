"""Runs `camwarden hub`: the reference receiver."""
