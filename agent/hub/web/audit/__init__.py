"""Records what people did on the page, in rows that are chained."""
