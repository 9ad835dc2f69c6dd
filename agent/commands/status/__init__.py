"""Runs `camwarden status`: shows the state of the service."""
