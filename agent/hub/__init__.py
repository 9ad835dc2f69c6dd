"""The reference receiver: trust, verify, store, confirm."""
