"""Checks this service itself: delivery, reports, availability, gateway."""
