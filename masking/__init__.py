"""Judges whether private zones are hidden: geometry, picture verdicts, and the locked-down worker. See README.md."""
