"""Runs the cycle again and again, and notifies systemd."""
