"""Reads and writes the messages of GB/T 28181 as a platform of our own, for a self-test of one device."""
