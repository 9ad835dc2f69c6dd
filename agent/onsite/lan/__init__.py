"""Limits a page that another browser may open: which address, one client, and the code that leads there."""
