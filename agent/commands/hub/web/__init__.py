"""Serves the hub's page, and stores who may use it."""
