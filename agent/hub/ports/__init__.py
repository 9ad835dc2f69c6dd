"""Defines what the hub needs of a store, as protocols that an engine fulfils."""
