"""The agent: from what drivers read and masking sees to signed reports that the hub confirms. See README.md."""
