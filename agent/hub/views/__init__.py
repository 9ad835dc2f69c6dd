"""Shows what the hub has stored: status, report, metrics."""
