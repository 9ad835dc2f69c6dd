"""Stores what other systems are told of: endpoints, what happened, and what waits for them."""
