"""Defines what both ends of the wire agree on: envelope, chain, topics, orders, enrollment, keys."""
