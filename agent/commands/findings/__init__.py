"""`camwarden findings`: shows what is open, and who knows of it."""
