"""Runs what is done once for all sites: by the one hub that leads of those on one store."""
