"""`camwarden declare`: asks what nobody can observe."""
