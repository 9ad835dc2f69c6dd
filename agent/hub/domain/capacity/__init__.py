"""Calculates what machines a hub of so many sites needs. Pure."""
