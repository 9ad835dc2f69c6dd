"""Simulates lies about privacy masks and overlays."""
