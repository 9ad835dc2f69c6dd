"""Decides at the hub: epochs, rotation, lost history, what views show. Pure."""
