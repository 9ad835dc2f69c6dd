"""Simulates a device that speaks ONVIF."""
