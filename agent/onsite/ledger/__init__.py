"""Camera ledgers (one row per camera) as people keep them in spreadsheets: read, compared, written. See README.md."""
