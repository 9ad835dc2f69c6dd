"""Checks declarations and papers: acceptance, filing, duties."""
