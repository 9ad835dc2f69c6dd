"""Remembers findings over time: debounce, episodes, flapping, history."""
