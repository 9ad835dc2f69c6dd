"""Compiles the filing dossier for the police, and compares it with what is there."""
