"""Finds devices on the network, and which protocol they speak."""
