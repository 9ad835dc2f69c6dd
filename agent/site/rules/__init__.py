"""Lists rules as data: packs of obligations, each with its source, its duty in two languages, and its check."""
