"""Shows answers to questions over all sites, saved questions, and how their exports go."""
