"""Observes devices, pictures and footage, and remembers what was observed."""
