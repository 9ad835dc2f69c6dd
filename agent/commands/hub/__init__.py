"""`camwarden hub`: the reference receiver."""
