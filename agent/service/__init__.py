"""Runs the cycle as a service: daemon, orders, alerts, enrollment of this gateway."""
