"""Parses questions over all sites, and decides what of the newest reports answers them. Pure."""
