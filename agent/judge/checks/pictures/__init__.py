"""Checks pictures: masks, view, quality, encoding."""
