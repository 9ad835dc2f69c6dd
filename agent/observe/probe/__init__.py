"""Probes devices and stores, each within its own deadline."""
