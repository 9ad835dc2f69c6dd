"""`camwarden verify`: verifies signed reports."""
