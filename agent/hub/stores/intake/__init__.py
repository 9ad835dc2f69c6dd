"""Stores what the hub has of chains beside their reports: epochs, holes, accepted losses, refusals."""
