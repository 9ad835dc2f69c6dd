"""Shows what the hub knows: of each page its data, read from a store, and the answer that renders it."""
