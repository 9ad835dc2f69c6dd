"""Informs people and programs on the site: status file, metrics, digest, webhook."""
