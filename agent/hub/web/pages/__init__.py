"""Shows the pages of the hub: of each its data, read from a store, and the answer that renders it."""
