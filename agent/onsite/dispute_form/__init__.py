"""Renders the printable form on which an owner without a login disputes a finding."""
