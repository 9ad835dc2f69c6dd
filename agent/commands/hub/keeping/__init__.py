"""Holds, verifies, backs up and restores what a hub has stored."""
