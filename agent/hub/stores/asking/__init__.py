"""Queries the answer to a question over all sites: one statement each, built from a table of sources."""
