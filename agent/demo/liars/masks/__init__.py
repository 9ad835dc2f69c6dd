"""Lies about privacy masks and overlays."""
