"""Writes the case of one site: a folder that proves what was received."""
