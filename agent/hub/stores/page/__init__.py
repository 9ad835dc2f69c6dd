"""Stores what the hub's page has of its own: people and what they did, and the map of the city."""
