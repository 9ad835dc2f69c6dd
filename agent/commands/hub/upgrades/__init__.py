"""Orders and shows upgrades of the agents: command and options."""
