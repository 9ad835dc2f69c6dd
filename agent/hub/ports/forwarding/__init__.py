"""Defines the ports of forwarding from hub to hub."""
