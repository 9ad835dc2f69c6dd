"""Serves the hub's page, and says who may use it."""
