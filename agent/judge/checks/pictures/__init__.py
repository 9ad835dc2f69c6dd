"""Checks of pictures: masks, view, quality, encoding."""
