"""Stores what is held, deletes bodies that are over, and copies a hub's data to a backup and back."""
