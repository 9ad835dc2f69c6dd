"""Learns the digits of a burnt-in clock from pictures of known times, and reads the clock in later pictures."""
