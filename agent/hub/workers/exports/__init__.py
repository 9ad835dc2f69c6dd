"""Writes the answers to saved questions into folders, when they are due."""
