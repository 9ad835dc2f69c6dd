"""Defines what all rooms share: findings, messages, errors, exit codes. Pure."""
