"""Builds the reports: health, configuration, events. Pure."""
