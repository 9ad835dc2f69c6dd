"""Reads recorders and cameras that speak Hikvision's ISAPI."""
