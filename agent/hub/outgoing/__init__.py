"""Sends requests of the hub to web servers that a person has named."""
