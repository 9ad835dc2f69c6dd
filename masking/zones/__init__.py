"""Judges whether a zone of a picture is hidden."""
