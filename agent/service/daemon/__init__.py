"""Runs the cycle again and again, and tells systemd."""
