"""Converts what drivers read and masking sees into signed reports that the hub confirms. See README.md."""
