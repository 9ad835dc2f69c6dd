"""Gathers the facts that checks judge."""
