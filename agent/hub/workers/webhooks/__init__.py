"""Sends what happened to endpoints of other systems."""
