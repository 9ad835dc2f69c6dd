"""What commands share on a terminal: asking, tables, site time, new files."""
