"""Judges facts: checks, their wording, and what episodes remember. Pure."""
