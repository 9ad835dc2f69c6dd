"""Reads, compares and writes camera ledgers (one row per camera), kept by people in spreadsheets. See README.md."""
