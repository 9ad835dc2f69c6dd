"""Shows disputes: as rows, as a list for programs, and in words."""
