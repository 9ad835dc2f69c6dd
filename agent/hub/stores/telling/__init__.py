"""Stores endpoints of other systems, what happened, and what waits for them."""
