"""Lies that devices tell, each a small file; `table.py` lists them."""
