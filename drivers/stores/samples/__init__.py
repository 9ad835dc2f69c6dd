"""The first whole key picture of a recorded segment, taken out of its container by our own reader."""
