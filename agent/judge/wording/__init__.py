"""Words findings: unavailable, not due, held back, from rules."""
