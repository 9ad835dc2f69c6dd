"""Serves the local page to one person: sees cameras, draws zones, approves masks; the command is `camwarden ui`."""
