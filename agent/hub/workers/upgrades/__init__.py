"""Schedules a new version of the agent for a group of sites, wave by wave."""
