"""Writes the answers to saved questions into folders, when their schedules say so."""
