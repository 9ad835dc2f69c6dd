"""Serves the hub's page and its programming interface to people of the city: who may see what, and who did what."""
