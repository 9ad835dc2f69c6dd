"""`camwarden status`: shows how the service is doing."""
