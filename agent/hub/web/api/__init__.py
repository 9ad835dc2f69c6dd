"""Answers programs: the hub's tables as JSON, page by page, and the document that describes it."""
