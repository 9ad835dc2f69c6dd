"""Describes what the agent stores of people, how long, and who opened it: the privacy file of a site."""
