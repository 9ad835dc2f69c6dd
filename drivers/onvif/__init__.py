"""The ONVIF driver: reads identity, clock, streams, masks, overlays and recordings (`read.py` is its way in)."""
