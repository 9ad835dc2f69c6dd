"""Checks of declarations and papers: acceptance, filing, duties."""
