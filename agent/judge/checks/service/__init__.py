"""Checks of this service itself: delivery, reports, availability, gateway."""
