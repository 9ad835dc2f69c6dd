"""Reads, compares and writes camera ledgers (one row per camera), spreadsheets made by people. See README.md."""
