"""Reads recordings on a disk of this host: one module for each kind of store, listed in `drivers/registry.py`."""
