"""Defines what a site must hold: its configuration, declarations, duties and rules."""
