"""Stores who may forward to this hub, and how far an upper hub has confirmed what this one forwards."""
