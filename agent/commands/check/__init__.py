"""`camwarden check`: looks once and shows what was found."""
