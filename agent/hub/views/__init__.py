"""Shows what the hub knows: status, report, metrics."""
