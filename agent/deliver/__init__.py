"""Delivers reports: sign, spool, publish."""
