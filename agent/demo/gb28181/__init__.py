"""Simulates a device that registers at a GB/T 28181 platform, with habits of real makers as switches."""
