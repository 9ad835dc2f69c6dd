"""Says what the agent keeps of people, how long, and who opened it: the privacy file of a site."""
