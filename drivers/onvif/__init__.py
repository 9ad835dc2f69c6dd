"""Reads ONVIF devices: identity, clock, streams, masks, overlays and recordings (`read.py` is the driver's way in)."""
