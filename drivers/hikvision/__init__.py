"""The driver for recorders and cameras that speak Hikvision's ISAPI."""
