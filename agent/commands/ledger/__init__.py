"""Runs `camwarden ledger`: imports, exports and compares camera ledgers."""
