"""Connects hubs of several levels: `camwarden hub lower` and `hub forward`."""
