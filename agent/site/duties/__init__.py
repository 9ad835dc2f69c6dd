"""Decides which duties bind a site, and how far its policy may go."""
