"""Judges facts: checks, their wording, and what is remembered of findings. Pure but for notes and history on disk."""
