"""Looks at a site or an address once, and compares two looks."""
