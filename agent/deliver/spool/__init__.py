"""Stores reports in one SQLite file until they are confirmed."""
