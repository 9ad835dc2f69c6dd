"""Defines what all rooms speak of: findings, messages, errors, exit codes. Pure."""
