"""Decides and carries out what the hub orders within local bounds."""
